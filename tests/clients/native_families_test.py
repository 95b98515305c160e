"""Native bodies of Llama, Mistral, Cohere, AI21, DeepSeek and Writer through boto3 and LangChain."""

from __future__ import annotations

import json

import pytest
from langchain_aws import BedrockLLM, ChatBedrock
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from asking import assert_validation, failure_of
from native_bodies import METRICS, SCHEMA, invoke, serving, stream

LLAMA = "meta.test-llama3-v1:0"
LLAMA_4 = "meta.test-llama4-v1:0"
MISTRAL = "mistral.test-7b-v1:0"
MISTRAL_CHAT = "mistral.test-large-v1:0"
COMMAND = "cohere.test-command-v1:0"
COMMAND_R = "cohere.test-command-r-v1:0"
JAMBA = "ai21.test-jamba-v1:0"
JURASSIC = "ai21.test-j2-v1"
R1 = "deepseek.test-r1-v1:0"
PALMYRA = "writer.test-palmyra-v1:0"
QWEN = "qwen.test-qwen3-v1:0"
FAMILIES = {LLAMA: "meta-llama", LLAMA_4: "meta-llama", MISTRAL: "mistral-prompt",
            MISTRAL_CHAT: "mistral-chat", COMMAND: "cohere-command",
            COMMAND_R: "cohere-command-r", JAMBA: "ai21-jamba", JURASSIC: "ai21-jurassic",
            R1: "deepseek-r1", PALMYRA: "writer-palmyra", QWEN: "openai-chat"}
CLAUDES = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
           "messages": [{"role": "user", "content": "Hi"}]}
HI = [{"role": "user", "content": "Hi"}]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
LLAMA_PROMPT = ("<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
                "<|start_header_id|>assistant<|end_header_id|>\n\n")


@pytest.fixture(scope="module")
def served(server):
    with serving(server, FAMILIES) as upstream:
        yield upstream


@pytest.fixture
def upstream(served):
    served.requests.clear()
    return served


