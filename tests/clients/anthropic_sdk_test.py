"""Anthropic's own client library against /anthropic/v1, and its Bedrock client against InvokeModel,
with the embedded model."""

from __future__ import annotations

import json

import anthropic
import httpx
import pytest

import chat_tokens
from asking import ANSWER, QUESTION, SURE_ANSWER, SURE_QUESTION, SURE_TOKENS
from bedplate_server import CHAT, BedplateServer, wait_until
from chat_weights import chat_weights
from metrics import sequences_running
from openai_upstream import OpenAiUpstream

CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
UNBOUND = "meta.llama3-8b-instruct-v1:0"
USER = [{"role": "user", "content": QUESTION}]
# Sampling is a member of the API's older version alone.
OLDER = "2023-06-01"
PLAIN = {"max_tokens": 24, "extra_body": {"temperature": 0}}
STORY = "Write a long story about a lighthouse keeper and the sea."
TOOL = {"name": "get_weather", "description": "The weather of a town.",
        "input_schema": {"type": "object",
                         "properties": {"town": {"type": "string", "maxLength": 20}},
                         "required": ["town"]}}


@pytest.fixture(scope="module")
def claude_server(tmp_path_factory):
    """Claude's ids answer here, as Anthropic's Bedrock client insists on the bodies of Claude."""
    running = BedplateServer(tmp_path_factory.mktemp("claude")).start()
    running.run("models", "bind", "anthropic.*", "--model", CHAT)
    yield running
    running.stop()


def new_client(server, **options):
    options = {"api_key": server.bearer_key, "max_retries": 0, "timeout": 600} | options
    return anthropic.Anthropic(base_url=f"{server.endpoint}/anthropic", **options)


@pytest.fixture(scope="module")
def client(server):
    return new_client(server)


@pytest.fixture(scope="module")
def older_client(server):
    return new_client(server, default_headers={"anthropic-version": OLDER})


@pytest.fixture(scope="module")
def bedrock_client(claude_server):
    return anthropic.AnthropicBedrock(
        aws_access_key=claude_server.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_key=claude_server.environment["AWS_SECRET_ACCESS_KEY"],
        aws_region=claude_server.environment["AWS_REGION"],
        base_url=claude_server.endpoint, max_retries=0, timeout=600)


def test_a_message_is_answered_and_counted(client, older_client):
    answer = older_client.messages.create(model=CHAT, messages=USER, **PLAIN)
    assert ANSWER in answer.content[0].text
    assert (answer.type, answer.role, answer.model) == ("message", "assistant", CHAT)
    assert answer.stop_reason in ("end_turn", "max_tokens")
    assert answer._request_id
    newer = client.messages.create(model=CHAT, messages=USER, max_tokens=2)
    counted = client.messages.count_tokens(model=CHAT, messages=USER)
    assert counted.input_tokens == answer.usage.input_tokens == newer.usage.input_tokens


def test_sampling_is_of_the_older_version(client):
    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        client.messages.create(model=CHAT, messages=USER, **PLAIN)


def test_counts_include_system_and_tools(client):
    ask = {"model": CHAT, "messages": USER, "system": "Be short.", "tools": [TOOL]}
    answer = client.messages.create(**ask, max_tokens=1)
    assert client.messages.count_tokens(**ask).input_tokens == answer.usage.input_tokens


def test_a_stream_has_the_same_text_and_true_counts_from_its_start(older_client):
    whole = older_client.messages.create(model=CHAT, messages=USER, **PLAIN)
    with older_client.messages.stream(model=CHAT, messages=USER, **PLAIN) as events:
        seen = list(events)
        final = events.get_final_message()
    # Their ends may differ: the cache's rounding noise tells.
    assert final.content[0].text[:10] == whole.content[0].text[:10]
    assert seen[0].type == "message_start"
    assert seen[0].message.usage.input_tokens == whole.usage.input_tokens > 0
    assert final.usage.input_tokens == whole.usage.input_tokens
    assert 0 < final.usage.output_tokens <= PLAIN["max_tokens"]
    assert final.stop_reason in ("end_turn", "max_tokens")
    assert sum(event.type == "text" for event in seen) >= 6  # token by token


