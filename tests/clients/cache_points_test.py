"""Prompt caching through boto3: cache points in system, messages and tools, and what is counted."""

from __future__ import annotations

import itertools

import pytest

from asking import assert_validation, assistant, converse, failure_of, user
from openai_upstream import OpenAiUpstream
from scripted_model import scripted_model

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


def test_a_model_whose_server_is_not_known_to_cache(server, runtime):
    upstream = OpenAiUpstream(scripted_model)
    server.run("models", "add", "test.uncached-v1", "--url", upstream.url)
    failure = failure_of(converse, runtime, modelId="test.uncached-v1",
                         messages=[{"role": "user", "content": [{"text": "Hi."}, POINT]}])
    assert failure.code == "AccessDeniedException"
    assert "did not allow prompt caching" in failure.message
    server.run("models", "remove", "test.uncached-v1")
    upstream.close()


@pytest.mark.parametrize("members", [
    {"system": [POINT, {"text": "Be brief."}]},
    {"messages": [{"role": "user", "content": [POINT, {"text": "Hi."}]}]},
    {"system": [POINT]},
])
def test_a_point_with_nothing_before_it_does_nothing(runtime, members):
    members = {"messages": [user("Hi.")]} | members
    assert counts(usage_of(runtime, **members)) == (0, 0)
