"""Bodies of Cohere Rerank and Amazon Rerank through boto3. No package brings a model that ranks, so
a tiny one with random weights answers, and numpy says what it has to say."""

from __future__ import annotations

import json
import pathlib
import sys

import pytest

from asking import assert_validation, converse, failure_of
from bedplate_server import EMBEDDINGS, BedplateServer

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

from cross_encoder import CONTEXT, CrossEncoder  # noqa: E402

COHERE = "cohere.rerank-v3-5:0"
AMAZON = "amazon.rerank-v1:0"
OWN = "my.tiny-ranker"
QUERY = "old bridge"
DOCUMENTS = ["the river runs north", "a cat", "bread of salt", "the old bridge of iron", "moon"]
# ggml computes GELU with a table of 16-bit numbers.
TOLERANCE = 0.005


@pytest.fixture(scope="module")
def network():
    return CrossEncoder()


@pytest.fixture(scope="module")
def served(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rerank")
    server = BedplateServer(folder).start()
    file = str(network.write(folder / "tiny.gguf", says_so=False))
    server.run("models", "bind", "cohere.*", "--gguf", file, "--rerank")
    server.run("models", "bind", AMAZON, "--gguf", file)
    server.run("models", "add", OWN, file, "--rerank", "--family", "amazon-rerank")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def runtime(served):
    return served.client("bedrock-runtime")


def rank(client, model: str, **members: object) -> dict:
    body = {"query": QUERY, "documents": DOCUMENTS, **members}
    answer = client.invoke_model(modelId=model, body=json.dumps(body))
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    return json.loads(answer["body"].read()) | {
        "tokens": int(headers["x-amzn-bedrock-input-token-count"])}


def test_scores_are_those_of_the_network(runtime, network):
    expected = [network.score(QUERY, document) for document in DOCUMENTS]
    order = sorted(range(len(DOCUMENTS)), key=lambda i: -expected[i])
    for model, more in ((COHERE, {"api_version": 2}), (AMAZON, {}), (OWN, {})):
        answer = rank(runtime, model, **more)
        assert answer["results"] == [
            {
  "index" : i, "relevance_score" : pytest.approx(expected[i], abs = TOLERANCE)}
            for i in order]
        assert answer["tokens"] == sum(len(network.tokens(QUERY, text)) for text in DOCUMENTS)
        assert rank(runtime, model, top_n=2, **more)["results"] == answer["results"][:2]


def test_coheres_long_documents_lose_their_end(runtime, network):
    long = ["water " * CONTEXT]
    answer = rank(runtime, COHERE, documents=long, api_version=2)
    assert answer["tokens"] == CONTEXT
    assert rank(runtime, COHERE, documents=long, api_version=2, max_tokens_per_doc=3)["tokens"] == 8
    failure = failure_of(rank, runtime, AMAZON, documents=long)
    assert_validation(failure, "documents[0]", str(CONTEXT))


def test_bodies_that_are_wrong_are_refused_by_member(runtime):
    assert_validation(failure_of(rank, runtime, COHERE), "api_version")
    assert_validation(failure_of(rank, runtime, AMAZON, documents=[]), "#/documents")
    assert_validation(failure_of(rank, runtime, AMAZON, top_n=0), "#/top_n")


def test_a_model_that_ranks_does_nothing_else(runtime):
    assert_validation(failure_of(converse, runtime, "Hi", modelId=COHERE), "rankings")
    body = json.dumps({"query": QUERY, "documents": DOCUMENTS})
    assert_validation(failure_of(runtime.invoke_model_with_response_stream, modelId=AMAZON,
                                 body=body), "rankings")
    assert_validation(failure_of(runtime.count_tokens, modelId=AMAZON,
                                 input={"invokeModel": {"body": body.encode()}}), "counting tokens")


def test_the_command_line_knows_the_kind(served):
    kinds = {model["model_id"]: model["kind"]
             for model in json.loads(served.run("models", "list", "--json"))}
    assert (kinds[COHERE], kinds[OWN], kinds[EMBEDDINGS]) == ("ranking", "ranking", "embeddings")
