"""Tool use by a model that has learned it. The model is optional: tools/models/fetch_tool_model.py
brings it."""

import json

import pytest

from engine_process import CACHE, Engine

MODEL = CACHE / "models/Qwen2.5-Coder-0.5B-Instruct.Q4.gguf"
pytestmark = pytest.mark.skipif(
    not MODEL.is_file(), reason=f"{MODEL.name} is absent; tools/models/fetch_tool_model.py brings it")

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Get the current weather of a city.",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "Name of the city"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"]}}}
ADD = {"type": "function", "function": {
    "name": "add", "description": "Add two integers.",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"},
                                                    "b": {"type": "integer"}},
                   "required": ["a", "b"]}}}
QUESTION = {"role": "user", "content": "What is the weather in Paris, in celsius?"}


@pytest.fixture(scope="module")
def tool_engine():
    with Engine(MODEL) as engine:
        yield engine


def ask(engine, messages, **options):
    options = {"temperature": 0, "max_tokens": 120} | options
    return engine.openai.chat.completions.create(model="any", messages=messages, **options)


def test_it_calls_the_tool_that_the_question_needs(tool_engine):
    choice = ask(tool_engine, [QUESTION], tools=[WEATHER, ADD],
                 tool_choice="required").choices[0]
    assert choice.finish_reason == "tool_calls"
    call = choice.message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris", "unit": "celsius"}
    choice = ask(tool_engine, [{"role": "user", "content": "Use the tool to add 17 and 25."}],
                 tools=[WEATHER, ADD], tool_choice="required").choices[0]
    call = choice.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"a": 17, "b": 25})


def test_it_answers_from_the_result(tool_engine):
    call = {"id": "call_1", "type": "function", "function": {
        "name": "get_weather", "arguments": "{\"city\": \"Paris\", \"unit\": \"celsius\"}"}}
    messages = [QUESTION, {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call_1",
                 "content": "{\"degrees\": 18, \"sky\": \"cloudy\"}"}]
    answer = ask(tool_engine, messages, tools=[WEATHER])
    assert "18" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    counted = tool_engine.http.post("/v1/tokenize", json={"messages": messages,
                                                          "tools": [WEATHER]}).json()
    assert counted["count"] == answer.usage.prompt_tokens


def test_a_stream_says_the_same_piece_by_piece(tool_engine):
    options = {"tools": [WEATHER, ADD], "tool_choice": "required"}
    whole = ask(tool_engine, [QUESTION], **options).choices[0].message.tool_calls[0].function
    pieces = [call.function for chunk in ask(tool_engine, [QUESTION], stream=True, **options)
              for call in chunk.choices[0].delta.tool_calls or []]
    assert pieces[0].name == whole.name
    assert "".join(piece.arguments for piece in pieces) == whole.arguments
    assert len(pieces) > 5


def test_a_schema_is_filled_with_sense(tool_engine):
    text = "Ada Lovelace was born in London in 1815."
    schema = {"type": "object", "properties": {"name": {"type": "string"},
                                               "city": {"type": "string"},
                                               "year": {"type": "integer"}},
              "required": ["name", "city", "year"], "additionalProperties": False}
    answer = ask(tool_engine, [{"role": "user", "content": f"Extract as JSON: {text}"}],
                 response_format={"type": "json_schema",
                                  "json_schema": {"name": "person", "schema": schema}})
    assert json.loads(answer.choices[0].message.content) == {
        "name": "Ada Lovelace", "city": "London", "year": 1815}
