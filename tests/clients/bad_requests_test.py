"""Requests that are wrong: each gets AWS's error type and a message with the member and value."""

from __future__ import annotations

import json

import pytest

from asking import assert_validation, assistant, converse, failure_of, text_of, user
from bedplate_server import CHAT
from raw_http import send, send_signed, sign

PATH = f"/model/{CHAT}/converse"
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture(scope="module")
def unchecked(server):
    """A client that sends what it is given, without looking at it first."""
    return server.client("bedrock-runtime", parameter_validation=False)


def posted(server, body: bytes, status: int) -> dict:
    """The error document of a signed Converse request with this body."""
    answer = send_signed(server, "POST", PATH, body)
    assert answer.status == status, answer
    assert answer.headers["x-amzn-errortype"], answer
    return {"type": answer.headers["x-amzn-errortype"].split(":")[0],
            "message": answer.json().get("message") or answer.json().get("Message")}


@pytest.mark.parametrize("model", ["nobody.nothing-v1:0", "us.nobody.nothing-v1:0",
                                   "arn:aws:bedrock:us-east-1::foundation-model/nobody.nothing"])
def test_unknown_model(runtime, model):
    for call in (converse, lambda client, modelId: client.invoke_model(modelId=modelId, body=b"{}")):
        failure = failure_of(call, runtime, modelId=model)
        assert failure.code in ("ValidationException", "ResourceNotFoundException")
        assert failure.status in (400, 404)
        assert model in failure.message


def test_a_model_of_another_region(runtime):
    arn = f"arn:aws:bedrock:eu-west-1::foundation-model/{CHAT}"
    failure = failure_of(converse, runtime, modelId=arn)
    assert failure.status in (400, 404) and "eu-west-1" in failure.message


def test_no_messages(unchecked):
    assert_validation(failure_of(converse, unchecked, messages=[]), "user message")


def test_a_message_without_content(unchecked):
    failure = failure_of(converse, unchecked, messages=[{"role": "user", "content": []}])
    assert_validation(failure, "messages.0", "content", "empty")


def test_blank_text(unchecked):
    failure = failure_of(converse, unchecked, messages=[user(" \n")])
    assert_validation(failure, "messages.0.content.0", "blank")


@pytest.mark.parametrize("messages, part", [
    ([assistant("Hello")], "must start with a user message"),
    ([user("a"), user("b")], "must alternate between user and assistant roles"),
    ([user("a"), assistant("b"), assistant("c"), user("d")], "must alternate"),
    ([user("a"), assistant("b"), assistant("c")], "must alternate"),
])
def test_roles_out_of_turn(runtime, messages, part):
    assert_validation(failure_of(converse, runtime, messages=messages), part)


def test_a_role_that_does_not_exist(unchecked):
    failure = failure_of(converse, unchecked,
                         messages=[{"role": "robot", "content": [{"text": "x"}]}])
    assert_validation(failure, "robot", "messages", "role", "[user, assistant")


def test_an_over_long_prompt_is_refused_and_not_cut(runtime):
    failure = failure_of(converse, runtime, messages=[user("word " * 9000)])
    assert_validation(failure, "too long")


@pytest.mark.parametrize("config, parts", [
    ({"temperature": 1.5}, ["inferenceConfig.temperature", "1.5", "less than or equal to 1"]),
    ({"topP": -0.5}, ["inferenceConfig.topP", "-0.5", "greater than or equal to 0"]),
    ({"maxTokens": 0}, ["inferenceConfig.maxTokens", "0", "greater than or equal to 1"]),
    ({"maxTokens": 100000}, ["8192"]),
    ({"stopSequences": [""]}, ["inferenceConfig.stopSequences"]),
])
def test_settings_out_of_range(unchecked, config, parts):
    assert_validation(failure_of(converse, unchecked, inferenceConfig=config), *parts)


@pytest.mark.parametrize("fields, parts", [
    ({"topk": 3}, ["topk", "no such field", "3"]),
    ({"top_k": -1}, ["top_k", "-1", "from 0"]),
    ({"top_k": 2.5}, ["top_k", "2.5"]),
    ({"min_p": 1.5}, ["min_p", "1.5", "from 0 to 1"]),
    ({"repeat_penalty": 0}, ["repeat_penalty", "got 0"]),
    ({"response_format": {"type": "yaml"}}, ["response_format", "yaml"]),
    ({"user": 7}, ["user", "expected a string", "7"]),
    ({"service_tier": "gold"}, ["service_tier", "gold", "flex"]),
    ({"store": True}, ["store", "not served", "true"]),
])
def test_model_fields_that_the_model_does_not_take(runtime, fields, parts):
    for call in (converse, lambda client, **members: client.converse_stream(
            modelId=CHAT, messages=[user("Hello")], **members)):
        assert_validation(failure_of(call, runtime, additionalModelRequestFields=fields), *parts)


