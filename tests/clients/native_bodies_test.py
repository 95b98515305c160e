"""Native bodies of Claude, Nova and Titan through boto3, with a model at a URL that calls tools."""

from __future__ import annotations

import base64
import json

import pytest
from langchain_aws import ChatBedrock
from langchain_core.messages import HumanMessage, ToolMessage

from asking import assert_validation, failure_of
from bedplate_server import CHAT
from native_bodies import METRICS, SCHEMA, invoke, serving, stream

CLAUDE = "anthropic.test-claude-v1:0"
CLAUDE_2 = "anthropic.test-claude-2"
NOVA = "amazon.test-nova-v1:0"
TITAN = "amazon.test-titan-v1"
FAMILIES = {CLAUDE: "anthropic-messages", CLAUDE_2: "anthropic-text", NOVA: "amazon-nova",
            TITAN: "amazon-titan-text"}
PIXEL = base64.b64encode(b"\x89PNG of a pixel").decode()


@pytest.fixture(scope="module")
def served(server):
    with serving(server, FAMILIES) as upstream:
        yield upstream


@pytest.fixture
def upstream(served):
    served.requests.clear()
    return served


def claude(**members: object) -> dict:
    return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
            "messages": [{"role": "user", "content": "Hi"}]} | members


def nova(**members: object) -> dict:
    return {"schemaVersion": "messages-v1",
            "messages": [{"role": "user", "content": [{"text": "Hi"}]}]} | members


CLAUDE_TOOLS = [{"name": "get_weather", "description": "Of a town.", "input_schema": SCHEMA}]
NOVA_TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": SCHEMA}}}]}


CLAUDE_CALLS = {"role": "assistant", "content": [
    {"type": "tool_use", "id": "a", "name": "get_weather", "input": {}}]}
NOVA_CALLS = {"role": "assistant", "content": [
    {"toolUse": {"toolUseId": "a", "name": "get_weather", "input": {}}}]}


def test_claude_answers_and_counts(runtime, upstream):
    answer, headers = invoke(runtime, CLAUDE, claude(system="Be kind.", top_k=5))
    assert answer["id"].startswith("msg_") and answer["type"] == "message"
    assert answer["role"] == "assistant" and answer["model"] == "test-claude"
    assert answer["content"] == [{"type": "text", "text": "Grüezi"}]
    assert answer["stop_reason"] == "max_tokens" and answer["stop_sequence"] is None
    assert int(headers["x-amzn-bedrock-input-token-count"]) == answer["usage"]["input_tokens"]
    assert int(headers["x-amzn-bedrock-output-token-count"]) == answer["usage"]["output_tokens"]
    request = upstream.requests[0]
    assert request["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (request["max_tokens"], request["top_k"]) == (100, 5)
    count = runtime.count_tokens(modelId=CLAUDE, input={"invokeModel": {"body": json.dumps(
        claude(system="Be kind."))}})
    assert count["inputTokens"] == answer["usage"]["input_tokens"]


def test_claude_calls_a_tool_and_is_told(runtime, upstream):
    question = claude(tools=CLAUDE_TOOLS, tool_choice={"type": "any"})
    answer, _ = invoke(runtime, CLAUDE, question)
    assert answer["stop_reason"] == "tool_use"
    assert [block["type"] for block in answer["content"]] == ["thinking", "text", "tool_use"]
    call = answer["content"][2]
    assert call["name"] == "get_weather" and call["input"] == {"town": "Zürich"}
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": [
        {"type": "text", "text": "12 °C"}, {"type": "image", "source": {
            "type": "base64", "media_type": "image/png", "data": PIXEL}}]}
    told, _ = invoke(runtime, CLAUDE, question | {"messages": question["messages"] + [
        {"role": "assistant", "content": answer["content"]},
        {"role": "user", "content": [result]}]})
    assert told["content"] == [{"type": "text", "text": "I was told: 12 °C"}]
    assert told["stop_reason"] == "end_turn"
    turns = upstream.requests[1]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "tool", "user"]
    assert turns[1]["tool_calls"][0]["id"] == turns[2]["tool_call_id"] == call["id"]
    assert turns[3]["content"][1]["image_url"]["url"] == f"data:image/png;base64,{PIXEL}"
    assert upstream.requests[0]["tool_choice"] == "required"


