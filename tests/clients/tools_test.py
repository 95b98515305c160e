"""Tool use through boto3 and LangChain, with a model at a URL that calls tools."""

from __future__ import annotations

import json
import re

import pytest
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import HumanMessage, ToolMessage

from asking import assert_validation, assistant, converse, failure_of, text_of, user
from converse_content import assembled
from openai_upstream import OpenAiUpstream

MODEL = "test.caller-v1"
QUESTION = "Weather in Bern, Oslo?"
TOOLS = {"tools": [{"toolSpec": {
    "name": "get_weather", "description": "The weather of a town.",
    "inputSchema": {"json": {"type": "object", "properties": {"town": {"type": "string"}},
                             "required": ["town"]}}}}]}


def weather_model(request: dict) -> dict:
    """Asks for the weather of each town in the question, and then says what it was told."""
    last = request["messages"][-1]
    if last["role"] == "tool":
        told = [turn["content"] for turn in request["messages"] if turn["role"] == "tool"]
        return {"content": "I was told: " + "; ".join(told)}
    if not request.get("tools"):
        return {"content": "I have no tools."}
    towns = re.findall(r"[A-Z]\w+", last["content"])[1:]
    return {"reasoning_content": "Towns: " + ", ".join(towns) + ".", "content": "Let me see.",
            "tool_calls": [{"id": f"call_{number}", "name": "get_weather",
                            "arguments": json.dumps({"town": town, "grüße": [1.5, None]})}
                           for number, town in enumerate(towns)]}


@pytest.fixture(scope="module")
def served(server):
    """A model of the shared server that is bound to a test's own upstream."""
    upstream = OpenAiUpstream(weather_model)
    server.run("models", "add", MODEL, "--url", upstream.url)
    yield upstream
    server.run("models", "remove", MODEL)
    upstream.close()


@pytest.fixture
def upstream(served):
    yield served
    served.model = weather_model
    served.requests.clear()


def ask(client, **members):
    members = {"messages": [user(QUESTION)], "toolConfig": TOOLS} | members
    return converse(client, modelId=MODEL, **members)


def stream(client, **members):
    members = {"modelId": MODEL, "messages": [user(QUESTION)], "toolConfig": TOOLS} | members
    return list(client.converse_stream(**members)["stream"])


def result(tool_use_id: str, *content: dict, **members: object) -> dict:
    return {"toolResult": {"toolUseId": tool_use_id, "content": list(content), **members}}


def calls_of(content: list[dict]) -> list[dict]:
    return [block["toolUse"] for block in content if "toolUse" in block]


