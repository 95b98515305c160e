"""A server of Anthropic's Messages API bound to models: every operation works over it, and what it
does wrong becomes an error of Bedrock's."""

from __future__ import annotations

import json
import time

import anthropic
import botocore.exceptions
import pytest

from anthropic_upstream import (KEY, AnthropicUpstream, event, events_of, send, send_error,
                                send_events)
from asking import assistant, failure_of, user
from bedplate_server import CHAT, BedplateServer

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "meta.llama3-8b-instruct-v1:0"
VARIABLE = "BEDPLATE_TEST_ANTHROPIC_KEY"
WEATHER = {"name": "weather", "inputSchema": {"json": {
    "type": "object", "properties": {"town": {"type": "string"}}}}}
TOOLS = {"tools": [{"toolSpec": WEATHER}]}


def echo(request: dict) -> dict:
    """Says what it was asked last, thinks when it is to think, calls a tool when there is one."""
    last = request["messages"][-1]["content"][-1]
    said = last.get("text") or last.get("content") or "an image"
    blocks = [{"type": "text", "text": f"You said: {said}"}]
    if request.get("thinking"):
        blocks.insert(0, {"type": "thinking", "thinking": "I repeat it.", "signature": "c2ln"})
    if request.get("tools") and last["type"] == "text":
        blocks.append({"type": "tool_use", "id": "toolu_1", "name": request["tools"][0]["name"],
                       "input": {"town": "Bern"}})
    return {"content": blocks}


@pytest.fixture(scope="module")
def upstream():
    running = AnthropicUpstream(echo)
    yield running
    running.close()


@pytest.fixture(scope="module")
def bound(tmp_path_factory, upstream):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        server = BedplateServer(tmp_path_factory.mktemp("anthropic"), models__request_ms_max=3000,
                                log__level="debug").start()
    for pattern in ("anthropic.*", "amazon.nova-*", "meta.*"):
        server.run("models", "bind", pattern, "--url", upstream.url, "--protocol", "anthropic",
                   "--upstream-model", "claude-x", "--api-key-variable", VARIABLE)
    yield server
    server.stop()
    # Whatever happened, the key is nobody's to read.
    assert KEY not in server.log()


@pytest.fixture
def runtime(bound, upstream):
    upstream.fault = None
    upstream.requests.clear()
    return bound.client("bedrock-runtime", read_timeout=60)


def ask(runtime, text: str = "Hello", **members) -> dict:
    return runtime.converse(modelId=HAIKU, messages=[user(text)], **members)


def stream(runtime, **members) -> list[dict]:
    members.setdefault("messages", [user("Hello")])
    return list(runtime.converse_stream(modelId=HAIKU, **members)["stream"])


def test_converse_asks_and_answers(runtime, upstream):
    answer = ask(runtime, system=[{"text": "Be kind."}],
                 inferenceConfig={"maxTokens": 50, "temperature": 0.5, "stopSequences": ["END"]})
    assert answer["output"]["message"] == {"role": "assistant",
                                           "content": [{"text": "You said: Hello"}]}
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["inputTokens"] > 0 and answer["usage"]["outputTokens"] > 0
    assert upstream.requests[-1] == {
        "model": "claude-x", "system": "Be kind.", "max_tokens": 50, "temperature": 0.5,
        "stop_sequences": ["END"], "stream": False,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}
    assert upstream.paths[-1] == "/v1/messages"
    assert upstream.headers[-1]["anthropic-version"] == "2023-06-01"
    assert "authorization" not in upstream.headers[-1]