def test_the_events_on_the_wire(server):
    answer = httpx.post(
        f"{server.endpoint}/anthropic/v1/messages", timeout=600,
        headers={"x-api-key": server.bearer_key, "anthropic-version": OLDER},
        json={"model": CHAT, "messages": USER, "stream": True, "max_tokens": 2})
    assert answer.headers["content-type"] == "text/event-stream"
    events = [dict(line.split(": ", 1) for line in event.split("\n"))
              for event in answer.text.strip().split("\n\n")]
    assert [event["event"] for event in events] == [json.loads(event["data"])["type"]
                                                    for event in events]
    kinds = [event["event"] for event in events if event["event"] != "content_block_delta"]
    assert kinds == ["message_start", "content_block_start", "content_block_stop",
                     "message_delta", "message_stop"]
    assert json.loads(events[-1]["data"]) == {"type": "message_stop"}


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_that_is_chosen_is_called(client, stream):
    ask = {"model": CHAT, "messages": [{"role": "user", "content": "Weather in Bern?"}],
           "tools": [TOOL], "max_tokens": 200,
           "tool_choice": {"type": "tool", "name": "get_weather",
                           "disable_parallel_tool_use": True}}
    if stream:
        with client.messages.stream(**ask) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**ask)
    assert answer.stop_reason == "tool_use"
    call = next(block for block in answer.content if block.type == "tool_use")
    assert isinstance(call.input["town"], str)
    told = client.messages.create(
        model=CHAT, max_tokens=4, tools=[TOOL],
        messages=[*ask["messages"], {"role": "assistant", "content": answer.content},
                  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id,
                                                "content": "sunny"}]}])
    assert told.content


def test_answers_go_back_as_the_library_dumps_them(client):
    """With every member that a block of the library has: null where nothing is set."""
    ask = {"model": CHAT, "tools": [TOOL], "max_tokens": 200,
           "tool_choice": {"type": "tool", "name": "get_weather",
                           "disable_parallel_tool_use": True}}
    question = {"role": "user", "content": [
        {"type": "document", "title": None, "context": None, "citations": None,
         "source": {"type": "text", "media_type": "text/plain", "data": "Bern is a town."}},
        {"type": "text", "text": "Weather in Bern?"}]}
    asked = client.messages.create(**ask, messages=[question], metadata={"user_id": None},
                                   output_config={"effort": None})
    with client.messages.stream(**ask, messages=[question]) as events:
        streamed = events.get_final_message()
    for answer in (asked, streamed):
        blocks = [block.model_dump() for block in answer.content]
        call = next(block for block in blocks if block["type"] == "tool_use")
        assert call["caller"] is None
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "sunny"}
        for caller in (None, {"type": "direct"}):
            call["caller"] = caller
            told = client.messages.create(
                model=CHAT, tools=[TOOL], max_tokens=4,
                messages=[question, {"role": "assistant", "content": blocks},
                          {"role": "user", "content": [result]}])
            assert told.content


CALLS = [*USER, {"role": "assistant", "content": [
    {"type": "tool_use", "id": "a", "name": "get_weather", "input": {}}]}]


@pytest.mark.parametrize("messages, message", [
    ([*CALLS, *USER],
     "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a. "
     "Each `tool_use` block must have a corresponding `tool_result` block in the next message."),
    ([{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "b", "content": "sunny"}]}],
     "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: b. Each "
     "`tool_result` block must have a corresponding `tool_use` block in the previous message."),
])
def test_calls_and_results_go_together(client, messages, message):
    ask = {"model": CHAT, "tools": [TOOL], "messages": messages}
    for call in (lambda: client.messages.create(**ask, max_tokens=5),
                 lambda: client.messages.count_tokens(**ask)):
        with pytest.raises(anthropic.BadRequestError) as caught:
            call()
        assert caught.value.body["error"] == {"type": "invalid_request_error", "message": message}


