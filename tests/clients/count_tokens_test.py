"""CountTokens: what the model's own tokenizer makes of a request, and what the request then costs."""

from __future__ import annotations

import json

import botocore.exceptions
import pytest

import chat_tokens
from asking import assert_validation, assistant, converse, failure_of, user
from bedplate_server import CHAT, EMBEDDINGS, wait_until
from chat_weights import chat_weights

TEXTS = (
    "Hello",
    "It's 12345 o'clock;   don't   panic!\n\n\tIndented\n  x = y[3] # naive",
    "a" * 50 + " " + "zq" * 20,
    'A  b   c\n\n\n d 3.14159 (foo_bar) {"json": [1, 2]}',
)


def count(client, **members) -> int:
    return client.count_tokens(modelId=CHAT, input={"converse": members})["inputTokens"]


@pytest.mark.parametrize("text", TEXTS)
def test_counts_are_those_of_the_models_own_tokenizer(runtime, text):
    assert count(runtime, messages=[user(text)]) == chat_tokens.count([("user", text)])


def test_turns_and_system_are_counted_as_the_template_writes_them(runtime):
    messages = [user("Hi"), assistant("Hello there."), user("How are you?")]
    turns = [(message["role"], message["content"][0]["text"]) for message in messages]
    assert count(runtime, messages=messages, system=[{"text": "Be brief."}]) == chat_tokens.count(
        turns, system="Be brief.")


@pytest.mark.parametrize("members", [
    {"messages": [user(TEXTS[1])]},
    {"messages": [user("Hi"), assistant("Hello."), user("Zürich 東京 🙂?")]},
    {"messages": [user("Hi")], "system": [{"text": "Be brief."}, {"text": "Be kind."}]},
    {"messages": [user("Count to ten."), assistant("One, two,")]},
    {"messages": [{"role": "user", "content": [
        {"text": "What is in it?"},
        {"document": {"format": "md", "name": "notes", "source": {"bytes": b"# One\n\ntwo"}}}]}]},
])
def test_the_count_is_what_the_request_is_charged(runtime, members):
    charged = converse(runtime, **members)["usage"]["inputTokens"]
    assert count(runtime, **members) == charged


@pytest.mark.parametrize("fields", [
    {"top_k": 3, "seed": 1},
    {"user": "team-a", "service_tier": "flex", "prompt_cache_key": "a"},
    {"chat_template_kwargs": {"enable_thinking": False}},
    {"chat_template_kwargs": "none"},
    {"tools": []},
    {"topk": 3},
    {"top_k": -1},
    {"service_tier": "gold"},
], ids=json.dumps)
def test_model_fields_are_counted_or_refused_as_by_the_request(runtime, fields):
    members = {"messages": [user(TEXTS[1])], "additionalModelRequestFields": fields}
    try:
        charged = converse(runtime, **members)["usage"]["inputTokens"]
    except botocore.exceptions.ClientError as refused:
        failure = failure_of(count, runtime, **members)
        assert_validation(failure, refused.response["Error"]["Message"])
    else:
        assert count(runtime, **members) == charged


# As of models that think: asked not to, it writes an empty thought.
THINKING = """{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking is false %}
{{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}
{%- endif %}"""


def test_what_the_template_is_told_is_counted(new_server, tmp_path):
    server = new_server()
    server.run("models", "add", "my.thinker-v1:0", str(chat_weights(tmp_path, THINKING)))
    client = server.client("bedrock-runtime")

    def counted(**fields) -> int:
        members = {"messages": [user("Hello")]}
        if fields:
            members["additionalModelRequestFields"] = {"chat_template_kwargs": fields}
        inputs = {client.count_tokens(modelId="my.thinker-v1:0",
                                      input={"converse": members})["inputTokens"]}
        answer = converse(client, modelId="my.thinker-v1:0", **members)
        inputs.add(answer["usage"]["inputTokens"])
        body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}
        if fields:
            body["chat_template_kwargs"] = fields
        inputs.add(client.count_tokens(modelId="my.thinker-v1:0", input={
            "invokeModel": {"body": json.dumps(body).encode()}})["inputTokens"])
        (count_of_all,) = inputs
        return count_of_all

    wait_until("the added model is served", lambda: "my.thinker" in server.run("models", "list"))
    assert counted() == counted(enable_thinking=True)
    assert counted(enable_thinking=False) == counted() + chat_tokens.tokens("<think>\n\n</think>\n\n")
    failure = failure_of(counted, mood="good")
    assert_validation(failure, "chat_template_kwargs.mood", "good")


def test_the_body_of_invoke_model_is_counted_or_refused_as_the_request(runtime):
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "topk": 3}).encode()
    failure = failure_of(runtime.count_tokens, modelId=CHAT, input={"invokeModel": {"body": body}})
    assert_validation(failure, "topk", "no such field")


def test_the_body_of_invoke_model_is_counted(runtime):
    body = json.dumps({"messages": [{"role": "user", "content": TEXTS[1]}], "max_tokens": 1})
    counted = runtime.count_tokens(
        modelId=CHAT, input={"invokeModel": {"body": body.encode()}})["inputTokens"]
    assert counted == chat_tokens.count([("user", TEXTS[1])])
    answer = json.loads(runtime.invoke_model(modelId=CHAT, body=body)["body"].read())
    assert answer["usage"]["prompt_tokens"] == counted


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_that_says_how_it_is_sent_is_counted(runtime, stream):
    body = json.dumps({"messages": [{"role": "user", "content": TEXTS[1]}], "stream": stream})
    counted = runtime.count_tokens(modelId=CHAT, input={"invokeModel": {"body": body.encode()}})
    assert counted["inputTokens"] == chat_tokens.count([("user", TEXTS[1])])


def test_embedding_text_is_counted(runtime):
    body = json.dumps({"inputText": "The plate that an engine is bolted to"}).encode()
    counted = runtime.count_tokens(modelId=EMBEDDINGS, input={"invokeModel": {"body": body}})
    assert counted["inputTokens"] == 10


def test_what_converse_refuses_is_not_counted(runtime):
    failure = failure_of(count, runtime, messages=[assistant("Hello")])
    assert_validation(failure, "must start with a user message")
    failure = failure_of(count, runtime, messages=[user("Hi"), assistant("a"), assistant("b")])
    assert_validation(failure, "must alternate between user and assistant roles")
