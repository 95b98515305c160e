"""Bodies of Titan, Cohere and Nova embeddings through boto3, all answered by the packaged model."""

from __future__ import annotations

import json
import math

import numpy
import pytest

from asking import assert_validation, failure_of
from bedplate_server import EMBEDDINGS, BedplateServer

TITAN = "amazon.titan-embed-text-v1"
TITAN_2 = "amazon.titan-embed-text-v2:0"
TITAN_IMAGE = "amazon.titan-embed-image-v1"
COHERE = "cohere.embed-english-v3"
COHERE_4 = "cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
TEXTS = ["The river runs past the old mill.", "A cat sleeps on the warm stone."]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    server = BedplateServer(tmp_path_factory.mktemp("embedding_bodies")).start()
    for pattern in ("amazon.titan-embed-*", "cohere.embed-*", NOVA):
        server.run("models", "bind", pattern, "--model", EMBEDDINGS)
    yield server.client("bedrock-runtime")
    server.stop()


def ask(client, model: str, body: dict) -> tuple[dict, int]:
    """The answer, and the input tokens that its header counts."""
    answer = client.invoke_model(modelId=model, body=json.dumps(body))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert "x-amzn-bedrock-output-token-count" not in headers
    return json.loads(answer["body"].read()), int(headers["x-amzn-bedrock-input-token-count"])


def vector_of(client, text: str) -> list[float]:
    return ask(client, EMBEDDINGS, {"inputText": text})[0]["embedding"]


def cohere(texts: list[str], **members: object) -> dict:
    return {"texts": texts, "input_type": "search_document", **members}