def test_a_native_body_with_what_the_model_does_not_take(runtime):
    body = json.dumps({"messages": [{"role": "user", "content": "Hello"}], "topk": 3})
    for call in (runtime.invoke_model, runtime.invoke_model_with_response_stream):
        assert_validation(failure_of(call, modelId=CHAT, body=body), "topk", "no such field", "3")


def test_several_faults_are_told_together(unchecked):
    failure = failure_of(converse, unchecked, inferenceConfig={"temperature": 3, "topP": 7})
    assert_validation(failure, "2 validation errors detected", "temperature", "topP")


def test_metadata_over_its_limits(unchecked):
    failure = failure_of(converse, unchecked,
                         requestMetadata={f"key{number}": "x" for number in range(17)})
    assert_validation(failure, "requestMetadata", "16")
    failure = failure_of(converse, unchecked, requestMetadata={"key": "x" * 257})
    assert_validation(failure, "requestMetadata", "256")


def test_an_image_for_a_text_model(runtime):
    image = {"image": {"format": "png", "source": {"bytes": PIXEL}}}
    failure = failure_of(converse, runtime,
                         messages=[{"role": "user", "content": [{"text": "What is it?"}, image]}])
    assert_validation(failure, "image")


def test_a_document_that_cannot_be_read(runtime):
    document = {"document": {"format": "pdf", "name": "a", "source": {"bytes": b"%PDF-1.4"}}}
    failure = failure_of(converse, runtime, messages=[
        {"role": "user", "content": [{"text": "What is it?"}, document]}])
    assert_validation(failure, "pdf")


@pytest.mark.parametrize("body", [b"{", b"", b"nonsense", b'{"messages": [}', b'"text"', b"[1]",
                                  b'{"messages": []} trailing', b"\xff\xfe{}", b'{"a": "\xff"}',
                                  b'{"messages": [], "messages": []}',
                                  b"[" * 100_000])
def test_bad_json(server, body):
    found = posted(server, body, 400)
    assert found["type"] in ("SerializationException", "ValidationException"), found
    assert found["message"]


@pytest.mark.parametrize("body, parts", [
    ({"messages": "Hello"}, ["messages"]),
    ({"messages": [user("x")], "inferenceConfig": {"maxTokens": "many"}}, ["maxTokens"]),
    ({"messages": [user("x")], "inferenceConfig": {"maxTokens": 1.5}}, ["maxTokens"]),
    ({"messages": [user("x")], "inferenceConfig": {"temperature": "hot"}}, ["temperature"]),
    ({"messages": [user("x")], "inferenceConfig": []}, ["inferenceConfig"]),
    ({"messages": [{"role": 5, "content": [{"text": "x"}]}]}, ["role"]),
    ({"messages": [{"role": "user", "content": [{"text": True}]}]}, ["text"]),
    ({"messages": [user("x")], "requestMetadata": {"a": 5}}, ["requestMetadata"]),
])
def test_wrong_types(server, body, parts):
    found = posted(server, json.dumps(body).encode(), 400)
    assert found["type"] in ("SerializationException", "ValidationException"), found
    for part in parts:
        assert part in found["message"], found


def test_unknown_members_are_passed_over(server):
    """As AWS does, so that a newer SDK works with an older server."""
    body = {"messages": [user("Hello")], "inferenceConfig": {"maxTokens": 4, "novelty": 5},
            "surprise": {"deep": [1, {"x": None}]}}
    answer = send_signed(server, "POST", PATH, json.dumps(body).encode())
    assert answer.status == 200, answer
    assert text_of(answer.json())


def test_a_union_with_two_members(server):
    body = {"messages": [{"role": "user", "content": [
        {"text": "x", "image": {"format": "png", "source": {"bytes": ""}}}]}]}
    found = posted(server, json.dumps(body).encode(), 400)
    assert found["type"] in ("SerializationException", "ValidationException"), found
    assert "content" in found["message"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_of_30_megabytes(server, runtime, declared):
    body = b" " * 30_000_000
    # Without a declared length http.client sends it in chunks.
    sent = body if declared else iter([body[:10_000_000]] * 3)
    answer = send(server, "POST", PATH, sent, sign(server, "POST", PATH, body))
    assert answer.status in (400, 413), answer
    assert answer.headers["x-amzn-errortype"].startswith(
        ("ValidationException", "RequestEntityTooLargeException")), answer
    assert "25000000" in answer.text.replace(",", ""), answer
    assert text_of(converse(runtime))