def test_claude_streams_blocks(runtime, upstream):
    events = stream(runtime, CLAUDE, claude(tools=CLAUDE_TOOLS))
    assert events[0]["type"] == "message_start" and events[-1]["type"] == "message_stop"
    assert [METRICS in event for event in events] == [False] * (len(events) - 1) + [True]
    blocks: list[dict] = []
    pieces: list[str] = []
    for event in events[1:-2]:
        assert event["index"] == len(blocks) - (event["type"] != "content_block_start")
        if event["type"] == "content_block_start":
            blocks.append(event["content_block"])
            pieces.append("")
        elif event["type"] == "content_block_delta":
            kind = event["delta"]["type"]
            key = {"text_delta": "text", "thinking_delta": "thinking",
                   "input_json_delta": "partial_json"}[kind]
            pieces[-1] += event["delta"][key]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    assert pieces[:2] == ["A town.", "Let me see."]
    assert json.loads(pieces[2]) == {"town": "Zürich"}
    delta = events[-2]
    assert delta["type"] == "message_delta" and delta["delta"]["stop_reason"] == "tool_use"
    metrics = events[-1][METRICS]
    assert metrics["inputTokenCount"] == delta["usage"]["input_tokens"] > 0
    assert metrics["outputTokenCount"] == delta["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("streaming", [False, True])
def test_langchains_native_client_of_claude_uses_tools(runtime, upstream, streaming):
    model = ChatBedrock(model=CLAUDE, client=runtime, streaming=streaming,
                        model_kwargs={"max_tokens": 50}).bind_tools(CLAUDE_TOOLS)
    question = HumanMessage("Weather in Zürich?")
    asking = model.invoke([question])
    assert [call["args"] for call in asking.tool_calls] == [{"town": "Zürich"}]
    assert asking.usage_metadata["input_tokens"] > 0
    told = model.invoke([question, asking,
                         ToolMessage("12 °C", tool_call_id=asking.tool_calls[0]["id"])])
    assert "I was told: 12 °C" in str(told.content)


def test_claude_2_completes_a_prompt(runtime, upstream):
    body = {"prompt": "\n\nHuman: Hi\n\nAssistant:", "max_tokens_to_sample": 50}
    answer, _ = invoke(runtime, CLAUDE_2, body)
    assert answer["completion"] == "Grüezi" and answer["stop_reason"] == "max_tokens"
    assert upstream.requests[0]["messages"] == [{"role": "user", "content": "Hi"}]
    chunks = stream(runtime, CLAUDE_2, body)
    assert "".join(chunk["completion"] for chunk in chunks) == "Grüezi"
    assert chunks[-1]["stop_reason"] == "max_tokens" and METRICS in chunks[-1]
    failure = failure_of(runtime.invoke_model, modelId=CLAUDE_2,
                         body=json.dumps(body | {"prompt": "Hi"}))
    assert_validation(failure, "Human:")


def test_nova_answers_calls_and_streams(runtime, upstream):
    answer, _ = invoke(runtime, NOVA, nova(inferenceConfig={"maxTokens": 9, "topK": 3}))
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "Grüezi"}]}
    assert answer["stopReason"] == "max_tokens"
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert (upstream.requests[0]["max_tokens"], upstream.requests[0]["top_k"]) == (9, 3)

    question = nova(toolConfig=NOVA_TOOLS)
    answer, _ = invoke(runtime, NOVA, question)
    assert answer["stopReason"] == "tool_use"
    message = answer["output"]["message"]
    call = next(block["toolUse"] for block in message["content"] if "toolUse" in block)
    assert call["input"] == {"town": "Zürich"}
    told, _ = invoke(runtime, NOVA, question | {"messages": question["messages"] + [
        message, {"role": "user", "content": [{"toolResult": {
            "toolUseId": call["toolUseId"], "content": [{"json": {"degrees": 12}}]}}]}]})
    assert told["output"]["message"]["content"] == [{"text": 'I was told: {"degrees":12}'}]

    events = stream(runtime, NOVA, question)
    assert events[0] == {"messageStart": {"role": "assistant"}}
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}
    assert events[-1]["metadata"]["usage"]["inputTokens"] == events[-1][METRICS]["inputTokenCount"]
    deltas = [event["contentBlockDelta"]["delta"] for event in events
              if "contentBlockDelta" in event]
    assert "".join(delta.get("text", "") for delta in deltas) == "Let me see."
    assert json.loads("".join(delta["toolUse"]["input"] for delta in deltas
                              if "toolUse" in delta)) == {"town": "Zürich"}


