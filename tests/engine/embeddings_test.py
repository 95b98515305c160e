"""Embeddings of the real model, held against vectors computed by other code."""

import base64
import concurrent.futures
import json
import math
import pathlib
import struct

import openai
import pytest

REFERENCE = json.loads((pathlib.Path(__file__).resolve().parents[1] /
                        "clients/data/minilm_reference.json").read_text(encoding="utf-8"))


def embed(engine, texts, **more):
    return engine.http.post("/v1/embeddings", json={"input": texts, **more}).json()


def length(vector):
    return math.sqrt(sum(x * x for x in vector))


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True)) / (length(a) * length(b))


def test_vectors_are_those_of_the_reference(embedding_engine):
    answer = embed(embedding_engine, [entry["text"] for entry in REFERENCE])
    assert [entry["index"] for entry in answer["data"]] == list(range(len(REFERENCE)))
    for entry, expected in zip(answer["data"], REFERENCE, strict=True):
        assert cosine(entry["embedding"], expected["vector"]) > 0.9999
        assert length(entry["embedding"]) == pytest.approx(1, abs=1e-5)
    assert answer["usage"]["prompt_tokens"] == sum(entry["tokens"] for entry in REFERENCE)


def test_the_batch_does_not_change_a_vector(embedding_engine):
    texts = [f"text number {i} " * (1 + i % 7) for i in range(40)]
    together = embed(embedding_engine, texts)["data"]
    for i in (0, 17, 39):
        alone = embed(embedding_engine, texts[i])["data"][0]["embedding"]
        assert cosine(alone, together[i]["embedding"]) > 0.9999


def test_not_normalised_when_asked(embedding_engine):
    raw = embed(embedding_engine, "a text", normalize=False)["data"][0]["embedding"]
    unit = embed(embedding_engine, "a text")["data"][0]["embedding"]
    assert abs(length(raw) - 1) > 0.01
    assert cosine(raw, unit) > 0.99999


def test_the_openai_library_reads_base64(embedding_engine):
    plain = embed(embedding_engine, "a text")["data"][0]["embedding"]
    by_library = embedding_engine.openai.embeddings.create(model="m", input="a text")
    assert by_library.data[0].embedding == pytest.approx(plain, abs=1e-7)
    text = embed(embedding_engine, "a text", encoding_format="base64")["data"][0]["embedding"]
    assert list(struct.unpack("<384f", base64.b64decode(text))) == pytest.approx(plain, abs=1e-7)


def test_too_long_a_text_is_an_error_and_never_cut(embedding_engine):
    longest = "word " * 510  # and the two tokens around it
    assert embed(embedding_engine, longest)["usage"]["prompt_tokens"] == 512
    with pytest.raises(openai.BadRequestError) as caught:
        embedding_engine.openai.embeddings.create(model="m", input=["short", longest + "word"])
    assert caught.value.code == "context_length_exceeded"
    assert "input[1] has 513 tokens" in caught.value.body["message"]
    assert "512" in caught.value.body["message"]


def test_a_long_text_loses_the_end_that_is_named(embedding_engine):
    words = [f"w{i}" for i in range(100)]
    text = " ".join(words)

    def cut(**more):
        answer = embed(embedding_engine, text, **more)
        return answer["data"][0]["embedding"], answer["usage"]["prompt_tokens"]

    whole, tokens = cut(truncate="end")
    assert tokens > 200
    for end, ten in (("end", words[:10]), ("start", words[-10:])):
        alone = embed(embedding_engine, " ".join(ten))
        count = alone["usage"]["prompt_tokens"]
        left, left_tokens = cut(truncate=end, max_tokens=count)
        assert left_tokens == count
        assert cosine(left, alone["data"][0]["embedding"]) > 0.9999
        assert cosine(left, whole) < 0.999
    longest = "word " * 600
    assert embed(embedding_engine, longest, truncate="start")["usage"]["prompt_tokens"] == 512


def test_max_tokens_bounds_a_text(embedding_engine):
    with pytest.raises(openai.BadRequestError) as caught:
        embedding_engine.openai.embeddings.create(model="m", input="one two three four",
                                                  extra_body={"max_tokens": 5})
    assert caught.value.code == "context_length_exceeded"
    assert "input[0] has 6 tokens. max_tokens allows 5" in caught.value.body["message"]
    answer = embedding_engine.http.post("/v1/embeddings", json={"input": "one", "max_tokens": 2})
    assert answer.status_code == 400
    assert "max_tokens: expected an integer from 3, got 2" in answer.json()["error"]["message"]


def test_many_clients_at_once(embedding_engine):
    def ask(i):
        return embed(embedding_engine, [f"client {i}", f"again {i}"])["data"][1]["embedding"]
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(ask, range(64)))
    alone = embed(embedding_engine, "again 5")["data"][0]["embedding"]
    assert cosine(answers[5], alone) > 0.9999
    embedding_engine.wait_for_metric("bedplate_engine_waiting", 0)


def test_control_tokens_in_a_text_are_text(embedding_engine):
    one = embed(embedding_engine, "a [SEP] b")["usage"]["prompt_tokens"]
    assert one > 5  # [CLS] a [ sep ] b [SEP]


def test_each_model_says_what_it_does_not_do(embedding_engine, chat_engine):
    answer = embedding_engine.http.post("/v1/chat/completions",
                                        json={"messages": [{"role": "user", "content": "a"}]})
    assert answer.status_code == 400
    assert "embeddings" in answer.json()["error"]["message"]
    answer = chat_engine.http.post("/v1/embeddings", json={"input": "a"})
    assert answer.status_code == 400
    assert "text, not embeddings" in answer.json()["error"]["message"]


def test_models_tells_what_is_loaded(embedding_engine):
    meta = embedding_engine.http.get("/v1/models").json()["data"][0]["meta"]
    assert meta["architecture"] == "bert"
    assert meta["embedding_length"] == 384
    assert meta["context_length"] == 512
    assert meta["embeddings"] is True
    assert meta["has_chat_template"] is False