@pytest.mark.parametrize("model, body, text, reason", [
    (LLAMA, {"prompt": LLAMA_PROMPT}, ["generation"], ["stop_reason"]),
    (MISTRAL, {"prompt": "<s>[INST] Hi [/INST]"}, ["outputs", 0, "text"],
     ["outputs", 0, "stop_reason"]),
    (COMMAND, {"prompt": "Hi"}, ["generations", 0, "text"], ["generations", 0, "finish_reason"]),
    (JURASSIC, {"prompt": "Hi"}, ["completions", 0, "data", "text"],
     ["completions", 0, "finishReason", "reason"]),
    (R1, {"prompt": "<｜User｜>Hi<｜Assistant｜><think>\n"}, ["choices", 0, "text"],
     ["choices", 0, "stop_reason"]),
    (PALMYRA, {"prompt": "[INST] Hi [/INST]"}, ["choices", 0, "text"],
     ["choices", 0, "finish_reason"]),
    (PALMYRA, {"messages": HI}, ["choices", 0, "message", "content"],
     ["choices", 0, "finish_reason"]),
    (JAMBA, {"messages": HI}, ["choices", 0, "message", "content"],
     ["choices", 0, "finish_reason"]),
    (MISTRAL_CHAT, {"messages": HI}, ["choices", 0, "message", "content"],
     ["choices", 0, "stop_reason"]),
    (COMMAND_R, {"message": "Hi"}, ["text"], ["finish_reason"]),
])
def test_a_question_is_answered_and_counted(runtime, upstream, model, body, text, reason):
    def at(answer: dict, path: list) -> object:
        for step in path:
            answer = answer[step]
        return answer

    answer, headers = invoke(runtime, model, body)
    assert at(answer, text) == "Grüezi"
    assert at(answer, reason) in ("length", "MAX_TOKENS")
    assert upstream.requests[0]["messages"] == HI
    count = runtime.count_tokens(modelId=model, input={"invokeModel": {"body": json.dumps(body)}})
    assert count["inputTokens"] == int(headers["x-amzn-bedrock-input-token-count"]) > 0
    if model == JURASSIC:
        failure = failure_of(runtime.invoke_model_with_response_stream, modelId=model,
                             body=json.dumps(body))
        return assert_validation(failure, "not supported for streaming")
    chunks = stream(runtime, model, body)
    assert [METRICS in chunk for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert "length" in json.dumps(chunks[-1]) or "MAX_TOKENS" in json.dumps(chunks[-1])
    assert chunks[-1][METRICS]["inputTokenCount"] == count["inputTokens"]


def test_llama_says_its_counts(runtime, upstream):
    answer, headers = invoke(runtime, LLAMA, {"prompt": LLAMA_PROMPT, "max_gen_len": 9})
    assert answer["prompt_token_count"] == int(headers["x-amzn-bedrock-input-token-count"])
    assert answer["generation_token_count"] == int(headers["x-amzn-bedrock-output-token-count"])
    assert upstream.requests[0]["max_tokens"] == 9
    chunks = stream(runtime, LLAMA, {"prompt": LLAMA_PROMPT})
    assert "".join(chunk["generation"] for chunk in chunks) == "Grüezi"
    assert chunks[-1]["prompt_token_count"] == answer["prompt_token_count"]


@pytest.mark.parametrize("model", [JAMBA, PALMYRA, MISTRAL_CHAT])
def test_a_tool_is_called_and_tells(runtime, upstream, model):
    question = {"messages": HI, "tools": TOOLS}
    answer, _ = invoke(runtime, model, question)
    choice = answer["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    message = choice["message"]
    assert message["content"] == "Let me see." and message["reasoning_content"] == "A town."
    call = message["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {"town": "Zürich"}
    told, _ = invoke(runtime, model, question | {"messages": HI + [
        message, {"role": "tool", "tool_call_id": call["id"], "content": "12 °C"}]})
    assert told["choices"][0]["message"]["content"] == "I was told: 12 °C"
    turns = upstream.requests[1]["messages"]
    assert turns[1]["tool_calls"][0]["id"] == turns[2]["tool_call_id"] == call["id"]
    assert turns[1]["reasoning_content"] == "A town."

    chunks = stream(runtime, model, question)
    pieces = [chunk["choices"][0].get("delta", chunk["choices"][0].get("message"))
              for chunk in chunks]
    assert "".join(piece.get("content", "") for piece in pieces) == "Let me see."
    assert "".join(piece.get("reasoning_content", "") for piece in pieces) == "A town."
    functions = [call["function"] for piece in pieces for call in piece.get("tool_calls", [])]
    assert functions[0]["name"] == "get_weather"
    assert json.loads("".join(function["arguments"] for function in functions)) == {
        "town": "Zürich"}
    assert chunks[-1]["usage"]["prompt_tokens"] == chunks[-1][METRICS]["inputTokenCount"]


def test_command_r_calls_a_tool_and_is_told(runtime, upstream):
    tools = [{"name": "get_weather", "description": "Of a town.", "parameter_definitions": {
        "town": {"description": "Which.", "type": "str", "required": True}}}]
    question = {"message": "Hi", "preamble": "Be kind.", "tools": tools,
                "documents": [{"title": "Sky", "snippet": "It is blue."}]}
    answer, _ = invoke(runtime, COMMAND_R, question)
    calls = [{"name": "get_weather", "parameters": {"town": "Zürich"}}]
    assert answer["tool_calls"] == calls and answer["text"] == "Let me see."
    assert answer["chat_history"] == [
        {"role": "USER", "message": "Hi"},
        {"role": "CHATBOT", "message": "Let me see.", "tool_calls": calls}]
    assert "citations" not in answer
    asked = upstream.requests[0]
    assert asked["tools"][0]["function"]["parameters"]["properties"]["town"]["type"] == "string"
    assert asked["messages"][0]["content"].startswith("Be kind.")
    assert "It is blue." in asked["messages"][0]["content"]

    results = [{"call": calls[0], "outputs": [{"text": "12 °C"}]}]
    told, _ = invoke(runtime, COMMAND_R, question | {"tool_results": results})
    assert told["text"] == "I was told: 12 °C" and told["finish_reason"] == "COMPLETE"
    turns = upstream.requests[1]["messages"]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "tool"]
    again, _ = invoke(runtime, COMMAND_R, question | {
        "message": "", "chat_history": answer["chat_history"], "tool_results": results})
    assert again["text"] == told["text"]

    events = stream(runtime, COMMAND_R, question)
    kinds = [event["event_type"] for event in events]
    assert kinds[0] == "stream-start" and kinds[-2:] == ["tool-calls-generation", "stream-end"]
    assert set(kinds[1:-2]) == {"text-generation"}
    assert "".join(event["text"] for event in events[1:-2]) == "Let me see."
    assert events[-1]["response"]["tool_calls"] == events[-2]["tool_calls"] == calls


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("model", [LLAMA, LLAMA_4, MISTRAL, R1, PALMYRA, QWEN])
def test_langchains_chats_reach_the_model_as_turns(runtime, upstream, model, streaming):
    chat = ChatBedrock(model=model, client=runtime, streaming=streaming, max_tokens=50)
    answer = chat.invoke([SystemMessage("Be kind."), HumanMessage("Hi"), AIMessage("Yo"),
                          HumanMessage("Bye")])
    assert answer.content == "Grüezi"
    assert upstream.requests[0]["messages"] == [
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yo"}, {"role": "user", "content": "Bye"}]
    assert upstream.requests[0]["max_tokens"] == 50


@pytest.mark.parametrize("model", [COMMAND, JURASSIC])
def test_langchains_completions_are_answered(runtime, upstream, model):
    completion = BedrockLLM(model=model, client=runtime)
    assert completion.invoke("Hi") == "Grüezi"
    if model == COMMAND:
        assert "".join(completion.stream("Hi")) == "Grüezi"


@pytest.mark.parametrize("model, body, parts", [
    (LLAMA, CLAUDES, ["required key [prompt]", "extraneous key [anthropic_version]",
                      "extraneous key [max_tokens]", "extraneous key [messages]"]),
    (LLAMA, {"prompt": "Hi", "max_gen_len": 0}, ["#/max_gen_len", "0"]),
    (MISTRAL, CLAUDES, ["required key [prompt]", "extraneous key [messages]"]),
    (MISTRAL_CHAT, CLAUDES, ["extraneous key [anthropic_version]"]),
    (MISTRAL_CHAT, {"messages": HI, "tool_choice": "any"}, ["required key [tools]"]),
    (COMMAND, {"prompt": "Hi", "return_likelihoods": "ALL"}, ["#/return_likelihoods", "ALL"]),
    (COMMAND, {"prompt": "Hi", "num_generations": 2}, ["#/num_generations", "2"]),
    (COMMAND_R, CLAUDES, ["required key [message]", "extraneous key [messages]"]),
    (COMMAND_R, {"message": "Hi", "search_queries_only": True}, ["#/search_queries_only", "true"]),
    (JAMBA, CLAUDES, ["extraneous key [anthropic_version]"]),
    (JAMBA, {"messages": HI, "n": 2}, ["#/n", "2"]),
    (JURASSIC, {"prompt": "Hi", "topKReturn": 21}, ["#/topKReturn", "21"]),
    (R1, CLAUDES, ["required key [prompt]", "extraneous key [messages]"]),
    (PALMYRA, CLAUDES, ["extraneous key [anthropic_version]"]),
])
def test_bodies_that_are_wrong_are_refused_by_place(runtime, upstream, model, body, parts):
    failure = failure_of(runtime.invoke_model, modelId=model, body=json.dumps(body))
    assert_validation(failure, *parts)
    assert not upstream.requests