def test_reasoning_and_tools_go_round(runtime, upstream):
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "anthropic_beta": ["b-1"]}
    answer = ask(runtime, "Weather?", toolConfig=TOOLS, additionalModelRequestFields=thinking)
    reasoning, text, call = answer["output"]["message"]["content"]
    assert reasoning == {"reasoningContent": {"reasoningText": {"text": "I repeat it.",
                                                                "signature": "c2ln"}}}
    assert text == {"text": "You said: Weather?"}
    assert call == {"toolUse": {"toolUseId": "toolu_1", "name": "weather",
                                "input": {"town": "Bern"}}}
    assert answer["stopReason"] == "tool_use"
    assert upstream.headers[-1]["anthropic-beta"] == "b-1"
    result = {"toolResult": {"toolUseId": "toolu_1", "status": "error",
                             "content": [{"text": "no such town"}]}}
    runtime.converse(modelId=HAIKU, toolConfig=TOOLS, additionalModelRequestFields=thinking,
                     messages=[user("Weather?"), answer["output"]["message"],
                               {"role": "user", "content": [result]}])
    assert upstream.requests[-1]["messages"][1:] == [
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "I repeat it.", "signature": "c2ln"},
            {"type": "text", "text": "You said: Weather?"},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"town": "Bern"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1",
                                      "content": "no such town", "is_error": True}]}]


THOUGHTS = [{"type": "thinking", "thinking": "One.", "signature": "czE="},
            {"type": "redacted_thinking", "data": "c2VhbGVk"},
            {"type": "thinking", "thinking": "Two.", "signature": "czI="},
            {"type": "text", "text": "So."}]
REASONING = [{"reasoningContent": {"reasoningText": {"text": "One.", "signature": "czE="}}},
             {"reasoningContent": {"redactedContent": b"c2VhbGVk"}},
             {"reasoningContent": {"reasoningText": {"text": "Two.", "signature": "czI="}}},
             {"text": "So."}]


@pytest.fixture(name="thinking")
def _thinking(upstream):
    upstream.model = lambda request: {"content": THOUGHTS}
    yield upstream
    upstream.model = echo


def blocks_of(events: list[dict]) -> list[dict]:
    """The content blocks that a stream of Converse tells of."""
    blocks: dict[int, dict] = {}
    for delta in (event["contentBlockDelta"] for event in events if "contentBlockDelta" in event):
        said = delta["delta"]
        block = blocks.setdefault(delta["contentBlockIndex"], {})
        if "text" in said:
            block["text"] = block.get("text", "") + said["text"]
        elif "redactedContent" in said["reasoningContent"]:
            block["reasoningContent"] = said["reasoningContent"]
        else:
            text = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
            for name, piece in said["reasoningContent"].items():
                text[name] = text.get(name, "") + piece
    assert list(blocks) == sorted(blocks)
    return list(blocks.values())


def test_thoughts_stay_apart_and_go_back_as_they_came(runtime, thinking):
    said = ask(runtime)["output"]["message"]
    assert said["content"] == REASONING
    assert blocks_of(stream(runtime)) == REASONING
    runtime.converse(modelId=HAIKU, messages=[user("Hello"), said, user("And?")])
    assert thinking.requests[-1]["messages"][1]["content"] == THOUGHTS


def test_thoughts_stay_apart_in_claudes_own_words(bound, thinking):
    client = anthropic.Anthropic(base_url=f"{bound.endpoint}/anthropic", max_retries=0,
                                 api_key=bound.bearer_key)
    asked = {"model": HAIKU, "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    said = client.messages.create(**asked)
    assert [block.model_dump(exclude_none=True) for block in said.content] == THOUGHTS
    with client.messages.stream(**asked) as events:
        streamed = events.get_final_message()
    assert [block.model_dump(exclude={"parsed_output"}, exclude_none=True)
            for block in streamed.content] == THOUGHTS
    client.messages.create(**asked | {"messages": [
        *asked["messages"], {"role": "assistant", "content": said.content},
        {"role": "user", "content": "And?"}]})
    assert thinking.requests[-1]["messages"][1]["content"] == THOUGHTS


@pytest.mark.parametrize("model, body, told", [
    (HAIKU, {"thinking": {"type": "disabled"}}, {"type": "disabled"}),
    (HAIKU, {"thinking": {"type": "adaptive", "display": "omitted"}},
     {"type": "adaptive", "display": "omitted"}),
    (HAIKU, {"thinking": None}, None),
    (NOVA, {"reasoningConfig": {"type": "disabled"}}, {"type": "disabled"}),
    (NOVA, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
     {"type": "adaptive"}),
])
def test_whether_to_think_is_handed_on(runtime, upstream, model, body, told):
    needed = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    if model == HAIKU:
        needed = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 2_048,
                  "messages": [{"role": "user", "content": "Hello"}]}
    runtime.invoke_model(modelId=model, body=json.dumps(needed | body))
    assert upstream.requests[-1].get("thinking") == told


