"""What answers used and would have cost: headers, access log, /metrics and `bedplate status`."""

from __future__ import annotations

import json
import re
import urllib.request

import anthropic
import openai
import pytest

from asking import converse, user
from bedplate_server import CHAT, EMBEDDINGS, BedplateServer, wait_until
from openai_upstream import OpenAiUpstream

MICRO = "amazon.nova-micro-v1:0"
INPUT_USD, OUTPUT_USD = 0.035e-6, 0.14e-6  # of a token; the catalog's, of 2025-06


@pytest.fixture(name="priced", scope="module")
def _priced(tmp_path_factory):
    upstream = OpenAiUpstream(lambda request: {"content": "one two three"})
    server = BedplateServer(tmp_path_factory.mktemp("priced")).start()
    server.run("models", "bind", MICRO, "--url", upstream.url)
    yield server
    server.stop()
    upstream.close()


def cost_of(usage: dict) -> float:
    return usage["inputTokens"] * INPUT_USD + usage["outputTokens"] * OUTPUT_USD


def log_line(server: BedplateServer, request_id: str) -> dict:
    def find():
        for line in server.log().splitlines():
            if request_id in line and '"access"' in line:
                return json.loads(line)
        return None
    return wait_until("the access log has the request", find)


def samples(server: BedplateServer, metric: str) -> dict[tuple[str, str], float]:
    with urllib.request.urlopen(server.endpoint + "/metrics") as page:
        lines = page.read().decode().splitlines()
    found = {}
    for line in lines:
        match = re.match(metric + r'\{model_id="(.*?)",inference_profile="(.*?)".*\} (\S+)', line)
        if match:
            found[match[1], match[2]] = float(match[3])
    return found


def test_each_answer_tells_its_cost(priced):
    runtime = priced.client("bedrock-runtime")
    answer = converse(runtime, "Hi there", modelId=MICRO)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert float(headers["x-bedplate-cost-usd"]) == pytest.approx(cost_of(answer["usage"]))
    assert headers["x-bedplate-price-as-of"] == "2025-06"
    line = log_line(priced, headers["x-amzn-requestid"])
    assert line["cost_usd"] == headers["x-bedplate-cost-usd"]
    assert line["input_tokens"] == answer["usage"]["inputTokens"]
    assert line["output_tokens"] == answer["usage"]["outputTokens"]
    assert "inference_profile" not in line

    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
    whole = runtime.invoke_model(modelId=MICRO, body=body)["ResponseMetadata"]["HTTPHeaders"]
    assert float(whole["x-bedplate-cost-usd"]) == pytest.approx(cost_of(
        {"inputTokens": int(whole["x-amzn-bedrock-input-token-count"]),
         "outputTokens": int(whole["x-amzn-bedrock-output-token-count"])}))


def test_streams_tell_their_cost_in_the_log(priced):
    runtime = priced.client("bedrock-runtime")
    stream = runtime.converse_stream(modelId=MICRO, messages=[user("Hi")])
    usage = next(event["metadata"]["usage"] for event in stream["stream"] if "metadata" in event)
    line = log_line(priced, stream["ResponseMetadata"]["RequestId"])
    assert float(line["cost_usd"]) == pytest.approx(cost_of(usage))
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
    stream = runtime.invoke_model_with_response_stream(modelId=MICRO, body=body)
    assert list(stream["body"])
    assert float(log_line(priced, stream["ResponseMetadata"]["RequestId"])["cost_usd"]) > 0


def test_costs_are_summed_by_model_and_profile(priced):
    bedrock, runtime = priced.client("bedrock"), priced.client("bedrock-runtime")
    profile = bedrock.create_inference_profile(inferenceProfileName="team", modelSource={
        "copyFrom": f"arn:aws:bedrock:us-east-1::foundation-model/{MICRO}"})["inferenceProfileArn"]
    before = samples(priced, "bedplate_model_cost_usd_total").get((MICRO, ""), 0)
    answers = [converse(runtime, "Hi there", modelId=name)
               for name in (profile, profile.rpartition("/")[2], "us." + MICRO)]
    costs = [cost_of(answer["usage"]) for answer in answers]
    totals = samples(priced, "bedplate_model_cost_usd_total")
    assert totals[MICRO, profile] == pytest.approx(costs[0] + costs[1])
    assert totals[MICRO, ""] - before == pytest.approx(costs[2])
    assert samples(priced, "bedplate_model_answers_total")[MICRO, profile] == 2
    assert samples(priced, "bedplate_model_input_tokens_total")[MICRO, profile] == sum(
        answer["usage"]["inputTokens"] for answer in answers[:2])
    line = log_line(priced, answers[0]["ResponseMetadata"]["RequestId"])
    assert line["inference_profile"] == profile

    def line_of_status():
        for line in json.loads(priced.run("status", "--json"))["usage"]:
            if line.get("inference_profile") == profile and line["answers"] == 2:
                return line
        return None
    told = wait_until("the status tells the use", line_of_status)
    assert float(told["cost_usd"]) == pytest.approx(costs[0] + costs[1])
    assert (told["model_id"], told["price_as_of"]) == (MICRO, "2025-06")
    assert f"{MICRO} as {profile}" in priced.run("status")


