"""Prompt caching through boto3: cache points in system, messages and tools, and what is counted."""

from __future__ import annotations

import itertools
import json

import anthropic
import pytest

from asking import assert_validation, assistant, converse, failure_of, user
from bedplate_server import CHAT
from openai_upstream import OpenAiUpstream

POINT = {"cachePoint": {"type": "default"}}
NUMBERS = " ".join(str(number) for number in range(400))
_fresh = itertools.count(1)


def unique() -> str:
    """More than 1,024 tokens that no test has sent before."""
    return f"{next(_fresh)} of these tests: {NUMBERS}"


def counts(usage: dict) -> tuple[int, int]:
    assert usage["totalTokens"] == (usage["inputTokens"] + usage["outputTokens"]
                                    + usage["cacheReadInputTokens"]
                                    + usage["cacheWriteInputTokens"])
    return usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]


def usage_of(runtime, **members) -> dict:
    return converse(runtime, inferenceConfig={"maxTokens": 2}, **members)["usage"]


def test_a_system_text_is_written_once_and_read_again(runtime):
    system = [{"text": unique()}, POINT]
    first = usage_of(runtime, system=system, messages=[user("Hello.")])
    read, written = counts(first)
    assert read == 0 and written > 1_024 and first["inputTokens"] < 30
    assert first["cacheDetails"] == [{"ttl": "5m", "inputTokens": written}]
    second = usage_of(runtime, system=system, messages=[user("Something else.")])
    assert counts(second) == (written, 0)
    assert "cacheDetails" not in second
    counted = runtime.count_tokens(
        modelId="huggingfacetb.smollm2-135m-instruct-v1:0",
        input={"converse": {"system": system, "messages": [user("Something else.")]}})
    assert counted["inputTokens"] == second["inputTokens"] + written


def test_a_conversation_that_grows(runtime):
    messages = [{"role": "user", "content": [
        {"text": unique()}, {"cachePoint": {"type": "default", "ttl": "1h"}}]}]
    first = usage_of(runtime, messages=messages)
    _, written = counts(first)
    assert first["cacheDetails"] == [{"ttl": "1h", "inputTokens": written}]
    messages += [assistant("Yes."),
                 {"role": "user", "content": [{"text": "And then? " * 20}, POINT,
                                              {"text": "Say it."}]}]
    read, more = counts(usage_of(runtime, messages=messages))
    assert read == written and more > 40


def test_a_stream_says_the_same(runtime):
    members = {"system": [{"text": unique()}, POINT], "messages": [user("Hello.")]}
    _, written = counts(usage_of(runtime, **members))
    events = runtime.converse_stream(modelId="huggingfacetb.smollm2-135m-instruct-v1:0",
                                     inferenceConfig={"maxTokens": 2}, **members)["stream"]
    (usage,) = [event["metadata"]["usage"] for event in events if "metadata" in event]
    assert counts(usage) == (written, 0)


def test_a_point_behind_tools(runtime):
    tools = [{"toolSpec": {"name": "look", "description": unique(),
                           "inputSchema": {"json": {"type": "object"}}}}, POINT]
    _, written = counts(usage_of(runtime, toolConfig={"tools": tools}, messages=[user("Hi.")]))
    assert written > 1_024
    again = usage_of(runtime, toolConfig={"tools": tools}, messages=[user("Now look.")])
    assert counts(again) == (written, 0)


def test_short_prompts_and_prompts_without_points_count_nothing(runtime):
    assert counts(usage_of(runtime, system=[{"text": "Be brief."}, POINT],
                           messages=[user("Hi.")])) == (0, 0)
    text = unique()
    for _ in range(2):
        assert counts(usage_of(runtime, messages=[user(text)])) == (0, 0)


def test_too_many_points(runtime):
    content = [part for _ in range(5) for part in ({"text": "a"}, POINT)]
    assert_validation(failure_of(converse, runtime, messages=[{"role": "user", "content": content}]),
                      "at most 4 cachePoint blocks", "there are 5")
    failure = failure_of(converse, runtime, toolConfig={"tools": [POINT]})
    assert_validation(failure, "toolConfig.tools.0")