def test_redacted_thoughts_are_no_other_models(server):
    failure = failure_of(server.client("bedrock-runtime").converse, modelId=CHAT, messages=[
        user("Hello"), {"role": "assistant", "content": REASONING[1:]}, user("And?")])
    assert failure.code == "ValidationException"
    assert "reasoningContent.redactedContent" in failure.message
    assert "messages.1.content.0" in failure.message
    with pytest.raises(anthropic.BadRequestError, match="redacted_thinking is not supported"):
        anthropic.Anthropic(base_url=f"{server.endpoint}/anthropic", max_retries=0,
                            api_key=server.bearer_key).messages.create(
            model=CHAT, max_tokens=9, messages=[
                {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": THOUGHTS}, {"role": "user", "content": "And?"}])


CACHE = {"cache_creation_input_tokens": 50, "cache_read_input_tokens": 40,
         "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 20}}


@pytest.mark.parametrize("streamed", [False, True])
def test_cache_points_are_handed_on_and_counted(runtime, upstream, streamed):
    upstream.model = lambda request: {"content": [{"type": "text", "text": "Yes"}], "cache": CACHE}
    members = {"system": [{"text": "Be kind."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
               "messages": [{"role": "user", "content": [
                   {"text": "Hello"}, {"cachePoint": {"type": "default"}}, {"text": "you"}]}]}
    if streamed:
        events = runtime.converse_stream(modelId=HAIKU, **members)["stream"]
        (usage,) = [event["metadata"]["usage"] for event in events if "metadata" in event]
    else:
        usage = runtime.converse(modelId=HAIKU, **members)["usage"]
    upstream.model = echo
    assert (usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]) == (40, 50)
    assert usage["cacheDetails"] == [{"ttl": "1h", "inputTokens": 20},
                                     {"ttl": "5m", "inputTokens": 30}]
    asked = upstream.requests[-1]
    assert asked["system"] == [{"type": "text", "text": "Be kind.",
                                "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    assert asked["messages"][0]["content"] == [
        {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral", "ttl": "5m"}},
        {"type": "text", "text": "you"}]
    words = len(json.dumps([asked["system"], asked["messages"], None, None]).split())
    assert usage["inputTokens"] == words  # as the server says, beside the cached ones


def test_a_stream_brings_the_same_in_pieces(runtime):
    events = stream(runtime, toolConfig=TOOLS,
                    additionalModelRequestFields={"thinking": {"type": "adaptive"}})
    deltas = [event["contentBlockDelta"]["delta"] for event in events
              if "contentBlockDelta" in event]
    assert "".join(delta.get("text", "") for delta in deltas) == "You said: Hello"
    assert "".join(delta["reasoningContent"].get("text", "") for delta in deltas
                   if "reasoningContent" in delta) == "I repeat it."
    assert [delta["reasoningContent"]["signature"] for delta in deltas
            if "signature" in delta.get("reasoningContent", {})] == ["c2ln"]
    assert json.loads("".join(delta["toolUse"]["input"] for delta in deltas
                              if "toolUse" in delta)) == {"town": "Bern"}
    assert {"messageStop": {"stopReason": "tool_use"}} in events
    assert events[-1]["metadata"]["usage"]["outputTokens"] > 0


def test_tokens_are_counted_by_the_server(runtime, upstream):
    question = {"messages": [user("Count these words please")], "system": [{"text": "Be kind."}]}
    count = runtime.count_tokens(modelId=HAIKU, input={"converse": question})["inputTokens"]
    assert upstream.paths[-1] == "/v1/messages/count_tokens"
    assert "max_tokens" not in upstream.requests[-1] and "stream" not in upstream.requests[-1]
    assert count == runtime.converse(modelId=HAIKU, **question)["usage"]["inputTokens"]


@pytest.mark.parametrize("model, body, text", [
    (HAIKU, {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 20,
             "messages": [{"role": "user", "content": "Hello"}]},
     lambda answer: answer["content"][0]["text"]),
    (NOVA, {"schemaVersion": "messages-v1",
            "messages": [{"role": "user", "content": [{"text": "Hello"}]}]},
     lambda answer: answer["output"]["message"]["content"][0]["text"]),
    (LLAMA, {"prompt": "Hello", "max_gen_len": 20}, lambda answer: answer["generation"]),
], ids=["claude", "nova", "llama"])
def test_native_bodies_of_every_family_work(runtime, model, body, text):
    answer = runtime.invoke_model(modelId=model, body=json.dumps(body))
    assert text(json.loads(answer["body"].read())) == "You said: Hello"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-bedrock-output-token-count"]
    chunks = [json.loads(each["chunk"]["bytes"]) for each in
              runtime.invoke_model_with_response_stream(modelId=model,
                                                        body=json.dumps(body))["body"]]
    assert "Hello" in json.dumps(chunks).replace('"', "") or len(chunks) > 3
    assert chunks[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] > 0


def test_turns_of_one_side_become_one_message(runtime, upstream):
    runtime.converse(modelId=HAIKU, messages=[user("One"), assistant("Two"), user("Three")])
    assert [message["role"] for message in upstream.requests[-1]["messages"]] == [
        "user", "assistant", "user"]


# --- What the server does wrong ---

def test_errors_of_the_server_become_bedrocks(runtime, upstream):
    def answer_with(status: int, type_: str, **headers: str):
        upstream.fault = lambda exchange, _: send_error(exchange, status, type_, "Words.", **headers)
        return failure_of(ask, runtime)

    throttled = answer_with(429, "rate_limit_error", retry_after="7")
    assert (throttled.code, throttled.status) == ("ThrottlingException", 429)
    assert throttled.headers["retry-after"] == "7" and "Words." in throttled.message
    assert answer_with(529, "overloaded_error").code == "ThrottlingException"
    assert answer_with(400, "invalid_request_error").code == "ValidationException"
    for status in (401, 403, 404, 500):
        failed = answer_with(status, "some_error")
        assert failed.code == "ModelErrorException" and f"HTTP {status}" in failed.message
    assert answer_with(504, "timeout_error").code == "ModelTimeoutException"
    upstream.fault = lambda exchange, _: send_error(
        exchange, 400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum")
    assert "Input is too long for requested model" in failure_of(ask, runtime).message


def test_redirects_are_not_followed(runtime, upstream):
    upstream.fault = lambda exchange, _: send(exchange, 307, b"", location=upstream.url + "/x")
    failed = failure_of(ask, runtime)
    assert failed.code == "ModelErrorException" and "HTTP 307" in failed.message
    assert len(upstream.requests) == 1


def test_a_silent_server_is_given_up(runtime, upstream):
    upstream.fault = lambda exchange, _: time.sleep(8)
    assert failure_of(ask, runtime).code == "ModelTimeoutException"


@pytest.mark.parametrize("kind, body", [("text/html", b"<html>hello</html>"),
                                        ("application/json", b'{"type":"message"}'),
                                        ("application/json", b"")])
def test_answers_of_another_kind_are_errors(runtime, upstream, kind, body):
    upstream.fault = lambda exchange, _: send(exchange, 200, body, kind)
    assert failure_of(ask, runtime).code == "ModelErrorException"
    streamed = failure_of(runtime.converse_stream, modelId=HAIKU, messages=[user("Hello")])
    assert streamed.code == "ModelErrorException"
    assert f"'{kind}' and no stream of events" in streamed.message


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -1, "output_tokens": 1},
                                   {"input_tokens": 1}, {"input_tokens": "1", "output_tokens": 1},
                                   {"input_tokens": 1, "output_tokens": 2**40}])
def test_usage_that_can_not_be_is_an_error(runtime, upstream, usage):
    answer = {"id": "m", "type": "message", "content": [{"type": "text", "text": "x"}],
              "stop_reason": "end_turn", "usage": usage}
    upstream.fault = lambda exchange, _: send(exchange, 200, json.dumps(answer).encode())
    assert failure_of(ask, runtime).code == "ModelErrorException"


WHOLE = list(events_of({"content": [{"type": "text", "text": "Half of it is here"}]}, 3))
BROKEN = {
    "cut": (WHOLE[:5], False),
    "ended early": (WHOLE[:-1], True),
    "bad JSON": (WHOLE[:5] + [b'data: {"type":\n\n'] + WHOLE[5:], True),
    "wrong order": (WHOLE[:5] + WHOLE[:1] + WHOLE[5:], True),
    "a long line": (WHOLE[:5] + [b"data: " + b"x" * (2 << 20) + b"\n\n"], True),
    "an error": (WHOLE[:5] + [event("error", error={"type": "overloaded_error",
                                                    "message": "Overloaded"})], True),
    "a lie": (WHOLE[:-2] + [event("message_delta", delta={"stop_reason": "end_turn"},
                                  usage={"output_tokens": -5}), WHOLE[-1]], True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_streams_end_with_an_exception(runtime, upstream, name):
    events, whole = BROKEN[name]
    upstream.fault = lambda exchange, _: send_events(exchange, events, whole)
    seen = []
    with pytest.raises(botocore.exceptions.EventStreamError) as caught:
        for each in runtime.converse_stream(modelId=HAIKU, messages=[user("Hello")])["stream"]:
            seen.append(each)
    assert caught.value.response["Error"]["Code"] == "modelStreamErrorException"
    assert any("contentBlockDelta" in each for each in seen)
    assert not any("messageStop" in each for each in seen)


def test_a_wrong_key_is_not_the_callers_fault(bound, runtime, upstream):
    def refuse(exchange, _):
        send_error(exchange, 401, "authentication_error", "invalid x-api-key")

    upstream.fault = refuse
    failed = failure_of(ask, runtime)
    assert failed.code == "ModelErrorException" and KEY not in failed.message


def test_what_answers_is_listed(bound):
    models = {model["model_id"]: model
              for model in json.loads(bound.run("models", "list", "--json"))}
    assert models[HAIKU]["answered_by"].endswith("(claude-x, anthropic)")


def test_bindings_of_the_settings_may_name_the_protocol(tmp_path, upstream):
    upstream.fault = None
    config = tmp_path / "bedplate.toml"
    config.write_text(f'[bindings]\n"anthropic.*" = {{ url = "{upstream.url}", '
                      f'protocol = "anthropic", api_key_variable = "{VARIABLE}" }}\n',
                      encoding="utf-8")
    server = BedplateServer(tmp_path)
    listed = server.run("--config", str(config), "models", "list", "--json")
    assert f'{upstream.url} ({HAIKU}, anthropic)' in listed


def test_tools_a_schema_an_effort_and_a_tier_go_on_in_its_words(runtime, upstream):
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}}
    upstream.model = lambda request: {**echo(request), "cache": {"service_tier": "standard"}}
    members = {"toolConfig": TOOLS, "serviceTier": {"type": "priority"}, "outputConfig": {
        "effort": "max", "textFormat": {
            "type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema)}}}}}
    try:
        # None was free.
        assert ask(runtime, **members)["serviceTier"] == {"type": "default"}
        upstream.model = lambda request: {**echo(request), "cache": {"service_tier": "priority"}}
        assert ask(runtime, **members)["serviceTier"] == {"type": "priority"}
        assert stream(runtime, **members)[-1]["metadata"]["serviceTier"] == {"type": "priority"}
        ask(runtime, serviceTier={"type": "default"})
    finally:
        upstream.model = echo
    sent = upstream.requests[0]
    assert sent["tools"][0]["name"] == "weather" and sent["service_tier"] == "auto"
    assert sent["output_config"] == {"effort": "max",
                                     "format": {"type": "json_schema", "schema": schema}}
    assert upstream.requests[-1]["service_tier"] == "standard_only"
    failed = failure_of(ask, runtime, serviceTier={"type": "flex"})
    assert failed.code == "ValidationException" and "flex service tier" in failed.message
