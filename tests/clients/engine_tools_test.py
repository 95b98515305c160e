"""Tools and schemas through boto3, with the model that Bedplate runs itself."""

from __future__ import annotations

import json

import pytest

from asking import converse, text_of, user
from bedplate_server import CHAT
from converse_content import assembled

QUESTION = "What is the weather in Bern?"
WEATHER = {"toolSpec": {
    "name": "get_weather", "description": "The weather of a town.",
    "inputSchema": {"json": {
        "type": "object", "additionalProperties": False, "required": ["town", "unit"],
        "properties": {"town": {"type": "string", "maxLength": 20},
                       "unit": {"type": "string", "enum": ["celsius", "kelvin"]}}}}}}
CLOCK = {"toolSpec": {
    "name": "get_time", "description": "The time in a town.",
    "inputSchema": {"json": {"type": "object", "additionalProperties": False,
                             "properties": {"seconds": {"type": "boolean"}},
                             "required": ["seconds"]}}}}
SETTINGS = {"maxTokens": 200, "temperature": 0}


def asked_for(answer: dict) -> list[dict]:
    return [block["toolUse"] for block in answer["output"]["message"]["content"]
            if "toolUse" in block]


@pytest.mark.parametrize("choice, name", [({"any": {}}, None),
                                          ({"tool": {"name": "get_time"}}, "get_time")])
def test_a_model_that_must_call_calls(runtime, choice, name):
    for seed in range(4):
        answer = converse(runtime, QUESTION, additionalModelRequestFields={"seed": seed},
                          inferenceConfig={"maxTokens": 200, "temperature": 0.9},
                          toolConfig={"tools": [WEATHER, CLOCK], "toolChoice": choice})
        # So small a model may go on calling until its tokens end.
        assert answer["stopReason"] in ("tool_use", "max_tokens"), answer
        calls = asked_for(answer)
        assert calls and all(call["name"] == (name or call["name"]) for call in calls)
        for call in calls:
            if call["name"] == "get_weather":
                assert sorted(call["input"]) == ["town", "unit"]
                assert call["input"]["unit"] in ("celsius", "kelvin")
            else:
                assert list(call["input"]) == ["seconds"]
                assert isinstance(call["input"]["seconds"], bool)


def test_a_stream_brings_a_call_and_its_arguments(runtime):
    # One call: so small a model may go on calling until its tokens end.
    events = list(runtime.converse_stream(
        modelId=CHAT, messages=[user(QUESTION)], inferenceConfig=SETTINGS,
        additionalModelRequestFields={"parallel_tool_calls": False},
        toolConfig={"tools": [WEATHER], "toolChoice": {"any": {}}})["stream"])
    content, stop_reason = assembled(events)
    assert stop_reason == "tool_use"
    (call,) = [block["toolUse"] for block in content if "toolUse" in block]
    assert call["name"] == "get_weather" and call["input"]["unit"] in ("celsius", "kelvin")
    pieces = [event["contentBlockDelta"] for event in events if "contentBlockDelta" in event]
    assert sum("toolUse" in piece["delta"] for piece in pieces) > 3


def test_the_answer_goes_on_from_the_result(runtime):
    tools = {"tools": [WEATHER]}
    first = converse(runtime, QUESTION, inferenceConfig=SETTINGS,
                     toolConfig={**tools, "toolChoice": {"any": {}}})
    results = [{"toolResult": {"toolUseId": call["toolUseId"],
                               "content": [{"json": {"degrees": 7, "sky": "rain"}}]}}
               for call in asked_for(first)]
    messages = [user(QUESTION), first["output"]["message"], {"role": "user", "content": results}]
    answer = converse(runtime, messages=messages, inferenceConfig=SETTINGS, toolConfig=tools)
    assert answer["stopReason"] in ("end_turn", "max_tokens", "tool_use")
    assert answer["usage"]["inputTokens"] > first["usage"]["inputTokens"]
    counted = runtime.count_tokens(modelId=CHAT, input={
        "converse": {"messages": messages, "toolConfig": tools}})
    assert counted["inputTokens"] == answer["usage"]["inputTokens"]


SCHEMA = {"type": "object", "additionalProperties": False, "required": ["town", "rainy"],
          "properties": {"town": {"type": "string", "maxLength": 12},
                         "rainy": {"type": "boolean"}}}
OUTPUT = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {
    "name": "weather", "schema": json.dumps(SCHEMA)}}}}


def test_an_answer_keeps_to_its_schema(runtime):
    answer = converse(runtime, QUESTION, inferenceConfig=SETTINGS, outputConfig=OUTPUT)
    value = json.loads(text_of(answer))
    assert sorted(value) == ["rainy", "town"] and isinstance(value["rainy"], bool)


@pytest.mark.parametrize("seed", range(4))
def test_with_tools_and_a_schema_an_answer_is_of_either(runtime, seed):
    answer = converse(runtime, QUESTION, outputConfig=OUTPUT, toolConfig={"tools": [WEATHER]},
                      inferenceConfig={"maxTokens": 200, "temperature": 1.0},
                      additionalModelRequestFields={"seed": seed, "parallel_tool_calls": False})
    if answer["stopReason"] == "tool_use":
        (call,) = asked_for(answer)
        assert sorted(call["input"]) == ["town", "unit"]
    else:
        assert answer["stopReason"] == "end_turn", answer
        assert sorted(json.loads(text_of(answer))) == ["rainy", "town"]