def test_a_server_that_caches_by_itself(server, runtime):
    upstream = OpenAiUpstream(lambda request: {"content": "Yes.", "cached_tokens": 3})
    server.run("models", "add", "test.caching-v1", "--url", upstream.url)
    messages = [{"role": "user", "content": [{"text": "Hi you there."}, POINT, {"text": "Go."}]}]
    usage = usage_of(runtime, modelId="test.caching-v1", messages=messages)
    assert counts(usage) == (3, 0) and usage["inputTokens"] > 0
    stream = runtime.converse_stream(modelId="test.caching-v1", messages=messages)["stream"]
    (streamed,) = [event["metadata"]["usage"] for event in stream if "metadata" in event]
    assert counts(streamed) == (3, 0)
    assert "cache_control" not in json.dumps(upstream.requests)
    without = [{"role": "user", "content": [{"text": "Hi you there."}]}]
    assert counts(usage_of(runtime, modelId="test.caching-v1", messages=without)) == (0, 0)
    server.run("models", "remove", "test.caching-v1")
    upstream.close()


# --- The bodies of Claude and Nova ---

def test_bodies_of_claude_write_and_read(server):
    client = anthropic.Anthropic(base_url=f"{server.endpoint}/anthropic", max_retries=0,
                                 api_key=server.bearer_key)
    system = [{"type": "text", "text": unique(),
               "cache_control": {"type": "ephemeral", "ttl": "1h"}}]

    def ask(text: str):
        return client.messages.create(model=CHAT, max_tokens=2, system=system,
                                      messages=[{"role": "user", "content": text}]).usage
    first, second = ask("Hello."), ask("Something else.")
    written = first.cache_creation_input_tokens
    assert written > 1_024 and first.cache_read_input_tokens == 0 and first.input_tokens < 30
    assert first.cache_creation.ephemeral_1h_input_tokens == written
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, written)
    with client.messages.stream(model=CHAT, max_tokens=2, system=system,
                                messages=[{"role": "user", "content": "And more."}]) as stream:
        usage = stream.get_final_message().usage
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (written, 0)
    assert 0 < usage.input_tokens < 30
    with pytest.raises(anthropic.BadRequestError, match="maximum of 4 blocks"):
        client.messages.create(model=CHAT, max_tokens=2, messages=[{"role": "user", "content": [
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}] * 5}])


def test_a_mark_of_the_whole_body_is_behind_its_last_block(server):
    client = anthropic.Anthropic(base_url=f"{server.endpoint}/anthropic", max_retries=0,
                                 api_key=server.bearer_key)
    usage = client.messages.create(
        model=CHAT, max_tokens=2, messages=[{"role": "user", "content": unique()}],
        extra_body={"cache_control": {"type": "ephemeral"}}).usage
    assert usage.cache_creation_input_tokens > 1_024


def test_bodies_of_nova_write_and_read(new_server):
    server = new_server()
    server.run("models", "bind", "amazon.nova-micro-v1:0", "--model", CHAT)
    runtime = server.client("bedrock-runtime")
    body = json.dumps({"system": [{"text": unique()}, POINT],
                       "messages": [{"role": "user", "content": [{"text": "Hello."}]}],
                       "inferenceConfig": {"maxTokens": 2}})

    def ask() -> tuple[dict, dict]:
        answer = runtime.invoke_model(modelId="amazon.nova-micro-v1:0", body=body)
        return (json.loads(answer["body"].read())["usage"],
                answer["ResponseMetadata"]["HTTPHeaders"])
    first, headers = ask()
    written = first["cacheWriteInputTokenCount"]
    assert written > 1_024 and first["cacheReadInputTokenCount"] == 0
    assert headers["x-amzn-bedrock-cache-write-input-token-count"] == str(written)
    assert headers["x-amzn-bedrock-input-token-count"] == str(first["inputTokens"])
    second, headers = ask()
    assert (second["cacheReadInputTokenCount"], second["cacheWriteInputTokenCount"]) == (written, 0)
    assert headers["x-amzn-bedrock-cache-read-input-token-count"] == str(written)
    chunks = [json.loads(event["chunk"]["bytes"]) for event in
              runtime.invoke_model_with_response_stream(modelId="amazon.nova-micro-v1:0",
                                                        body=body)["body"]]
    assert chunks[-1]["amazon-bedrock-invocationMetrics"]["cacheReadInputTokenCount"] == written


@pytest.mark.parametrize("members", [
    {"system": [POINT, {"text": "Be brief."}]},
    {"messages": [{"role": "user", "content": [POINT, {"text": "Hi."}]}]},
    {"system": [POINT]},
])
def test_a_point_with_nothing_before_it_does_nothing(runtime, members):
    members = {"messages": [user("Hi.")]} | members
    assert counts(usage_of(runtime, **members)) == (0, 0)