def test_a_round_trip_with_several_calls(runtime, upstream):
    asked = ask(runtime)
    assert asked["stopReason"] == "tool_use"
    message = asked["output"]["message"]
    assert [next(iter(block)) for block in message["content"]] == [
        "reasoningContent", "text", "toolUse", "toolUse"]
    bern, oslo = calls_of(message["content"])
    assert (bern["toolUseId"], bern["name"]) == ("call_0", "get_weather")
    assert bern["input"] == {"town": "Bern", "grüße": [1.5, None]}

    results = {"role": "user", "content": [
        result(oslo["toolUseId"], {"text": "rain"}, status="success"),
        result(bern["toolUseId"], {"json": {"degrees": 12}}, {"text": "dry"})]}
    answer = ask(runtime, messages=[user(QUESTION), message, results])
    assert answer["stopReason"] == "end_turn"
    assert text_of(answer) == 'I was told: rain; {"degrees": 12}\ndry'

    sent = upstream.requests[-1]["messages"]
    assert [turn["role"] for turn in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in sent[1]["tool_calls"]] == ["call_0", "call_1"]
    assert [turn["tool_call_id"] for turn in sent[2:]] == ["call_1", "call_0"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == bern["input"]
    assert sent[1]["reasoning_content"] == "Towns: Bern, Oslo."


def test_a_stream_put_together_is_the_whole_answer(runtime, upstream):
    events = stream(runtime)
    starts = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
    assert [start["contentBlockIndex"] for start in starts] == [2, 3]
    pieces = [event for event in events if "toolUse" in event.get("contentBlockDelta", {}).get(
        "delta", {})]
    assert len(pieces) > 10  # as the model's server sends them, not one for each call
    content, stop_reason = assembled(events)
    whole = ask(runtime)
    assert (content, stop_reason) == (whole["output"]["message"]["content"], whole["stopReason"])
    assert events[-1]["metadata"]["usage"] == whole["usage"]

    results = [result(call["toolUseId"], {"text": call["input"]["town"]})
               for call in calls_of(content)]
    messages = [user(QUESTION), {"role": "assistant", "content": content},
                {"role": "user", "content": results}]
    content, stop_reason = assembled(stream(runtime, messages=messages))
    assert (content, stop_reason) == ([{"text": "I was told: Bern; Oslo"}], "end_turn")


def test_the_model_learns_that_a_tool_failed(runtime, upstream):
    call = {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": {}}}
    messages = [user(QUESTION), {"role": "assistant", "content": [call]},
                {"role": "user", "content": [result("a", {"text": "no such town"},
                                                    status="error")]}]
    assert text_of(ask(runtime, messages=messages)) == "I was told: Error: no such town"


@pytest.mark.parametrize("choice, sent", [
    (None, None), ({"auto": {}}, "auto"), ({"any": {}}, "required"),
    ({"tool": {"name": "get_weather"}},
     {"type": "function", "function": {"name": "get_weather"}})])
def test_tools_and_the_choice_of_one_reach_the_model(runtime, upstream, choice, sent):
    ask(runtime, toolConfig=TOOLS if choice is None else {**TOOLS, "toolChoice": choice})
    spec = TOOLS["tools"][0]["toolSpec"]
    assert upstream.requests[-1]["tools"] == [{"type": "function", "function": {
        "name": spec["name"], "description": spec["description"],
        "parameters": spec["inputSchema"]["json"]}}]
    assert upstream.requests[-1].get("tool_choice") == sent


def test_ids_that_bedrock_would_refuse_are_made_anew_and_come_back(runtime, upstream):
    upstream.model = lambda request: weather_model(request) | {"tool_calls": [
        {"id": odd, "name": "get_weather", "arguments": "{}"} for odd in ("", "ä", "x" * 65)]}
    message = ask(runtime)["output"]["message"]
    ids = [call["toolUseId"] for call in calls_of(message["content"])]
    assert len(set(ids)) == 3 and all(re.fullmatch("tooluse_[A-Za-z0-9]{22}", one) for one in ids)
    upstream.model = weather_model
    ask(runtime, messages=[user(QUESTION), message, {
        "role": "user", "content": [result(one, {"text": "x"}) for one in ids]}])
    sent = upstream.requests[-1]["messages"]
    assert [call["id"] for call in sent[1]["tool_calls"]] == ids
    assert [turn["tool_call_id"] for turn in sent[2:]] == ids


@pytest.mark.parametrize("call", [
    {"id": "a", "name": "get_weather", "arguments": '{"town":'},
    {"id": "a", "name": "get weather", "arguments": "{}"}])
def test_a_malformed_call_is_called_that(runtime, upstream, call):
    upstream.model = lambda request: {"content": "Hm.", "tool_calls": [call]}
    answer = ask(runtime)
    assert answer["stopReason"] == "malformed_tool_use"
    assert answer["output"]["message"]["content"] == [{"text": "Hm."}]
    assert stream(runtime)[-2]["messageStop"]["stopReason"] == "malformed_tool_use"


def test_counted_tokens_are_those_that_are_used(runtime, upstream):
    call = {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": {"town": "Bern"}}}
    prompt = {"toolConfig": TOOLS, "messages": [
        user(QUESTION), {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result("a", {"text": "rain all day"})]}]}
    counted = runtime.count_tokens(modelId=MODEL, input={"converse": prompt})["inputTokens"]
    assert counted == ask(runtime, **prompt)["usage"]["inputTokens"]
    without = {"messages": [user(QUESTION)]}
    assert counted > runtime.count_tokens(modelId=MODEL,
                                          input={"converse": without})["inputTokens"]


def test_an_answer_can_be_held_to_a_schema(runtime, upstream):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    upstream.model = lambda request: {"content": '{"a": 1}'}

    def held_to(text: str) -> dict:
        return {"textFormat": {"type": "json_schema", "structure": {
            "jsonSchema": {"name": "thing", "description": "A thing.", "schema": text}}}}

    answer = converse(runtime, modelId=MODEL, outputConfig=held_to(json.dumps(schema)))
    assert text_of(answer) == '{"a": 1}'
    assert upstream.requests[-1]["response_format"] == {
        "type": "json_schema", "json_schema": {"name": "thing", "description": "A thing.",
                                               "schema": schema, "strict": True}}
    failure = failure_of(converse, runtime, modelId=MODEL, outputConfig=held_to("[1]"))
    assert_validation(failure, "outputConfig.textFormat.structure.jsonSchema.schema",
                      "Provide a json object")


CALL = {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": {}}}
CALLED = {"role": "assistant", "content": [CALL]}


@pytest.mark.parametrize("members, message", [
    ({"messages": [user("x"), CALLED, user("y")]},
     "Expected toolResult blocks at messages.2.content for the following Ids: a"),
    ({"messages": [user("x"), assistant("y"),
                   {"role": "user", "content": [result("a", {"text": "z"})]}]},
     "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks "
     "of previous turn."),
    ({"messages": [user("x"), CALLED, {"role": "user", "content": [result("a"), result("a")]}]},
     "The toolResult blocks at messages.2.content contain duplicate Ids: a"),
    ({"messages": [user("x"), CALLED,
                   {"role": "user", "content": [result("a", status="error")]}]},
     "The content field at messages.2.content.0.toolResult cannot be empty when status value is "
     "error."),
    ({"messages": [user("x"), {"role": "assistant", "content": [
        {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": [1]}}]}, user("y")]},
     "The format of the value at messages.1.content.0.toolUse.input is invalid. Provide a json "
     "object for the field and try again."),
    ({"toolConfig": {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {}}}}]}},
     "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: "
     "object."),
    ({"toolConfig": {**TOOLS, "toolChoice": {"tool": {"name": "fly"}}}},
     "The tool fly at toolConfig.toolChoice.tool.name is not one of toolConfig.tools. Choose one "
     "of them and try again."),
    ({"messages": [{"role": "user", "content": [
        {"text": "What?"}, {"image": {"format": "png", "source": {"bytes": b"x"}}}]}]},
     "This model doesn't support the image content block that you provided at "
     "messages.0.content.1. Update the content block and try again."),
])
def test_what_bedrock_refuses_is_refused_in_its_words(runtime, upstream, members, message):
    for failure in (failure_of(ask, runtime, **members), failure_of(stream, runtime, **members)):
        assert_validation(failure)
        assert failure.message == message
    assert not upstream.requests


def test_blocks_of_tools_need_a_tool_config(runtime, upstream):
    messages = [user("x"), CALLED, {"role": "user", "content": [result("a", {"text": "z"})]}]
    failure = failure_of(converse, runtime, modelId=MODEL, messages=messages)
    assert_validation(failure)
    assert failure.message == ("The toolConfig field must be defined when using toolUse and "
                               "toolResult content blocks.")


@pytest.mark.parametrize("name", ["get weather", "x" * 65, "grüße"])
def test_a_tools_name_keeps_to_its_pattern(runtime, upstream, name):
    tools = {"tools": [{"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}]}
    assert_validation(failure_of(ask, runtime, toolConfig=tools), "toolSpec.name", name)


def test_a_native_body_with_tools_goes_through(runtime, upstream):
    body = {"messages": [{"role": "user", "content": QUESTION}], "tool_choice": "required",
            "tools": [{"type": "function", "function": {
                "name": "get_weather", "parameters": {"type": "object"}}}]}
    answer = json.loads(runtime.invoke_model(modelId=MODEL, body=json.dumps(body))["body"].read())
    calls = answer["choices"][0]["message"]["tool_calls"]
    assert [call["id"] for call in calls] == ["call_0", "call_1"]
    assert {name: upstream.requests[-1][name] for name in body} == body
    chunks = runtime.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))
    pieces = ["", ""]
    for event in chunks["body"]:
        for choice in json.loads(event["chunk"]["bytes"])["choices"]:
            for call in choice["delta"].get("tool_calls", []):
                pieces[call["index"]] += call["function"]["arguments"]
    assert pieces == [call["function"]["arguments"] for call in calls]


def test_langchain_calls_tools(server, upstream):
    chat = ChatBedrockConverse(
        model=MODEL, provider="test", client=server.client("bedrock-runtime"),
        bedrock_client=server.client("bedrock"), supports_tool_choice_values=("auto", "any"))
    tools = chat.bind_tools([TOOLS["tools"][0]])
    asked = tools.invoke(QUESTION)
    assert [call["args"]["town"] for call in asked.tool_calls] == ["Bern", "Oslo"]
    streamed = None
    for piece in tools.stream(QUESTION):
        streamed = piece if streamed is None else streamed + piece
    assert streamed.tool_calls == asked.tool_calls
    answer = tools.invoke([HumanMessage(QUESTION), asked] + [
        ToolMessage("wet", tool_call_id=call["id"]) for call in asked.tool_calls])
    assert answer.text == "I was told: wet; wet" or answer.text() == "I was told: wet; wet"


def test_thoughts_beside_blocks_without_text_are_kept(runtime, upstream):
    upstream.model = lambda request: {
        "reasoning_content": "Two towns.", "content": "So.",
        "thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "c2ln"}]}
    content = ask(runtime)["output"]["message"]["content"]
    assert content[0]["reasoningContent"] == {
        "reasoningText": {"text": "Two towns.", "signature": "c2ln"}}
    streamed, _ = assembled(stream(runtime))
    assert streamed == content


def test_tools_and_a_schema_go_on_together(runtime, upstream):
    schema = {"type": "object", "properties": {"sum": {"type": "integer"}}}
    ask(runtime, outputConfig={"effort": "high", "textFormat": {
        "type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema)}}}})
    sent = upstream.requests[0]
    assert sent["tools"][0]["function"]["name"] == "get_weather"
    assert sent["response_format"]["json_schema"]["schema"] == schema
    assert sent["reasoning_effort"] == "high"
