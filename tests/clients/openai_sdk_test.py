"""OpenAI's own client library against /openai/v1, with the embedded models."""

from __future__ import annotations

import base64
import contextlib
import json
import struct

import httpx
import openai
import pytest
from pydantic import BaseModel, Field

from asking import ANSWER, QUESTION, SURE_ANSWER, SURE_QUESTION, SURE_TOKENS
from bedplate_server import CHAT, EMBEDDINGS, wait_until
from metrics import sequences_running
from openai_upstream import OpenAiUpstream

UNBOUND = "anthropic.claude-3-haiku-20240307-v1:0"
USER = [{"role": "user", "content": QUESTION}]
PLAIN = {"max_tokens": 24, "temperature": 0}
STORY = "Write a long story about a lighthouse keeper and the sea."
PARAMETERS = {"type": "object", "properties": {"town": {"type": "string", "maxLength": 20}},
              "required": ["town"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "get_weather",
                                         "description": "The weather of a town.",
                                         "parameters": PARAMETERS}}
FORCED = {"type": "function", "function": {"name": "get_weather"}}


class Planet(BaseModel):
    """With bounds: so small a model may otherwise go on until its tokens end."""
    name: str = Field(max_length=12)
    moons: int = Field(ge=0, le=999)


@pytest.fixture(scope="module")
def client(server):
    return new_client(server)


def new_client(server, **options):
    options = {"api_key": server.bearer_key, "max_retries": 0, "timeout": 600} | options
    return openai.OpenAI(base_url=f"{server.endpoint}/openai/v1", **options)


def text_of(chunks) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_a_chat_is_answered_and_counted(client, runtime):
    answer = client.chat.completions.create(model=CHAT, messages=USER, **PLAIN)
    assert ANSWER in answer.choices[0].message.content
    assert answer.model == CHAT
    assert answer.usage.total_tokens == (answer.usage.prompt_tokens
                                         + answer.usage.completion_tokens)
    converse = runtime.converse(modelId=CHAT, inferenceConfig={"maxTokens": 24, "temperature": 0},
                                messages=[{"role": "user", "content": [{"text": QUESTION}]}])
    assert answer.usage.prompt_tokens == converse["usage"]["inputTokens"]
    assert answer._request_id