# As of models that think: asked not to, it writes an empty thought.
THINKER = """{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}
{{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}
{%- endif %}"""


def test_thinking_is_switched_by_the_models_template(new_server, tmp_path):
    server = new_server()
    model = "my.thinker-v1:0"
    server.run("models", "add", model, str(chat_weights(tmp_path, THINKER)))
    wait_until("the added model is served", lambda: model in server.run("models", "list"))
    client = new_client(server)

    def counted(**members: object) -> int:
        ask = {"model": model, "messages": USER, **members}
        answer = client.messages.create(**ask, max_tokens=1_100,
                                        stop_sequences=[" ", "e", "a", "."])
        counts = {client.messages.count_tokens(**ask).input_tokens, answer.usage.input_tokens}
        (count,) = counts
        return count

    plain = counted()
    for thinking in ({"type": "adaptive"}, {"type": "adaptive", "display": "omitted"},
                     {"type": "enabled", "budget_tokens": 1_024, "display": "summarized"}):
        assert counted(thinking=thinking) == plain
    off = counted(thinking={"type": "disabled"})
    assert off == plain + chat_tokens.tokens("<think>\n\n</think>\n\n")


def test_structured_output_keeps_to_the_schema(client):
    schema = {"type": "object", "properties": {"moons": {"type": "integer"}},
              "required": ["moons"], "additionalProperties": False}
    answer = client.messages.create(
        model=CHAT, messages=USER, max_tokens=100,
        output_config={"format": {"type": "json_schema", "schema": schema}})
    assert isinstance(json.loads(answer.content[0].text)["moons"], int)


def test_stop_sequences_are_named(older_client):
    answer = older_client.messages.create(
        model=CHAT, **PLAIN | {"max_tokens": 40}, stop_sequences=[" 12"],
        messages=[{"role": "user", "content": "Count."},
                  {"role": "assistant", "content": "1, 2, 3, 4, 5, 6, 7, 8,"}])
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", " 12")


def test_thoughts_and_calls_of_a_model_at_a_url(server, client):
    upstream = OpenAiUpstream(lambda request: {
        "reasoning_content": "A town.", "content": "Let me see.",
        "tool_calls": [{"id": "call_1", "name": "get_weather", "arguments": '{"town":"Bern"}'}]})
    server.run("models", "add", "test.claude-facade-v1", "--url", upstream.url)
    try:
        ask = {"model": "test.claude-facade-v1", "messages": USER, "tools": [TOOL],
               "max_tokens": 50}
        with client.messages.stream(**ask) as events:
            streamed = events.get_final_message()
        for answer in (client.messages.create(**ask), streamed):
            assert [block.type for block in answer.content] == ["thinking", "text", "tool_use"]
            assert answer.content[2].input == {"town": "Bern"}
        omitted = {"thinking": {"type": "adaptive", "display": "omitted"}}
        with client.messages.stream(**ask, **omitted) as events:
            streamed = events.get_final_message()
        for answer in (client.messages.create(**ask, **omitted), streamed):
            assert [block.type for block in answer.content] == ["thinking", "text", "tool_use"]
            assert answer.content[0].thinking == ""
        assert upstream.requests[-1]["thinking"] == omitted["thinking"]
        # A server of OpenAI's protocol has no word against thinking.
        client.messages.create(**ask, thinking={"type": "disabled"})
        assert "thinking" not in upstream.requests[-1]
        # prompt_usage is the engine's own member: no other server is asked for it.
        asked = next(body for body in upstream.requests if body.get("stream"))
        assert asked["stream_options"] == {"include_usage": True}
    finally:
        server.run("models", "remove", "test.claude-facade-v1")
        upstream.close()


def test_a_client_that_leaves_frees_its_place(server, client):
    stream = client.messages.create(model=CHAT, messages=[{"role": "user", "content": STORY}],
                                    max_tokens=1500, stream=True)
    next(iter(stream))
    stream.close()
    wait_until("the engine is idle", lambda: sequences_running(server) == 0)