def test_no_price_no_cost(priced):
    answer = converse(priced.client("bedrock-runtime"))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert "x-bedplate-cost-usd" not in headers
    line = log_line(priced, headers["x-amzn-requestid"])
    assert "cost_usd" not in line and line["output_tokens"] == answer["usage"]["outputTokens"]
    assert (CHAT, "") not in samples(priced, "bedplate_model_cost_usd_total")
    assert samples(priced, "bedplate_model_output_tokens_total")[CHAT, ""] > 0


# --- Facades ---

def ask_openai(client: openai.OpenAI, api: str, model: str, stream: bool) -> tuple[int, int]:
    """Tokens in and out, as the answer says."""
    if api == "chat":
        more = {"stream_options": {"include_usage": True}} if stream else {}
        said = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hi"}], stream=stream, **more)
        usage = list(said)[-1].usage if stream else said.usage
        return usage.prompt_tokens, usage.completion_tokens
    said = client.responses.create(model=model, input="Hi", stream=stream)
    usage = (list(said)[-1].response if stream else said).usage
    return usage.input_tokens, usage.output_tokens


def ask_anthropic(server: BedplateServer, model: str, stream: bool) -> tuple[int, int]:
    client = anthropic.Anthropic(base_url=f"{server.endpoint}/anthropic", max_retries=0,
                                 api_key=server.bearer_key)
    asked = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    if stream:
        with client.messages.stream(**asked) as events:
            usage = events.get_final_message().usage
    else:
        usage = client.messages.create(**asked).usage
    return usage.input_tokens, usage.output_tokens


def last_line(server: BedplateServer, operation: str, lines_before: int) -> dict:
    def find():
        lines = [json.loads(line) for line in server.log().splitlines()[lines_before:]
                 if '"access"' in line and f'"{operation}"' in line]
        return lines[-1] if lines else None
    return wait_until(f"the access log has the {operation}", find)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("api, operation", [("chat", "CreateChatCompletion"),
                                            ("responses", "CreateResponse"),
                                            ("messages", "CreateMessage")])
def test_answers_of_facades_are_counted(priced, api, operation, stream):
    bedrock = priced.client("bedrock")
    profile = bedrock.create_inference_profile(
        inferenceProfileName=f"{api}-{stream}", modelSource={
            "copyFrom": f"arn:aws:bedrock:us-east-1::foundation-model/{MICRO}"})["inferenceProfileArn"]
    lines_before = len(priced.log().splitlines())
    if api == "messages":
        tokens = ask_anthropic(priced, profile, stream)
    else:
        client = openai.OpenAI(base_url=f"{priced.endpoint}/openai/v1", max_retries=0,
                               api_key=priced.bearer_key)
        tokens = ask_openai(client, api, profile, stream)
    cost = cost_of({"inputTokens": tokens[0], "outputTokens": tokens[1]})
    assert cost > 0
    line = last_line(priced, operation, lines_before)
    assert (line["input_tokens"], line["output_tokens"]) == tokens
    assert float(line["cost_usd"]) == pytest.approx(cost)
    assert line["inference_profile"] == profile
    assert samples(priced, "bedplate_model_answers_total")[MICRO, profile] == 1
    assert samples(priced, "bedplate_model_cost_usd_total")[MICRO, profile] == pytest.approx(cost)


def test_a_whole_answer_of_a_facade_tells_its_cost(priced):
    client = openai.OpenAI(base_url=f"{priced.endpoint}/openai/v1", max_retries=0,
                           api_key=priced.bearer_key)
    raw = client.chat.completions.with_raw_response.create(
        model=MICRO, messages=[{"role": "user", "content": "Hi"}])
    usage = raw.parse().usage
    assert float(raw.headers["x-bedplate-cost-usd"]) == pytest.approx(cost_of(
        {"inputTokens": usage.prompt_tokens, "outputTokens": usage.completion_tokens}))
    before = samples(priced, "bedplate_model_input_tokens_total").get((EMBEDDINGS, ""), 0)
    made = client.embeddings.create(model=EMBEDDINGS, input="Hi there")
    after = samples(priced, "bedplate_model_input_tokens_total")[EMBEDDINGS, ""]
    assert after - before == made.usage.prompt_tokens > 0


# --- Restarts ---

def totals(server: BedplateServer) -> dict[str, dict[tuple[str, str], float]]:
    return {name: samples(server, f"bedplate_model_{name}_total")
            for name in ("answers", "input_tokens", "output_tokens", "cost_usd")}


def test_what_was_used_survives_a_restart_and_a_kill(tmp_path):
    upstream = OpenAiUpstream(lambda request: {"content": "one two three"})
    server = BedplateServer(tmp_path).start()
    try:
        server.run("models", "bind", MICRO, "--url", upstream.url)
        converse(server.client("bedrock-runtime"), "Hi there", modelId=MICRO)
        kept = totals(server)
        assert kept["answers"][MICRO, ""] == 1
        server.stop()  # at once: the end keeps what the second had not

        server.start()
        assert totals(server) == kept
        converse(server.client("bedrock-runtime"), "Hi there", modelId=MICRO)
        twice = totals(server)
        assert twice["cost_usd"][MICRO, ""] == pytest.approx(2 * kept["cost_usd"][MICRO, ""])

        def is_kept():
            usage = json.loads(server.run("status", "--json"))["usage"]
            return usage and usage[0]["answers"] == 2
        wait_until("a second has passed", is_kept)  # the status is written after it is kept
        server.kill()
        server.start()
        assert totals(server) == twice
    finally:
        server.stop()
        upstream.close()
