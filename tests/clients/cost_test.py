"""What answers used and would have cost: headers, access log, /metrics and `bedplate status`."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest

from asking import converse, user
from bedplate_server import CHAT, BedplateServer, wait_until
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
