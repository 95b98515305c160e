"""Ranking by a tiny network with random weights, held against the same network in numpy."""

from __future__ import annotations

import concurrent.futures

import pytest

from cross_encoder import CONTEXT, CrossEncoder
from engine_process import Engine

QUERY = "old bridge"
DOCUMENTS = ["the river runs north", "a cat", "bread of salt", "the old bridge of iron", "moon"]
# ggml computes GELU with a table of 16-bit numbers.
TOLERANCE = 0.02


@pytest.fixture(scope="module")
def network():
    return CrossEncoder()


@pytest.fixture(scope="module")
def ranking_engine(network, tmp_path_factory):
    with Engine(network.write(tmp_path_factory.mktemp("rank") / "tiny.gguf")) as engine:
        yield engine


def rank(engine, documents, query=QUERY, **more):
    return engine.http.post("/v1/rerank", json={"query": query, "documents": documents, **more})


def test_scores_are_those_of_the_network(ranking_engine, network):
    answer = rank(ranking_engine, DOCUMENTS).json()
    expected = [network.logit(network.tokens(QUERY, document)) for document in DOCUMENTS]
    assert max(expected) - min(expected) > 10 * TOLERANCE
    order = sorted(range(len(DOCUMENTS)), key=lambda i: -expected[i])
    assert [result["index"] for result in answer["results"]] == order
    for result in answer["results"]:
        assert result["relevance_score"] == pytest.approx(expected[result["index"]], abs=TOLERANCE)
    assert answer["score_kind"] == "logit"
    counted = sum(len(network.tokens(QUERY, document)) for document in DOCUMENTS)
    assert answer["usage"] == {"prompt_tokens": counted, "total_tokens": counted}


def test_the_best_so_many(ranking_engine):
    every = rank(ranking_engine, DOCUMENTS).json()["results"]
    assert rank(ranking_engine, DOCUMENTS, top_n=2).json()["results"] == every[:2]
    assert rank(ranking_engine, DOCUMENTS, top_n=99).json()["results"] == every


def test_many_clients_and_documents_at_once(ranking_engine, network):
    documents = [" ".join(DOCUMENTS[i % 5:]) for i in range(100)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: rank(ranking_engine, documents).json(), range(8)))
    expected = [network.logit(network.tokens(QUERY, document)) for document in documents]
    for answer in answers:
        for result in answer["results"]:
            assert result["relevance_score"] == pytest.approx(expected[result["index"]],
                                                              abs=TOLERANCE)


def test_a_long_document_loses_its_end_only_when_asked(ranking_engine, network):
    long = "water " * CONTEXT
    answer = rank(ranking_engine, ["cat", long])
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "context_length_exceeded"
    assert f"documents[1] together have {CONTEXT + 5} tokens" in error["message"]
    cut = rank(ranking_engine, [long], truncate="end").json()
    assert cut["usage"]["prompt_tokens"] == CONTEXT
    expected = network.logit(network.tokens(QUERY, "water " * (CONTEXT - 5)))
    assert cut["results"][0]["relevance_score"] == pytest.approx(expected, abs=TOLERANCE)
    short = rank(ranking_engine, [long], truncate="end", max_tokens_per_doc=3).json()
    assert short["usage"]["prompt_tokens"] == 8


def test_a_query_that_leaves_no_room_is_refused(ranking_engine):
    answer = rank(ranking_engine, ["cat"], query="water " * CONTEXT, truncate="end")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "context_length_exceeded"


def test_control_tokens_in_texts_are_text(ranking_engine, network):
    counted = rank(ranking_engine, ["[SEP]"]).json()["usage"]["prompt_tokens"]
    assert counted > len(network.tokens(QUERY, "cat"))


def test_each_model_says_what_it_does_not_do(ranking_engine, embedding_engine, chat_engine):
    answer = ranking_engine.http.post("/v1/embeddings", json={"input": "a"})
    assert answer.status_code == 400 and "/v1/rerank" in answer.json()["error"]["message"]
    for engine in (embedding_engine, chat_engine):
        answer = rank(engine, ["a"])
        assert answer.status_code == 400
        assert "ranks no documents" in answer.json()["error"]["message"]
    meta = ranking_engine.http.get("/v1/models").json()["data"][0]["meta"]
    assert meta["rerank"] is True and meta["embeddings"] is False


def test_a_file_that_does_not_say_it_ranks_is_told_to(network, tmp_path):
    file = network.write(tmp_path / "quiet.gguf", says_so=False)
    with Engine(file, "--rerank") as engine:
        answer = rank(engine, DOCUMENTS[:1]).json()
        expected = network.logit(network.tokens(QUERY, DOCUMENTS[0]))
        assert answer["results"][0]["relevance_score"] == pytest.approx(expected, abs=TOLERANCE)


def test_a_file_without_the_layer_of_scores_is_no_ranking_model(network, tmp_path):
    file = network.write(tmp_path / "headless.gguf", head=False)
    with pytest.raises(RuntimeError, match="cls.output.weight"), Engine(file):
        pass
