"""InvokeModel and InvokeModelWithResponseStream: providers' own bodies, in and out."""

from __future__ import annotations

import json
import math
import pathlib

import pytest

from asking import ANSWER, QUESTION, assert_validation, failure_of
from bedplate_server import CHAT, EMBEDDINGS

REFERENCE = json.loads(
    (pathlib.Path(__file__).parent / "data/minilm_reference.json").read_text(encoding="utf-8"))


def invoke(client, model: str, body: dict) -> dict:
    answer = client.invoke_model(modelId=model, body=json.dumps(body))
    assert answer["contentType"] == "application/json"
    return json.loads(answer["body"].read())


def chat(text: str, **members) -> dict:
    return {"messages": [{"role": "user", "content": text}], "max_tokens": 16, **members}


def length(vector: list[float]) -> float:
    return math.sqrt(sum(value * value for value in vector))


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other)) / length(one) / length(other)


def test_the_chat_model_takes_openais_body(runtime):
    answer = invoke(runtime, CHAT, chat(QUESTION, temperature=0))
    choice = answer["choices"][0]
    assert choice["message"]["role"] == "assistant"
    assert ANSWER in choice["message"]["content"]
    assert choice["finish_reason"] in ("stop", "length")
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_token_counts_are_in_the_headers(runtime):
    answer = runtime.invoke_model(modelId=CHAT, body=json.dumps(chat("Hello")))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    usage = json.loads(answer["body"].read())["usage"]
    assert int(headers["x-amzn-bedrock-input-token-count"]) == usage["prompt_tokens"]
    assert int(headers["x-amzn-bedrock-output-token-count"]) == usage["completion_tokens"]
    assert int(headers["x-amzn-bedrock-invocation-latency"]) > 0


def test_a_stream_of_the_chat_model(runtime):
    answer = runtime.invoke_model_with_response_stream(
        modelId=CHAT, body=json.dumps(chat("Tell me about the sea.")))
    assert answer["contentType"] == "application/json"
    chunks = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    texts = [chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks
             if chunk.get("choices")]
    assert sum(1 for text in texts if text) >= 10
    metrics = next(chunk["amazon-bedrock-invocationMetrics"] for chunk in chunks
                   if "amazon-bedrock-invocationMetrics" in chunk)
    assert metrics["outputTokenCount"] == 16
    assert metrics["inputTokenCount"] > 0
    assert metrics["firstByteLatency"] <= metrics["invocationLatency"]


@pytest.mark.parametrize("reference", REFERENCE, ids=lambda entry: entry["text"][:20])
def test_embeddings_are_the_models_own(runtime, reference):
    answer = invoke(runtime, EMBEDDINGS, {"inputText": reference["text"]})
    assert answer["inputTextTokenCount"] == reference["tokens"]
    assert len(answer["embedding"]) == 384
    assert length(answer["embedding"]) == pytest.approx(1, abs=1e-4)
    assert cosine(answer["embedding"], reference["vector"]) > 0.9999


def test_embeddings_can_stay_as_long_as_the_model_makes_them(runtime):
    text = REFERENCE[0]["text"]
    raw = invoke(runtime, EMBEDDINGS, {"inputText": text, "normalize": False})["embedding"]
    assert abs(length(raw) - 1) > 0.01
    assert cosine(raw, REFERENCE[0]["vector"]) > 0.9999


def test_like_texts_are_near_each_other(runtime):
    cat, kitten, bank = (invoke(runtime, EMBEDDINGS, {"inputText": entry["text"]})["embedding"]
                         for entry in REFERENCE[1:])
    assert cosine(cat, kitten) > cosine(cat, bank) + 0.1


def test_dimensions_are_those_the_model_has(runtime):
    whole = invoke(runtime, EMBEDDINGS, {"inputText": "plate", "dimensions": 384})
    assert len(whole["embedding"]) == 384
    failure = failure_of(runtime.invoke_model, modelId=EMBEDDINGS,
                         body=json.dumps({"inputText": "plate", "dimensions": 100}))
    assert_validation(failure, "100", "dimensions")


@pytest.mark.parametrize("model, body, parts", [
    (CHAT, b"{", ["at byte 1"]),
    (CHAT, b"[1]", []),
    (CHAT, b'{"max_tokens": 5}', ["messages"]),
    (CHAT, b'{"messages": "Hello"}', ["messages"]),
    (CHAT, b'{"messages": [{"role": "user", "content": "x"}], "temperature": "hot"}',
     ["temperature"]),
    (CHAT, b'{"messages": [{"role": "user", "content": "x"}], "max_tokens": -1}', ["max_tokens"]),
    (EMBEDDINGS, b"{}", ["inputText"]),
    (EMBEDDINGS, b'{"inputText": 5}', ["inputText"]),
    (EMBEDDINGS, b'{"inputText": "x", "normalize": "yes"}', ["normalize"]),
])
def test_bodies_that_are_wrong_are_refused_by_member(runtime, model, body, parts):
    failure = failure_of(runtime.invoke_model, modelId=model, body=body)
    assert_validation(failure, *parts)


def test_an_embedding_model_does_not_stream(runtime):
    failure = failure_of(runtime.invoke_model_with_response_stream, modelId=EMBEDDINGS,
                         body=b'{"inputText": "x"}')
    assert_validation(failure, EMBEDDINGS)
