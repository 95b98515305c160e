"""Models bound to Amazon Bedrock itself: requests and answers pass as they are. A second Bedplate
is the Bedrock that checks signatures and does the work; a stand-in is the one that fails."""

from __future__ import annotations

import base64
import http.client
import json
import pathlib
import re
import time
import urllib.parse
import urllib.request

import botocore.exceptions
import pytest

from asking import failure_of, text_of, user
from bedplate_server import PATIENCE_S, BedplateServer, wait_until
from bedrock_upstream import (EVENT_STREAM, BedrockStandIn, event, frame, send, send_error,
                              send_stream)
from openai_upstream import OpenAiUpstream
from raw_http import sign

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA = "amazon.nova-lite-v1:0"
IMAGES = "stability.sd3-5-large-v1:0"
SECRET = "the-secret-of-the-stand-in/+"
TOKEN = "the-token-of-the-session"
CONVERSE = {"messages": [user("Hello")], "inferenceConfig": {"maxTokens": 20}}
CLAUDE_BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9,
               "messages": [{"role": "user", "content": "Hello"}]}


def ask(server: BedplateServer, operation: str, body: bytes, model: str = HAIKU,
        headers: dict | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and bytes as they came."""
    path = f"/model/{urllib.parse.quote(model, safe='')}/{operation}"
    signed = sign(server, "POST", path, body, headers=headers)
    connection = http.client.HTTPConnection(*server.address, timeout=PATIENCE_S)
    connection.request("POST", path, body, signed)
    answer = connection.getresponse()
    fields = {name.lower(): value for name, value in answer.getheaders()}
    content = answer.read()
    connection.close()
    return answer.status, fields, content


def write_profiles(file: pathlib.Path, **profiles: tuple[str, str, str]) -> None:
    lines = ["# of the tests"]
    for name, (key, secret, token) in profiles.items():
        lines += [f"[{name}]", f"aws_access_key_id = {key}", f"aws_secret_access_key={secret}",
                  f"aws_session_token = {token}" if token else "region = eu-west-1"]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def model():
    running = OpenAiUpstream(lambda request: {"content": "The same answer each time"})
    yield running
    running.close()


@pytest.fixture(scope="module")
def inner(tmp_path_factory, model):
    """The Bedrock that does the work."""
    server = BedplateServer(tmp_path_factory.mktemp("inner")).start()
    server.run("models", "bind", "anthropic.*", "--url", model.url)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stand_in():
    running = BedrockStandIn()
    yield running
    running.close()


@pytest.fixture(scope="module")
def outer(tmp_path_factory, inner, stand_in):
    folder = tmp_path_factory.mktemp("outer")
    credentials = folder / "credentials"
    write_profiles(credentials,
                   inner=(inner.environment["AWS_ACCESS_KEY_ID"],
                          inner.environment["AWS_SECRET_ACCESS_KEY"], ""),
                   wrong=(inner.environment["AWS_ACCESS_KEY_ID"], SECRET, ""),
                   standin=("AKIASTANDIN", SECRET, TOKEN))
    server = BedplateServer(folder, bedrock__credentials_file=credentials, log__level="debug",
                            models__request_ms_max=3000).start()

    def bind(pattern: str, url: str, profile: str, *words: str) -> None:
        server.run("models", "bind", pattern, "--protocol", "bedrock", "--region", "us-east-1",
                   "--url", url, "--profile", profile, *words)

    bind("anthropic.*", inner.endpoint, "inner")
    bind("cohere.command-*", inner.endpoint, "wrong", "--upstream-model", HAIKU)
    bind("mistral.mistral-7b*", inner.endpoint, "nobody")
    bind("amazon.nova-*", stand_in.url, "standin")
    bind("meta.*", stand_in.url, "standin", "--upstream-model", "us.meta.other:1/x")
    bind("stability.*", stand_in.url, "standin")
    yield server
    server.stop()
    for secret in (SECRET, TOKEN, inner.environment["AWS_SECRET_ACCESS_KEY"]):
        assert secret not in server.log()


# --- Through a second Bedplate ---

def without_times(content: bytes) -> object:
    document = json.loads(content)
    document.get("metrics", {}).pop("latencyMs", None)
    document.pop("id", None)
    return document


@pytest.mark.parametrize("operation, body", [
    ("converse", CONVERSE), ("invoke", CLAUDE_BODY),
    ("count-tokens", {"input": {"converse": {"messages": [user("Hello")]}}})])
def test_answers_are_those_of_bedrock(inner, outer, operation, body):
    here = ask(outer, operation, json.dumps(body).encode())
    there = ask(inner, operation, json.dumps(body).encode())
    assert here[0] == there[0] == 200
    assert without_times(here[2]) == without_times(there[2])
    counts = [name for name in there[1] if name.startswith("x-amzn-bedrock-")]
    assert all(name in here[1] for name in counts)
    assert here[1]["x-amzn-requestid"] != there[1]["x-amzn-requestid"]


def test_every_operation_works_through_boto3(outer):
    runtime = outer.client("bedrock-runtime")
    assert text_of(runtime.converse(modelId=HAIKU, **CONVERSE)) == "The same answer each time"
    events = list(runtime.converse_stream(modelId="us." + HAIKU, **CONVERSE)["stream"])
    assert "messageStart" in events[0] and "metadata" in events[-1]
    answer = runtime.invoke_model(modelId=HAIKU, body=json.dumps(CLAUDE_BODY))
    assert int(answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-bedrock-output-token-count"]) > 0
    chunks = [json.loads(each["chunk"]["bytes"]) for each in
              runtime.invoke_model_with_response_stream(modelId=HAIKU,
                                                        body=json.dumps(CLAUDE_BODY))["body"]]
    assert chunks[-1]["type"] == "message_stop"
    assert runtime.count_tokens(modelId=HAIKU,
                                input={"converse": {"messages": [user("Hi")]}})["inputTokens"] > 0


def test_errors_keep_type_and_words(inner, outer):
    for body in ({"messages": [{"role": "assistant", "content": [{"text": "I begin"}]}]},
                 {"messages": []}):
        payload = json.dumps(body).encode()
        here, there = (ask(server, "converse", payload) for server in (outer, inner))
        assert here[0] == there[0] == 400 and here[2] == there[2]
        assert here[1]["x-amzn-errortype"] == there[1]["x-amzn-errortype"] == "ValidationException"


def test_wrong_credentials_of_the_operator_are_not_the_callers_fault(outer):
    failed = failure_of(outer.client("bedrock-runtime").converse,
                        modelId="cohere.command-r-v1:0", **CONVERSE)
    assert failed.code == "ModelErrorException"
    assert "InvalidSignatureException" in failed.message and "String-to-Sign" not in failed.message
    failed = failure_of(outer.client("bedrock-runtime").converse,
                        modelId="mistral.mistral-7b-instruct-v0:2", **CONVERSE)
    assert failed.code == "ModelErrorException" and "log says why" in failed.message
    wait_until("the log says why", lambda: "no keys for the profile nobody" in outer.log())


# --- Through the stand-in ---

@pytest.fixture
def bedrock(stand_in):
    stand_in.seen.clear()
    return stand_in


def test_the_body_arrives_untouched(outer, bedrock):
    body = b'{ "messages":[ {"role":"user","content":[{"text":"\\u0048i"}]} ],\n "later": 1.50 }'
    said = b'{"anything": [1.0, "x"]}\n'
    bedrock.answer = lambda exchange: send(
        exchange, 200, said, content_type="application/json", x_amzn_bedrock_later="7",
        x_amzn_requestid="theirs", set_cookie="a=b")
    status, headers, content = ask(outer, "converse", body, NOVA,
                                   {"X-Amzn-Bedrock-Trace": "ENABLED", "X-Of-Mine": "1"})
    assert (status, content) == (200, said)
    assert headers["x-amzn-bedrock-later"] == "7" and "set-cookie" not in headers
    assert headers["x-amzn-requestid"] != "theirs"
    wait_until("the log has their id", lambda: '"theirs"' in outer.log())
    seen = bedrock.seen[0]
    assert seen.body == body and seen.path == "/model/amazon.nova-lite-v1%3A0/converse"
    assert seen.headers["x-amzn-bedrock-trace"] == "ENABLED" and "x-of-mine" not in seen.headers
    assert seen.headers["x-amz-security-token"] == TOKEN
    assert seen.headers["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AKIASTANDIN/") and "/us-east-1/bedrock/" in \
        seen.headers["authorization"]


def test_the_model_is_named_as_the_binding_says(outer, bedrock):
    bedrock.answer = lambda exchange: send(exchange, 200, b"{}", content_type="application/json")
    ask(outer, "converse", b"{}", "meta.llama3-8b-instruct-v1:0")
    ask(outer, "converse", b"{}", "us." + NOVA)
    assert [seen.path for seen in bedrock.seen] == [
        "/model/us.meta.other%3A1%2Fx/converse", "/model/us.amazon.nova-lite-v1%3A0/converse"]


def model_arn(model_id: str) -> str:
    return f"arn:aws:bedrock:us-east-1::foundation-model/{model_id}"


def system_profile(server: BedplateServer, model_id: str) -> str:
    return server.client("bedrock").get_inference_profile(
        inferenceProfileIdentifier="us." + model_id)["inferenceProfileArn"]


def test_arns_of_this_server_are_not_told(outer, bedrock):
    bedrock.answer = lambda exchange: send(exchange, 200, b"{}", content_type="application/json")
    for named in (model_arn(NOVA), system_profile(outer, NOVA)):
        assert ask(outer, "converse", b"{}", named)[0] == 200
    assert [seen.path for seen in bedrock.seen] == [
        "/model/amazon.nova-lite-v1%3A0/converse", "/model/us.amazon.nova-lite-v1%3A0/converse"]


def test_what_no_model_here_takes_is_passed_on(outer, bedrock):
    bedrock.answer = lambda exchange: send(
        exchange, 200, json.dumps({"output": {"message": {"role": "assistant", "content": [
            {"text": "A cat."}]}}, "stopReason": "end_turn", "usage": USAGE,
            "metrics": {"latencyMs": 1}, "serviceTier": {"type": "reserved"}}).encode(),
        content_type="application/json")
    content = [{"video": {"format": "mp4", "source": {"bytes": b"film"}}},
               {"video": {"format": "mov", "source": {"s3Location": {"uri": "s3://bucket/cat"}}}},
               {"audio": {"format": "mp3", "source": {"bytes": b"sound"}}},
               {"text": "What is this?"}]
    tools = {"tools": [{"systemTool": {"name": "nova_grounding"}},
                       {"systemTool": {"name": "nova_code_interpreter"}},
                       {"cachePoint": {"type": "default"}}]}
    answer = outer.client("bedrock-runtime").converse(
        modelId=NOVA, messages=[{"role": "user", "content": content}], toolConfig=tools,
        serviceTier={"type": "reserved"}, performanceConfig={"latency": "optimized"})
    assert text_of(answer) == "A cat." and answer["serviceTier"] == {"type": "reserved"}
    asked = json.loads(bedrock.seen[0].body)
    assert asked["messages"][0]["content"] == [
        {"video": {"format": "mp4", "source": {"bytes": "ZmlsbQ=="}}}, content[1],
        {"audio": {"format": "mp3", "source": {"bytes": "c291bmQ="}}}, content[3]]
    assert asked["toolConfig"] == tools and asked["serviceTier"] == {"type": "reserved"}
    assert asked["performanceConfig"] == {"latency": "optimized"}


def test_models_of_every_kind_are_passed_on(outer, bedrock):
    bedrock.answer = lambda exchange: send(exchange, 200, b'{"images":["AAAA"]}',
                                           content_type="application/json")
    answer = outer.client("bedrock-runtime").invoke_model(modelId=IMAGES, body=b'{"prompt":"x"}')
    assert json.loads(answer["body"].read()) == {"images": ["AAAA"]}


def test_frames_pass_as_they_are(outer, bedrock):
    frames = [event("messageStart", {"role": "assistant"}),
              event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi"}}),
              event("messageStop", {"stopReason": "end_turn"})]
    whole = b"".join(frames)
    bedrock.answer = lambda exchange: send_stream(
        exchange, [whole[at:at + 7] for at in range(0, len(whole), 7)])
    status, headers, content = ask(outer, "converse-stream", b"{}", NOVA)
    assert (status, content) == (200, whole) and headers["content-type"] == EVENT_STREAM
    assert headers["x-amzn-bedrock-content-type"] == "application/json"


# --- What is counted of answers that pass ---

MICRO = "amazon.nova-micro-v1:0"
MICRO_USD = 7 * 0.035e-6 + 3 * 0.14e-6  # the catalog's, of 7 tokens in and 3 out
USAGE = {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}
METRICS = {"inputTokenCount": 7, "outputTokenCount": 3, "invocationLatency": 1}


def chunk(document: dict) -> bytes:
    return event("chunk", {"bytes": base64.b64encode(json.dumps(document).encode()).decode()})


def used(server: BedplateServer, profile: str = "") -> tuple[int, ...]:
    with urllib.request.urlopen(server.endpoint + "/metrics") as page:
        text = page.read().decode()
    labels = re.escape(f'{{model_id="{MICRO}",inference_profile="{profile}"')
    found = [re.search(rf"bedplate_model_{name}_total{labels}.*}} (\d+)", text)
             for name in ("answers", "input_tokens", "output_tokens")]
    return tuple(int(match[1]) if match else 0 for match in found)


def access_line(server: BedplateServer, request_id: str) -> dict:
    def find():
        return next((json.loads(line) for line in server.log().splitlines()
                     if request_id in line and '"access"' in line), None)
    return wait_until("the access log has the request", find)


SAYS_ITS_USAGE = {
    "converse": lambda exchange: send(exchange, 200, json.dumps({"usage": USAGE}).encode(),
                                      content_type="application/json"),
    "converse-stream": lambda exchange: send_stream(
        exchange, [event("messageStop", {"stopReason": "end_turn"}),
                   event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}})]),
    "invoke": lambda exchange: send(exchange, 200, b"{}", content_type="application/json",
                                    x_amzn_bedrock_input_token_count="7",
                                    x_amzn_bedrock_output_token_count="3"),
    "invoke-with-response-stream": lambda exchange: send_stream(
        exchange, [chunk({"a": 1}), chunk({"amazon-bedrock-invocationMetrics": METRICS})]),
}


@pytest.mark.parametrize("operation", SAYS_ITS_USAGE)
def test_usage_is_counted_as_it_passes(outer, bedrock, operation):
    bedrock.answer = SAYS_ITS_USAGE[operation]
    before = used(outer)
    status, headers, _ = ask(outer, operation, b"{}", MICRO)
    assert status == 200
    line = access_line(outer, headers["x-amzn-requestid"])
    assert (line["input_tokens"], line["output_tokens"]) == (7, 3)
    assert float(line["cost_usd"]) == pytest.approx(MICRO_USD)
    if "stream" not in operation:
        assert float(headers["x-bedplate-cost-usd"]) == pytest.approx(MICRO_USD)
    assert [now - then for now, then in zip(used(outer), before)] == [1, 7, 3]


SAYS_NONE = {
    "no usage": ("converse", lambda exchange: send(exchange, 200, b"{}",
                                                   content_type="application/json")),
    "a count that can't be": ("converse", lambda exchange: send(
        exchange, 200, b'{"usage":{"inputTokens":-7,"outputTokens":3}}',
        content_type="application/json")),
    "an error": ("converse", lambda exchange: send_error(exchange, 429, "ThrottlingException", "")),
    "a stream that is cut": ("converse-stream", lambda exchange: send_stream(
        exchange, [event("metadata", {"usage": USAGE})], whole=False)),
    "an exception in a stream": ("converse-stream", lambda exchange: send_stream(
        exchange, [frame(b'{"message":"x"}', _message_type="exception",
                         _exception_type="throttlingException")])),
}


@pytest.mark.parametrize("name", SAYS_NONE)
def test_no_usage_no_cost(outer, bedrock, name):
    operation, bedrock.answer = SAYS_NONE[name]
    before = used(outer)
    _, headers, _ = ask(outer, operation, b"{}", MICRO)
    assert "x-bedplate-cost-usd" not in headers
    assert "input_tokens" not in access_line(outer, headers["x-amzn-requestid"])
    assert used(outer) == before


# --- Names that only this server knows ---

@pytest.fixture
def make_profile(outer):
    bedrock = outer.client("bedrock")
    made = []

    def create(source: str) -> str:
        arn = bedrock.create_inference_profile(inferenceProfileName="team", modelSource={
            "copyFrom": source})["inferenceProfileArn"]
        made.append(arn)
        return arn

    yield create
    for arn in made:
        bedrock.delete_inference_profile(inferenceProfileIdentifier=arn)


@pytest.mark.parametrize("operation", SAYS_ITS_USAGE)
@pytest.mark.parametrize("spelled", ["ARN", "id"])
def test_a_profile_is_its_model_there_and_counted_here(outer, bedrock, make_profile, spelled,
                                                       operation):
    arn = make_profile(model_arn(MICRO))
    bedrock.answer = SAYS_ITS_USAGE[operation]
    status, headers, _ = ask(outer, operation, b"{}",
                             arn if spelled == "ARN" else arn.split("/")[-1])
    assert status == 200
    assert [seen.path for seen in bedrock.seen] == [f"/model/amazon.nova-micro-v1%3A0/{operation}"]
    assert access_line(outer, headers["x-amzn-requestid"])["inference_profile"] == arn
    assert used(outer, arn) == (1, 7, 3)


def test_a_profile_of_a_model_with_another_name_there(outer, bedrock, make_profile):
    bedrock.answer = SAYS_ITS_USAGE["converse"]
    assert ask(outer, "converse", b"{}",
               make_profile(model_arn("meta.llama3-8b-instruct-v1:0")))[0] == 200
    assert [seen.path for seen in bedrock.seen] == ["/model/us.meta.other%3A1%2Fx/converse"]


HARD = "Who was the captain of the 1966 Brazil football team?"
EASY = "Write a short paragraph about why people like to walk in the park with dogs."


@pytest.fixture
def make_router(outer):
    bedrock = outer.client("bedrock")
    made = []

    def create(fallback: str, other: str) -> str:
        arn = bedrock.create_prompt_router(
            promptRouterName="team", models=[{"modelArn": other}],
            fallbackModel={"modelArn": fallback},
            routingCriteria={"responseQualityDifference": 50})["promptRouterArn"]
        made.append(arn)
        return arn

    yield create
    for arn in made:
        bedrock.delete_prompt_router(promptRouterArn=arn)


def test_a_profile_keeps_the_geography_of_its_source(outer, bedrock, make_profile, make_router):
    profile = make_profile(system_profile(outer, NOVA))
    bedrock.answer = SAYS_ITS_USAGE["converse"]
    for named in (profile, profile.split("/")[-1], make_router(profile, model_arn(MICRO))):
        assert ask(outer, "converse", b"{}", named)[0] == 200
    assert {seen.path for seen in bedrock.seen} == {"/model/us.amazon.nova-lite-v1%3A0/converse"}


@pytest.mark.parametrize("operation", SAYS_ITS_USAGE)
@pytest.mark.parametrize("prompt, chosen", [(HARD, "us.amazon.nova-lite-v1%3A0"),
                                            (EASY, "amazon.nova-micro-v1%3A0")])
def test_a_router_is_the_model_it_chooses(outer, bedrock, make_router, operation, prompt, chosen):
    router = make_router(model_arn(MICRO), system_profile(outer, NOVA))
    bedrock.answer = SAYS_ITS_USAGE[operation]
    body = json.dumps({"messages": [user(prompt)]}).encode()
    status, headers, _ = ask(outer, operation, body, router)
    assert status == 200
    assert [(seen.path, seen.body) for seen in bedrock.seen] == [
        (f"/model/{chosen}/{operation}", body)]
    assert access_line(outer, headers["x-amzn-requestid"])["input_tokens"] == 7


def test_the_trace_names_what_a_router_chose(outer, bedrock, make_router):
    router = make_router(model_arn(MICRO), model_arn(NOVA))
    runtime = outer.client("bedrock-runtime")
    for prompt, chosen in ((HARD, NOVA), (EASY, MICRO)):
        trace = {"promptRouter": {"invokedModelId": model_arn(chosen)}}
        bedrock.answer = SAYS_ITS_USAGE["converse"]
        answer = runtime.converse(modelId=router, messages=[user(prompt)])
        assert answer["trace"] == trace and answer["usage"] == USAGE
        bedrock.answer = SAYS_ITS_USAGE["converse-stream"]
        events = list(runtime.converse_stream(modelId=router, messages=[user(prompt)])["stream"])
        assert events == [{"messageStop": {"stopReason": "end_turn"}},
                          {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1},
                                        "trace": trace}}]
    bedrock.answer = SAYS_ITS_USAGE["converse"]
    assert "trace" not in runtime.converse(modelId=NOVA, messages=[user(HARD)])


def test_a_router_chooses_here_or_at_bedrock_not_both(outer, model, make_router):
    router = make_router(model_arn(MICRO), model_arn(NOVA))
    runtime = outer.client("bedrock-runtime")
    failed = failure_of(runtime.count_tokens, modelId=router,
                        input={"converse": {"messages": [user(EASY)]}})
    assert failed.code == "ValidationException" and router in failed.message
    outer.run("models", "bind", MICRO, "--url", model.url)
    try:
        failed = failure_of(make_router, model_arn(NOVA), model_arn(MICRO))
        assert failed.code == "ValidationException" and "Amazon Bedrock" in failed.message
        assert model_arn(NOVA) in failed.message and model_arn(MICRO) in failed.message
        answer = runtime.converse(modelId=router, messages=[user(EASY)])
        assert text_of(answer) == "The same answer each time"
        failed = failure_of(runtime.converse, modelId=router, messages=[user(HARD)])
        assert failed.code == "ValidationException"
        assert "A prompt router can use it only beside" in failed.message
    finally:
        outer.run("models", "unbind", MICRO)


START = event("messageStart", {"role": "assistant"})
BROKEN = {
    "cut": ([START], False),
    "cut within a frame": ([START, START[:20]], False),
    "ended within a frame": ([START, START[:20]], True),
    "a wrong checksum": ([START, START[:-1] + b"!"], True),
    "a wrong length": ([START, b"\xff" * 64], True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_streams_end_with_an_exception(outer, bedrock, name):
    pieces, whole = BROKEN[name]
    bedrock.answer = lambda exchange: send_stream(exchange, pieces, whole)
    seen = []
    with pytest.raises(botocore.exceptions.EventStreamError) as caught:
        for each in outer.client("bedrock-runtime").converse_stream(
                modelId=NOVA, messages=[user("Hello")])["stream"]:
            seen.append(each)
    assert caught.value.response["Error"]["Code"] == "modelStreamErrorException"
    assert seen == [{"messageStart": {"role": "assistant"}}]


def test_errors_of_every_kind(outer, bedrock):
    def answer_with(status: int, type_: str, **headers: str):
        bedrock.answer = lambda exchange: send_error(exchange, status, type_, "Words.", **headers)
        return failure_of(outer.client("bedrock-runtime").converse, modelId=NOVA, **CONVERSE)

    throttled = answer_with(429, "ThrottlingException", retry_after="7")
    assert (throttled.code, throttled.status) == ("ThrottlingException", 429)
    assert throttled.message == "Words." and throttled.headers["retry-after"] == "7"
    for status, type_ in ((404, "ResourceNotFoundException"),
                          (408, "ModelTimeoutException"), (424, "ModelErrorException"),
                          (429, "ModelNotReadyException"), (500, "InternalServerException"),
                          (503, "ServiceUnavailableException")):
        failed = answer_with(status, type_)
        assert (failed.code, failed.status, failed.message) == (type_, status, "Words.")
    # Whose access is denied there is this server's: its name is in such words.
    for status, type_ in ((401, "X"), (403, "AccessDeniedException"),
                          (403, "ExpiredTokenException"),
                          (403, "UnrecognizedClientException")):
        failed = answer_with(status, type_)
        assert failed.code == "ModelErrorException" and "Words." not in failed.message
        assert type_ in failed.message


def test_what_is_not_bedrock_is_told(outer, bedrock):
    def failed() -> str:
        return failure_of(outer.client("bedrock-runtime").converse, modelId=NOVA, **CONVERSE).code

    bedrock.answer = lambda exchange: send(exchange, 200, b"<html>", content_type="text/html")
    assert failed() == "ModelErrorException"
    assert failure_of(outer.client("bedrock-runtime").converse_stream, modelId=NOVA,
                      **CONVERSE).code == "ModelErrorException"
    bedrock.answer = lambda exchange: send(exchange, 307, b"", location=bedrock.url + "/x")
    bedrock.seen.clear()
    assert failed() == "ModelErrorException" and len(bedrock.seen) == 1
    bedrock.answer = lambda exchange: send(exchange, 529, b"", content_type="text/plain")
    assert failed() == "ModelErrorException"
    bedrock.answer = lambda exchange: time.sleep(8)
    assert failed() == "ModelTimeoutException"


def test_what_answers_is_listed_and_kept(outer, stand_in):
    models = {model["model_id"]: model
              for model in json.loads(outer.run("models", "list", "--json"))}
    assert models[NOVA]["answered_by"] == f"{stand_in.url} (as asked, bedrock in us-east-1)"
    outer.run("models", "add", "my.model-v1", "--protocol", "bedrock", "--region", "eu-west-1",
              "--upstream-model", NOVA)
    listed = outer.run("models", "list")
    assert f"https://bedrock-runtime.eu-west-1.amazonaws.com ({NOVA}, bedrock in eu-west-1)" in listed
    outer.run("models", "remove", "my.model-v1")


def test_answers_of_bedrock_can_be_recorded(tmp_path, inner):
    credentials = tmp_path / "credentials"
    write_profiles(credentials, default=(inner.environment["AWS_ACCESS_KEY_ID"],
                                         inner.environment["AWS_SECRET_ACCESS_KEY"], ""))
    folder = tmp_path / "recordings"
    server = BedplateServer(tmp_path, words=("record", "--to", str(folder)),
                            bedrock__credentials_file=credentials).start()
    server.run("models", "bind", HAIKU, "--protocol", "bedrock", "--region", "us-east-1",
               "--url", inner.endpoint)
    said = [ask(server, operation, json.dumps(CONVERSE).encode())
            for operation in ("converse", "converse-stream")]
    server.stop()
    (tmp_path / "replay").mkdir()
    replaying = BedplateServer(tmp_path / "replay",
                               words=("serve", "--replay", str(folder))).start()
    again = [ask(replaying, operation, json.dumps(CONVERSE).encode())
             for operation in ("converse", "converse-stream")]
    replaying.stop()
    assert [answer[2] for answer in again] == [answer[2] for answer in said]