def test_a_stream_has_the_same_text_and_counts_when_asked(client):
    ask = {"model": CHAT, "messages": [{"role": "user", "content": SURE_QUESTION}],
           "max_tokens": SURE_TOKENS, "temperature": 0}
    whole = client.chat.completions.create(**ask)
    ask["stream"] = True
    chunks = list(client.chat.completions.create(**ask))
    assert text_of(chunks) == whole.choices[0].message.content == SURE_ANSWER
    assert all(chunk.usage is None and chunk.choices and chunk.model == CHAT for chunk in chunks)
    assert sum(bool(text_of([chunk])) for chunk in chunks) > 1
    chunks = list(client.chat.completions.create(**ask, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.prompt_tokens == whole.usage.prompt_tokens
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens == SURE_TOKENS


@pytest.mark.parametrize("name", [
    f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}", f"us.{CHAT}"])
def test_every_name_of_a_model_is_taken(client, name):
    answer = client.chat.completions.create(model=name, messages=USER, max_tokens=1)
    assert answer.model == name


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_that_is_chosen_is_called(client, stream):
    ask = {"model": CHAT, "messages": [{"role": "user", "content": "Weather in Bern?"}],
           "tools": [TOOL], "tool_choice": FORCED, "parallel_tool_calls": False,
           "max_tokens": 60, "temperature": 0}
    if stream:
        with client.chat.completions.stream(**ask) as events:
            choice = events.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(**ask).choices[0]
    assert choice.finish_reason == "tool_calls"
    call = choice.message.tool_calls[0]
    assert call.function.name == "get_weather"
    assert isinstance(json.loads(call.function.arguments)["town"], str)
    told = client.chat.completions.create(
        model=CHAT, max_tokens=4, tools=[TOOL], tool_choice="none",
        messages=[*ask["messages"], choice.message.model_dump(exclude_none=True),
                  {"role": "tool", "tool_call_id": call.id, "content": "sunny"}])
    assert told.choices[0].message.content


def test_structured_output_keeps_to_the_schema(client):
    answer = client.chat.completions.parse(
        model=CHAT, messages=[{"role": "user", "content": "Tell me about Mars."}],
        response_format=Planet, max_tokens=100, temperature=0)
    assert isinstance(answer.choices[0].message.parsed, Planet)


def test_completions_go_on_with_the_prompt_as_it_is(client):
    ask = {"model": CHAT, "prompt": "1, 2, 3, 4, 5, 6,", "max_tokens": 6, "temperature": 0}
    whole = client.completions.create(**ask)
    assert whole.choices[0].text.startswith(" 7")
    assert whole.object == "text_completion"
    # SmolLM2's vocabulary: each digit, comma and space is a token, and none is added.
    assert whole.usage.prompt_tokens == 17
    pieces = list(client.completions.create(**ask, stream=True))
    assert "".join(piece.choices[0].text for piece in pieces) == whole.choices[0].text
    stopped = client.completions.create(**ask | {"prompt": ["1, 2, 3, 4, 5, 6,"]}, stop=[","])
    assert stopped.choices[0].text == " 7"
    tokens = client.completions.create(**ask | {"prompt": [33, 28, 216]})
    assert tokens.usage.prompt_tokens == 3


def test_embeddings_as_numbers_and_as_base64(client, runtime):
    texts = ["a lighthouse", "the sea"]
    floats = client.embeddings.create(model=EMBEDDINGS, input=texts, encoding_format="float")
    assert [item.index for item in floats.data] == [0, 1]
    native = json.loads(runtime.invoke_model(
        modelId=EMBEDDINGS, body=json.dumps({"inputText": texts[1]}))["body"].read())
    assert floats.data[1].embedding == pytest.approx(native["embedding"], abs=1e-5)
    assert floats.usage.prompt_tokens == floats.usage.total_tokens > 0
    # The library asks for base64 unless told otherwise, and decodes it.
    assert client.embeddings.create(model=EMBEDDINGS, input=texts[0]).data[0].embedding == \
        pytest.approx(floats.data[0].embedding, abs=1e-6)
    raw = client.embeddings.with_raw_response.create(model=EMBEDDINGS, input=texts[0],
                                                     encoding_format="base64", dimensions=384)
    coded = json.loads(raw.text)["data"][0]["embedding"]
    assert len(struct.unpack("<384f", base64.b64decode(coded))) == 384
    with pytest.raises(openai.BadRequestError, match="dimensions: 100") as caught:
        client.embeddings.create(model=EMBEDDINGS, input="a", dimensions=100)
    assert caught.value.param == "dimensions"
    with pytest.raises(openai.BadRequestError, match="/input/0"):
        client.embeddings.create(model=EMBEDDINGS, input=[[1, 2]])


def test_models_are_those_that_can_be_asked(client):
    listed = {model.id: model for model in client.models.list()}
    assert {CHAT, EMBEDDINGS} <= set(listed)
    assert UNBOUND not in listed
    assert client.models.retrieve(CHAT).owned_by == listed[CHAT].owned_by == "HuggingFaceTB"
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"
    assert client.models.retrieve(arn).id == arn


def test_a_response_and_its_stream(client):
    ask = {"model": CHAT, "input": SURE_QUESTION, "max_output_tokens": SURE_TOKENS,
           "temperature": 0, "store": False}
    whole = client.responses.create(**ask)
    assert whole.status == "incomplete"  # so many tokens are all it may have
    assert whole.usage.output_tokens_details.reasoning_tokens == 0
    with client.responses.stream(**ask) as events:
        seen = list(events)
    final = seen[-1].response  # the library's own is for answers that were not cut
    assert final.output_text == whole.output_text == SURE_ANSWER
    assert final.output_text == "".join(event.delta for event in seen
                                        if event.type == "response.output_text.delta")
    assert final.usage.input_tokens == whole.usage.input_tokens
    kinds = [event.type for event in seen]
    assert kinds[:4] == ["response.created", "response.in_progress",
                         "response.output_item.added", "response.content_part.added"]
    assert kinds[-4:] == ["response.output_text.done", "response.content_part.done",
                          "response.output_item.done", "response.incomplete"]
    assert kinds.count("response.output_text.delta") > 1
    assert [event.sequence_number for event in seen] == list(range(len(seen)))


def test_a_response_that_is_cut_off_says_so(client):
    answer = client.responses.create(model=CHAT, input=STORY, max_output_tokens=5, store=False)
    assert answer.status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage.output_tokens == 5


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_calls_the_tool_that_is_chosen(client, stream):
    ask = {"model": CHAT, "input": [{"role": "user", "content": "Weather in Bern?"}],
           "tools": [{"type": "function", "name": "get_weather", "strict": True,
                      "parameters": PARAMETERS}],
           "tool_choice": {"type": "function", "name": "get_weather"},
           "parallel_tool_calls": False, "max_output_tokens": 60, "temperature": 0}
    if stream:
        with client.responses.stream(**ask) as events:
            kinds = [event.type for event in events]
            answer = events.get_final_response()
        assert "response.function_call_arguments.delta" in kinds
        assert "response.function_call_arguments.done" in kinds
    else:
        answer = client.responses.create(**ask)
    call = next(item for item in answer.output if item.type == "function_call")
    assert isinstance(json.loads(call.arguments)["town"], str)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    for more in ({"input": [*ask["input"], call, result]},
                 {"input": [result], "previous_response_id": answer.id}):
        told = client.responses.create(model=CHAT, max_output_tokens=4, **more)
        assert told.output_text


def test_structured_output_of_a_response(client):
    answer = client.responses.parse(model=CHAT, input="Tell me about Mars.", text_format=Planet,
                                    max_output_tokens=100, temperature=0)
    assert isinstance(answer.output_parsed, Planet)


def test_responses_are_kept_gone_on_with_and_deleted(client):
    first = client.responses.create(model=CHAT, input="My name is Ada.", max_output_tokens=8,
                                    temperature=0)
    kept = client.responses.retrieve(first.id)
    assert kept.output_text == first.output_text
    assert kept.store is True
    second = client.responses.create(model=CHAT, input="Who am I?", max_output_tokens=8,
                                     previous_response_id=first.id, temperature=0)
    by_hand = client.responses.create(
        model=CHAT, max_output_tokens=8, temperature=0, store=False,
        input=[{"role": "user", "content": "My name is Ada."}, *first.output,
               {"role": "user", "content": "Who am I?"}])
    assert second.usage.input_tokens == by_hand.usage.input_tokens > first.usage.input_tokens
    assert second.previous_response_id == first.id
    client.responses.delete(first.id)
    for call in (client.responses.retrieve, client.responses.delete):
        with pytest.raises(openai.NotFoundError):
            call(first.id)
    third = client.responses.create(model=CHAT, input="And?", max_output_tokens=2,
                                    previous_response_id=second.id)
    assert third.usage.input_tokens > second.usage.input_tokens
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=CHAT, input="And?", previous_response_id=first.id)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found",
                                                       "previous_response_id")
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(by_hand.id)  # it asked not to be kept


def test_responses_outlive_the_server(new_server):
    server = new_server()
    made = new_client(server).responses.create(model=CHAT, input="Hi", max_output_tokens=4)
    server.kill()
    server.start()
    assert new_client(server).responses.retrieve(made.id).output_text == made.output_text


def test_thoughts_and_calls_of_a_model_at_a_url(server, client):
    def model(request: dict) -> dict:
        if request["messages"][-1]["role"] == "tool":
            return {"content": "It is " + request["messages"][-1]["content"]}
        return {"reasoning_content": "A town.", "content": "Let me see.",
                "tool_calls": [{"id": "call_1", "name": "get_weather",
                                "arguments": '{"town":"Zürich"}'}]}

    upstream = OpenAiUpstream(model)
    server.run("models", "add", "test.facade-v1", "--url", upstream.url)
    try:
        ask = {"model": "test.facade-v1", "input": "Weather?",
               "tools": [{"type": "function", "name": "get_weather", "parameters": PARAMETERS}]}
        answer = client.responses.create(**ask)
        with client.responses.stream(**ask) as events:
            streamed = events.get_final_response()
        for response in (answer, streamed):
            assert [item.type for item in response.output] == ["reasoning", "message",
                                                               "function_call"]
            assert response.output[0].content[0].text == "A town."
            assert response.output[2].call_id == "call_1"
        told = client.responses.create(
            model="test.facade-v1", previous_response_id=streamed.id,
            input=[{"type": "function_call_output", "call_id": "call_1", "output": "sunny"}])
        assert told.output_text == "It is sunny"
        turns = upstream.requests[-1]["messages"]
        assert [turn["role"] for turn in turns] == ["user", "assistant", "tool"]
        assert turns[1]["reasoning_content"] == "A town."
        assert turns[1]["content"] == "Let me see."
        assert turns[1]["tool_calls"][0]["id"] == turns[2]["tool_call_id"] == "call_1"
        chunks = list(client.chat.completions.create(model="test.facade-v1", messages=USER,
                                                     stream=True))
        assert text_of(chunks) == "Let me see."
    finally:
        server.run("models", "remove", "test.facade-v1")
        upstream.close()


@contextlib.contextmanager
def bound_to(server, model):
    """The name of a model whose server answers as `model`."""
    upstream = OpenAiUpstream(model)
    server.run("models", "add", "test.facade-v2", "--url", upstream.url)
    try:
        yield "test.facade-v2"
    finally:
        server.run("models", "remove", "test.facade-v2")
        upstream.close()


@pytest.mark.parametrize("counted", [7, None])
def test_tokens_of_thoughts_are_those_that_were_counted(server, client, counted):
    said = {"reasoning_content": "One two three four five six.", "content": "So it is."}
    if counted is not None:
        said["reasoning_tokens"] = counted
    with bound_to(server, lambda _: said) as model:
        whole = client.responses.create(model=model, input="Why?")
        with client.responses.stream(model=model, input="Why?") as events:
            streamed = events.get_final_response()
        chat = client.chat.completions.create(model=model, messages=USER)
    for response in (whole, streamed):
        assert response.output[0].type == "reasoning"
        assert response.usage.output_tokens_details.reasoning_tokens == (counted or 0)
    details = chat.usage.completion_tokens_details
    assert (details and details.reasoning_tokens) == counted


@pytest.mark.parametrize("tool", [{}, {"parameters": None}])
def test_a_call_without_arguments(server, client, tool):
    calls = [{"id": "call_1", "name": "now", "arguments": ""}]
    ask = {"input": "What time is it?", "tools": [{"type": "function", "name": "now", **tool}]}
    with bound_to(server, lambda _: {"tool_calls": calls}) as model:
        whole = client.responses.create(model=model, **ask)
        events = list(client.responses.create(model=model, stream=True, **ask))
    assert json.loads(whole.output[0].arguments) == {}
    by_type = {event.type: event for event in events}
    assert by_type["response.function_call_arguments.delta"].delta == "{}"
    assert by_type["response.function_call_arguments.done"].arguments == "{}"
    assert by_type["response.output_item.done"].item.arguments == "{}"
    assert by_type["response.completed"].response.output[0].arguments == "{}"


def test_a_stream_that_fails_ends_with_an_error_of_its_kind(server, client):
    with bound_to(server, lambda _: {"content": "So it", "failure": "out of memory"}) as model:
        events = list(client.responses.create(model=model, input="Why?", stream=True))
        with pytest.raises(openai.APIError, match="out of memory"):
            list(client.chat.completions.create(model=model, messages=USER, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-2].type == "response.output_text.delta"
    failed = events[-1]
    assert (failed.type, failed.code, failed.param) == ("error", "server_error", None)
    assert "out of memory" in failed.message

    def logged():
        entries = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        return [entry for entry in entries if entry.get("operation") == "CreateResponse"
                and entry.get("error_type") == "ModelStreamErrorException"]

    wait_until("the access line", logged)


def test_a_client_that_leaves_frees_its_place(server, client):
    stream = client.chat.completions.create(
        model=CHAT, messages=[{"role": "user", "content": STORY}], stream=True, max_tokens=2000,
        extra_body={"ignore_eos": True})
    next(iter(stream))
    assert sequences_running(server) >= 1
    stream.close()
    wait_until("the engine is idle", lambda: sequences_running(server) == 0)


def test_wrong_keys(server):
    with pytest.raises(openai.AuthenticationError) as caught:
        new_client(server, api_key="ABSKwrong").models.list()
    assert caught.value.status_code == 401
    assert caught.value.code == "invalid_api_key"
    answer = httpx.get(f"{server.endpoint}/openai/v1/models")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "Missing Authentication Token"


def test_models_that_are_not_there_or_not_bound(client):
    for ask in (lambda name: client.chat.completions.create(model=name, messages=USER),
                lambda name: client.completions.create(model=name, prompt="a"),
                lambda name: client.responses.create(model=name, input="a"),
                lambda name: client.embeddings.create(model=name, input="a"),
                client.models.retrieve):
        with pytest.raises(openai.NotFoundError, match="no.such-model") as caught:
            ask("no.such-model")
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.PermissionDeniedError):
            ask(UNBOUND)


def test_paths_that_are_not_there(client):
    for path in ("/files", "/chat", "/responses/a/input_items"):
        with pytest.raises(openai.NotFoundError) as caught:
            client.get(path, cast_to=object)
        assert caught.value.type == "invalid_request_error"


CHAT_PATH, TEXT_PATH = "/chat/completions", "/completions"
RESPONSES, EMBEDDING = "/responses", "/embeddings"


@pytest.mark.parametrize("path, body, param", [
    (CHAT_PATH, {"messages": USER}, "model"),
    (CHAT_PATH, {"model": 5, "messages": USER}, "model"),
    (CHAT_PATH, {"model": CHAT}, "messages"),
    (CHAT_PATH, {"model": CHAT, "messages": []}, "messages"),
    (CHAT_PATH, {"model": CHAT, "messages": "hi"}, "messages"),
    (CHAT_PATH, {"model": CHAT, "messages": USER, "stream": "yes"}, "stream"),
    (CHAT_PATH, {"model": CHAT, "messages": [{"role": "pope", "content": ""}]},
     "messages[0].role"),
    (CHAT_PATH, {"model": CHAT, "messages": USER, "temperature": 3}, "temperature"),
    (CHAT_PATH, {"model": CHAT, "messages": USER, "n": 2}, "n"),
    (CHAT_PATH, {"model": CHAT, "messages": USER, "stream_options": {}}, "stream_options"),
    # Anthropic's body.
    (CHAT_PATH, {"model": CHAT, "messages": USER, "max_tokens": 5, "system": "a"}, "system"),
    (TEXT_PATH, {"model": CHAT, "prompt": ["a", "b"]}, "prompt[0]"),
    (TEXT_PATH, {"model": CHAT, "prompt": "a", "echo": True}, "echo"),
    (TEXT_PATH, {"model": CHAT, "prompt": "a", "logprobs": 6}, "logprobs"),
    (CHAT_PATH, {"model": CHAT, "messages": USER, "top_logprobs": 2}, "top_logprobs"),
    (TEXT_PATH, {"model": CHAT, "messages": USER}, "prompt"),
    (RESPONSES, {"model": CHAT}, "input"),
    (RESPONSES, {"model": CHAT, "input": []}, "input"),
    (RESPONSES, {"model": CHAT, "input": [{"type": "web"}]}, "input[0].type"),
    (RESPONSES, {"model": CHAT, "input": "a", "background": True}, "background"),
    (RESPONSES, {"model": CHAT, "input": "a", "tools": [{"type": "web_search"}]},
     "tools[0].type"),
    (RESPONSES, {"model": CHAT, "input": "a", "tool_choice": "required"}, "tools"),
    (EMBEDDING, {"model": EMBEDDINGS, "input": ""}, "input"),
    (EMBEDDING, {"model": EMBEDDINGS, "input": "a", "encoding_format": "int8"},
     "encoding_format"),
])
def test_bad_bodies_are_refused_by_name(client, path, body, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(path, body=body, cast_to=object)
    assert caught.value.param == param, caught.value.message
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize("path", [CHAT_PATH, TEXT_PATH, RESPONSES, EMBEDDING])
@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"model":"a"', b"\xff"])
def test_no_json(server, path, body):
    answer = httpx.post(f"{server.endpoint}/openai/v1{path}", content=body,
                        headers={"authorization": f"Bearer {server.bearer_key}"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_an_over_long_prompt_is_refused(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=CHAT, messages=[{"role": "user", "content": "word " * 30_000}], stream=True)
    assert caught.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=CHAT, input="word " * 30_000)
    assert caught.value.code == "context_length_exceeded"


def test_the_log_names_operation_and_model(server, client):
    client.chat.completions.create(model=CHAT, messages=USER, max_tokens=1, user="log-test")

    def lines():
        entries = [json.loads(line) for line in server.log().splitlines()
                   if line.startswith("{")]
        return [entry for entry in entries if entry.get("operation") == "CreateChatCompletion"
                and entry.get("model_id") == CHAT and entry.get("status") == 200]

    wait_until("the access line", lines)
    page = httpx.get(f"{server.endpoint}/metrics").text
    assert 'operation="CreateChatCompletion"' in page