def nova(text: dict, **members: object) -> dict:
    return {"taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {"embeddingPurpose": "GENERIC_INDEX", "text": text, **members}}


def test_titan_bodies(runtime):
    expected = vector_of(runtime, TEXTS[0])
    answer, tokens = ask(runtime, TITAN, {"inputText": TEXTS[0]})
    assert answer == {"embedding": pytest.approx(expected, abs=1e-6),
                      "inputTextTokenCount": tokens}
    answer, tokens = ask(runtime, TITAN_IMAGE, {
        "inputText": TEXTS[0], "embeddingConfig": {"outputEmbeddingLength": 384}})
    assert answer == {"embedding": pytest.approx(expected, abs=1e-6),
                      "inputTextTokenCount": tokens, "message": None}
    answer, _ = ask(runtime, TITAN_2, {"inputText": TEXTS[0],
                                       "embeddingTypes": ["float", "binary"]})
    assert answer["embeddingsByType"]["binary"] == [int(value > 0) for value in expected]


def test_cohere_answers_with_floats_of_every_text(runtime):
    answer, tokens = ask(runtime, COHERE, cohere(TEXTS))
    assert answer["response_type"] == "embeddings_floats"
    assert answer["texts"] == TEXTS
    assert answer["id"]
    expected = [vector_of(runtime, text) for text in TEXTS]
    assert answer["embeddings"] == [pytest.approx(vector, abs=1e-4) for vector in expected]
    assert tokens == sum(ask(runtime, TITAN, {"inputText": text})[1] for text in TEXTS)
    many = [f"text number {i}" for i in range(96)]
    answer, _ = ask(runtime, COHERE, cohere(many))
    assert len(answer["embeddings"]) == 96
    assert answer["embeddings"][95] == pytest.approx(vector_of(runtime, many[95]), abs=1e-3)


def test_cohere_types_are_computed_from_the_vector(runtime):
    types = ["float", "int8", "uint8", "binary", "ubinary"]
    answer, _ = ask(runtime, COHERE, cohere(TEXTS[:1], embedding_types=types))
    assert answer["response_type"] == "embeddings_by_type"
    by_type = {name: numpy.array(vectors[0]) for name, vectors in answer["embeddings"].items()}
    assert list(answer["embeddings"]) == types
    floats = by_type["float"]
    whole = numpy.clip(floats * math.sqrt(384) / 8, -1, 1) * 127
    assert numpy.abs(by_type["int8"] - whole).max() <= 0.5001
    assert (by_type["uint8"] == by_type["int8"] + 128).all()
    packed = numpy.packbits(floats > 0)
    assert (by_type["ubinary"] == packed).all()
    assert (by_type["binary"] == packed.astype(int) - 128).all()
    # Near enough for a search by them.
    cosine = floats @ by_type["int8"] / numpy.linalg.norm(by_type["int8"])
    assert cosine > 0.999


def test_cohere_truncates_the_end_that_is_named(runtime):
    long = " ".join(f"w{i}" for i in range(400))  # below 2,048 characters, above 512 tokens
    failure = failure_of(runtime.invoke_model, modelId=COHERE, body=json.dumps(cohere([long])))
    assert_validation(failure, "512")
    start, start_tokens = ask(runtime, COHERE, cohere([long], truncate="START"))
    end, end_tokens = ask(runtime, COHERE, cohere([long], truncate="END"))
    assert (start_tokens, end_tokens) == (512, 512)
    assert start["embeddings"][0] != pytest.approx(end["embeddings"][0], abs=1e-2)
    bounded, tokens = ask(runtime, COHERE_4, cohere([long], truncate="RIGHT", max_tokens=12))
    assert tokens == 12
    words = " ".join(long.split()[:5])
    assert ask(runtime, TITAN, {"inputText": words})[1] == 12
    assert bounded["embeddings"]["float"][0] == pytest.approx(vector_of(runtime, words), abs=1e-4)


def test_cohere_4_takes_inputs_and_dimensions(runtime):
    inputs = [{"content": [{"type": "text", "text": TEXTS[0]}]}]
    answer, _ = ask(runtime, COHERE_4, {"inputs": inputs, "input_type": "search_query",
                                        "output_dimension": 384, "embedding_types": ["float"]})
    assert answer["inputs"] == inputs
    assert answer["embeddings"]["float"][0] == pytest.approx(vector_of(runtime, TEXTS[0]), abs=1e-6)


def test_cohere_4_answers_by_type_though_none_is_named(runtime):
    answer, _ = ask(runtime, COHERE_4, cohere(TEXTS))
    assert answer["response_type"] == "embeddings_by_type"
    assert list(answer["embeddings"]) == ["float"]
    assert answer["embeddings"]["float"][1] == pytest.approx(vector_of(runtime, TEXTS[1]), abs=1e-6)


def test_nova_takes_text(runtime):
    answer, _ = ask(runtime, NOVA, nova({"truncationMode": "NONE", "value": TEXTS[0]},
                                        embeddingDimension=384))
    assert answer == {"embeddings": [{
        "embeddingType": "TEXT",
        "embedding": pytest.approx(vector_of(runtime, TEXTS[0]), abs=1e-6)}]}


@pytest.mark.parametrize("model, body, parts", [
    (TITAN, {"inputText": "x", "normalize": True}, ["normalize"]),
    (TITAN_IMAGE, {"inputImage": "aGk="}, ["#/inputImage"]),
    (TITAN_IMAGE, {"inputText": "x", "embeddingConfig": {"outputEmbeddingLength": 256}},
     ["#/embeddingConfig/outputEmbeddingLength", "256"]),
    (COHERE, {"texts": ["x"]}, ["input_type"]),
    (COHERE, cohere(["x"] * 97), ["#/texts", "97"]),
    (COHERE, {"images": ["data:image/png;base64,aGk="], "input_type": "image"}, ["#/images"]),
    (COHERE_4, cohere(["x"], output_dimension=1536), ["#/output_dimension", "1536"]),
    (NOVA, nova({"truncationMode": "NONE", "value": "x"}, embeddingDimension=3072),
     ["embeddingDimension", "3072"]),
    (NOVA, nova({"truncationMode": "NONE", "value": "x"}, image={"format": "png"}),
     ["#/singleEmbeddingParams/image"]),
])
def test_bodies_that_are_wrong_are_refused_by_member(runtime, model, body, parts):
    failure = failure_of(runtime.invoke_model, modelId=model, body=json.dumps(body))
    assert_validation(failure, *parts)


def test_tokens_of_a_body_are_counted(runtime):
    answer = runtime.count_tokens(modelId=COHERE, input={
        "invokeModel": {"body": json.dumps(cohere(TEXTS)).encode()}})
    assert answer["inputTokens"] == ask(runtime, COHERE, cohere(TEXTS))[1]