def test_titan_text_answers_and_streams(runtime, upstream):
    body = {"inputText": "User: Hi\nBot:", "textGenerationConfig": {"maxTokenCount": 20}}
    answer, headers = invoke(runtime, TITAN, body)
    result = answer["results"][0]
    assert result["outputText"] == "Grüezi" and result["completionReason"] == "LENGTH"
    assert int(headers["x-amzn-bedrock-output-token-count"]) == result["tokenCount"]
    assert upstream.requests[0]["messages"] == [{"role": "user", "content": "Hi"}]
    chunks = stream(runtime, TITAN, body)
    assert "".join(chunk["outputText"] for chunk in chunks) == "Grüezi"
    assert chunks[-1]["totalOutputTextTokenCount"] == result["tokenCount"]
    assert METRICS in chunks[-1]


@pytest.mark.parametrize("model, body, parts", [
    (CLAUDE, {"messages": []}, ["anthropic_version", "max_tokens", "#/messages"]),
    (CLAUDE, claude(temperature=2), ["#/temperature", "2"]),
    (CLAUDE, claude(tools=[{"name": "x"}]), ["#/tools/0", "input_schema"]),
    (CLAUDE, nova(), ["anthropic_version", "extraneous key [schemaVersion]"]),
    (NOVA, claude(), ["#/messages/0/content", "extraneous key [max_tokens]"]),
    (NOVA, nova(schemaVersion="v9"), ["#/schemaVersion", "v9"]),
    (CLAUDE, claude(messages=[{"role": "user", "content": "Hi"}, CLAUDE_CALLS,
                              {"role": "user", "content": "And?"}]),
     ["messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a."]),
    (CLAUDE, claude(messages=[{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "a", "content": "x"}]}]),
     ["messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a."]),
    (NOVA, nova(messages=[{"role": "assistant", "content": [{"text": "Hi"}]}]),
     ["messages.0.role", "assistant"]),
    (NOVA, nova(messages=[{"role": "user", "content": [{"text": "Hi"}]}, NOVA_CALLS,
                          {"role": "user", "content": [{"text": "And?"}]}]),
     ["Expected toolResult blocks at messages.2.content for the following Ids: a"]),
    (NOVA, nova(messages=[{"role": "user", "content": [
        {"toolResult": {"toolUseId": "a", "content": [{"text": "x"}]}}]}]),
     ["messages.0.content exceeds the number of toolUse blocks", "a answers none"]),
    (NOVA, nova(inferenceConfig={"reasoningConfig": {"type": "enabled"}}),
     ["#/inferenceConfig/reasoningConfig", "maxReasoningEffort"]),
    (TITAN, {"prompt": "Hi"}, ["inputText", "extraneous key [prompt]"]),
])
def test_bodies_that_are_wrong_are_refused_by_place(runtime, upstream, model, body, parts):
    failure = failure_of(runtime.invoke_model, modelId=model, body=json.dumps(body))
    assert_validation(failure, *parts)
    assert not upstream.requests


def test_a_real_model_goes_on_with_what_claude_began(runtime, server):
    """The engine itself behind Claude's body, its answer begun in the last turn."""
    gguf = next(model["answered_by"] for model in json.loads(server.run("models", "list", "--json"))
                if model["model_id"] == CHAT)
    server.run("models", "add", "anthropic.test-real", "--family", "anthropic-messages", gguf)
    try:
        body = claude(max_tokens=8, temperature=0, messages=[
            {"role": "user", "content": "What is the capital of France?"},
            {"role": "assistant", "content": "The capital of France is"}])
        answer, _ = invoke(runtime, "anthropic.test-real", body)
        assert "Paris" in answer["content"][0]["text"]
        count = runtime.count_tokens(modelId="anthropic.test-real",
                                     input={"invokeModel": {"body": json.dumps(body)}})
        assert count["inputTokens"] == answer["usage"]["input_tokens"]
    finally:
        server.run("models", "remove", "anthropic.test-real")
