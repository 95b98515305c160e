"""Log probabilities through OpenAI's API, and in the native bodies that have them."""

from __future__ import annotations

import openai
import pytest

from asking import SURE_ANSWER, SURE_QUESTION, SURE_TOKENS
from bedplate_server import CACHE, CHAT
from native_bodies import invoke, stream

USER = [{"role": "user", "content": SURE_QUESTION}]
WEIGHTS = str(CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
# Numbers of a model this small differ so much with the batch and with what the cache held.
NOISE = 0.3
COMMAND = "cohere.logprobs-command-v1:0"
JURASSIC = "ai21.logprobs-j2-v1"


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=f"{server.endpoint}/openai/v1", api_key=server.bearer_key,
                         max_retries=0, timeout=600)


@pytest.fixture(scope="module")
def native(server, runtime):
    for model, family in {COMMAND: "cohere-command", JURASSIC: "ai21-jurassic"}.items():
        server.run("models", "add", model, WEIGHTS, "--family", family)
    yield runtime
    for model in (COMMAND, JURASSIC):
        server.run("models", "remove", model)


@pytest.fixture(scope="module")
def told(client):
    """What OpenAI's API tells of the greedy answer: the other APIs are held to it."""
    answer = client.chat.completions.create(model=CHAT, messages=USER, max_tokens=SURE_TOKENS,
                                            temperature=0, logprobs=True, top_logprobs=2)
    content = answer.choices[0].logprobs.content
    assert answer.choices[0].message.content == SURE_ANSWER
    assert "".join(token.token for token in content) == answer.choices[0].message.content
    for token in content:
        assert token.top_logprobs[0].token == token.token
        assert len(token.top_logprobs) == 2
        assert token.top_logprobs[1].logprob <= token.logprob <= 0
    return content


def near(number: float):
    return pytest.approx(number, abs=NOISE)


def test_a_stream_tells_the_same(client, told):
    chunks = client.chat.completions.create(model=CHAT, messages=USER, max_tokens=SURE_TOKENS, temperature=0,
                                            logprobs=True, top_logprobs=2, stream=True)
    streamed = [token for chunk in chunks if chunk.choices and chunk.choices[0].logprobs
                for token in chunk.choices[0].logprobs.content]
    assert [token.token for token in streamed] == [token.token for token in told]
    for one, other in zip(streamed, told):
        assert one.logprob == near(other.logprob)


def test_completions_have_the_older_form(client):
    answer = client.completions.create(model=CHAT, prompt="1, 2, 3, 4, 5, 6,", max_tokens=4,
                                       temperature=0, logprobs=3).choices[0]
    assert "".join(answer.logprobs.tokens) == answer.text
    for token, logprob, top in zip(answer.logprobs.tokens, answer.logprobs.token_logprobs,
                                   answer.logprobs.top_logprobs):
        assert top[token] == logprob == max(top.values())
        assert len(top) == 3


def test_invoke_model_hands_openais_body_on(runtime, told):
    body = {"messages": USER, "max_tokens": SURE_TOKENS, "temperature": 0, "logprobs": True,
            "top_logprobs": 2}
    answer, _ = invoke(runtime, CHAT, body)
    content = answer["choices"][0]["logprobs"]["content"]
    streamed = [token for chunk in stream(runtime, CHAT, body) for choice in chunk["choices"]
                for token in (choice.get("logprobs") or {}).get("content", [])]
    for tokens in (content, streamed):
        assert [token["token"] for token in tokens] == [token.token for token in told]
        for one, other in zip(tokens, told):
            assert one["logprob"] == near(other.logprob)
            assert len(one["top_logprobs"]) == 2


def test_command_tells_likelihoods_of_its_generation(native, told):
    answer, _ = invoke(native, COMMAND, {"prompt": SURE_QUESTION, "max_tokens": SURE_TOKENS, "temperature": 0,
                                         "return_likelihoods": "GENERATION"})
    generation = answer["generations"][0]
    tokens = generation["token_likelihoods"]
    assert "".join(token["token"] for token in tokens) == generation["text"]
    for one, other in zip(tokens, told, strict=True):
        assert one["token"] == other.token
        assert one["likelihood"] == near(other.logprob)
    assert generation["likelihood"] == pytest.approx(
        sum(token["likelihood"] for token in tokens) / len(tokens))
    plain, _ = invoke(native, COMMAND, {"prompt": SURE_QUESTION, "max_tokens": 2})
    assert set(plain["generations"][0]) == {"finish_reason", "id", "text"}


def test_jurassic_tells_of_its_tokens(native, told):
    answer, _ = invoke(native, JURASSIC, {"prompt": SURE_QUESTION, "maxTokens": SURE_TOKENS, "temperature": 0,
                                          "topKReturn": 2})
    data = answer["completions"][0]["data"]
    tokens = data["tokens"]
    assert "".join(token["generatedToken"]["token"] for token in tokens) == data["text"]
    for one, other in zip(tokens, told, strict=True):
        assert one["generatedToken"]["token"] == other.token
        assert one["generatedToken"]["raw_logprob"] == near(other.logprob)
        assert [top["token"] for top in one["topTokens"]][0] == other.token
        assert len(one["topTokens"]) == 2
    plain, _ = invoke(native, JURASSIC, {"prompt": SURE_QUESTION, "maxTokens": 2})
    assert "tokens" not in plain["completions"][0]["data"]


def test_what_a_body_cannot_ask_for_is_refused_by_name(native):
    with pytest.raises(native.exceptions.ValidationException, match="return_likelihoods"):
        stream(native, COMMAND, {"prompt": SURE_QUESTION, "return_likelihoods": "GENERATION"})
    with pytest.raises(native.exceptions.ValidationException, match="top_logprobs"):
        invoke(native, CHAT, {"messages": USER, "logprobs": True, "top_logprobs": 21})