def test_keys(server):
    with pytest.raises(anthropic.AuthenticationError) as caught:
        new_client(server, api_key="ABSKwrong").messages.create(model=CHAT, messages=USER,
                                                                max_tokens=1)
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["type"] == "authentication_error"
    bearer = new_client(server, api_key=None, auth_token=server.bearer_key)
    assert bearer.messages.create(model=CHAT, messages=USER, max_tokens=1).content
    # x-api-key is no key of other operations.
    answer = httpx.get(f"{server.endpoint}/openai/v1/models",
                       headers={"x-api-key": server.bearer_key})
    assert answer.status_code == 401


def test_models_and_paths_that_are_not_there(client):
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.messages.create(model="no.such-model", messages=USER, max_tokens=1)
    assert caught.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.PermissionDeniedError):
        client.messages.create(model=UNBOUND, messages=USER, max_tokens=1)
    with pytest.raises(anthropic.NotFoundError):
        client.get("/v1/models", cast_to=object)


@pytest.mark.parametrize("body, place", [
    ({"messages": USER, "max_tokens": 5}, "model"),
    ({"model": CHAT, "messages": USER}, "max_tokens"),
    ({"model": CHAT, "messages": USER, "max_tokens": "5"}, "#/max_tokens"),
    ({"model": CHAT, "max_tokens": 5}, "messages"),
    ({"model": CHAT, "messages": [], "max_tokens": 5}, "#/messages"),
    ({"model": CHAT, "messages": USER, "max_tokens": 5, "stream": 1}, "#/stream"),
    ({"model": CHAT, "messages": USER, "max_tokens": 5, "temperature": 1.5}, "#/temperature"),
    # OpenAI's body.
    ({"model": CHAT, "messages": [{"role": "system", "content": "a"}], "max_tokens": 5},
     "#/messages/0/role"),
    ({"model": CHAT, "messages": USER, "max_tokens": 5, "response_format": {}},
     "response_format"),
    ({"model": CHAT, "max_tokens": 5,
      "messages": [{"role": "user", "content": "word " * 30_000}]}, "too long"),
])
def test_bad_bodies_are_refused_by_name(older_client, body, place):
    with pytest.raises(anthropic.BadRequestError) as caught:
        older_client.post("/v1/messages", body=body, cast_to=object)
    assert place in caught.value.body["error"]["message"]
    assert caught.value.body["error"]["type"] == "invalid_request_error"


def test_no_json_and_unknown_versions(server):
    def post(content: bytes, version: str = OLDER):
        return httpx.post(f"{server.endpoint}/anthropic/v1/messages", content=content,
                          headers={"x-api-key": server.bearer_key, "anthropic-version": version})

    for content in (b"", b"no JSON", b"[]", b'{"model":"a"'):
        answer = post(content)
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.json()["request_id"] == answer.headers["request-id"]
    assert "2022-01-01" in post(b"{}", "2022-01-01").json()["error"]["message"]


def test_the_bedrock_client_through_invoke_model(bedrock_client):
    ask = {"model": CLAUDE, "messages": [{"role": "user", "content": SURE_QUESTION}],
           "max_tokens": SURE_TOKENS,
           "extra_body": {"anthropic_version": "bedrock-2023-05-31", "temperature": 0}}
    answer = bedrock_client.messages.create(**ask)
    assert answer.content[0].text == SURE_ANSWER
    assert answer.usage.input_tokens > 0
    with bedrock_client.messages.stream(**ask) as events:
        seen = list(events)
        final = events.get_final_message()
    assert final.content[0].text == answer.content[0].text
    assert seen[0].message.usage.input_tokens == answer.usage.input_tokens
    assert final.usage.output_tokens == answer.usage.output_tokens
    # The version that the library names itself.
    newer = bedrock_client.messages.create(model=CLAUDE, messages=USER, max_tokens=2)
    assert newer.usage.input_tokens == answer.usage.input_tokens


def test_the_bedrock_client_sees_errors(bedrock_client):
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        bedrock_client.messages.create(model=CLAUDE, messages=USER, max_tokens=0)
