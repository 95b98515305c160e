"""Log probabilities of real answers, through the OpenAI client library."""

import math

import pytest

QUESTION = "What is the capital of France? Answer in one sentence."
# A number carries rounding noise of its batch and of what the cache held (src/engine/server). A
# sum in another order is 1e-7 off; activations rounded to 8 bits make up to 0.15 of that.
NOISE = 0.25


def logprobs_of(answer) -> list:
    return answer.choices[0].logprobs.content


def assert_sound(content) -> None:
    for token in content:
        assert token.logprob <= 0
        assert sum(math.exp(other.logprob) for other in token.top_logprobs) <= 1 + 1e-5
        likeliest = [other.logprob for other in token.top_logprobs]
        assert likeliest == sorted(likeliest, reverse=True)


def test_they_are_the_answers_tokens(chat_engine):
    answer = chat_engine.chat(QUESTION, logprobs=True, top_logprobs=5)
    content = logprobs_of(answer)
    assert_sound(content)
    text = answer.choices[0].message.content
    assert "".join(token.token for token in content) == text
    assert b"".join(bytes(token.bytes) for token in content).decode() == text
    # The end token is counted, and is no token of the text.
    ended = answer.choices[0].finish_reason == "stop"
    assert len(content) == answer.usage.completion_tokens - ended
    for token in content:
        assert len(token.top_logprobs) == 5
        # Greedy: the likeliest is taken.
        assert token.top_logprobs[0].token == token.token
        assert token.top_logprobs[0].logprob == token.logprob


def test_none_unless_asked_for(chat_engine):
    assert chat_engine.chat("Hi", max_tokens=3).choices[0].logprobs is None
    chunks = chat_engine.chat("Hi", max_tokens=3, stream=True)
    assert all(chunk.choices[0].logprobs is None for chunk in chunks if chunk.choices)


def test_only_the_chosen_where_no_others_are_asked_for(chat_engine):
    content = logprobs_of(chat_engine.chat("Hi", max_tokens=3, logprobs=True))
    assert content and all(token.top_logprobs == [] for token in content)


def test_a_stream_tells_the_same(chat_engine):
    whole = logprobs_of(chat_engine.count(logprobs=True, top_logprobs=3))
    chunks = list(chat_engine.count(logprobs=True, top_logprobs=3, stream=True))
    streamed, text = [], ""
    for chunk in chunks:
        choice = chunk.choices[0]
        text += choice.delta.content or ""
        if choice.logprobs:
            streamed += choice.logprobs.content
            # Never behind the text that they are of.
            assert len("".join(token.token for token in streamed)) >= len(text)
    assert [token.token for token in streamed] == [token.token for token in whole]
    for one, other in zip(streamed, whole):
        assert one.logprob == pytest.approx(other.logprob, abs=NOISE)
        assert [top.token for top in one.top_logprobs][0] == other.top_logprobs[0].token


def test_temperature_and_cuts_do_not_change_them(chat_engine):
    ask = {"max_tokens": 1, "logprobs": True, "top_logprobs": 20}
    plain = logprobs_of(chat_engine.chat(QUESTION, **ask))[0].top_logprobs
    for options in ({"temperature": 1.9, "seed": 5}, {"temperature": 1, "top_p": 0.1},
                    {"temperature": 0.2, "top_k": 2}, {"repeat_penalty": 2.0},
                    {"presence_penalty": 2}):
        shaped = logprobs_of(chat_engine.chat(QUESTION, **ask, **options))[0].top_logprobs
        assert shaped[0].token == plain[0].token
        for one, other in zip(shaped, plain):
            assert one.logprob == pytest.approx(other.logprob, abs=NOISE)


def test_a_hot_choice_has_its_own_probability(chat_engine):
    answer = chat_engine.chat(QUESTION, temperature=2, seed=11, max_tokens=24, logprobs=True,
                              top_logprobs=20)
    content = logprobs_of(answer)
    assert_sound(content)
    for token in content:
        among = [top.logprob for top in token.top_logprobs if top.bytes == token.bytes]
        assert token.logprob <= token.top_logprobs[0].logprob
        if among:
            assert token.logprob == among[0]
    # It is not what temperature 2 made of it: nearly every choice would be the likeliest.
    assert any(token.logprob < token.top_logprobs[0].logprob - 0.5 for token in content)


def test_scored_again_token_by_token_they_are_the_same(chat_engine):
    prompt = "The capital of France is Paris. The capital of Italy is"
    ask = {"model": "m", "temperature": 0, "logprobs": 5}
    told = chat_engine.openai.completions.create(prompt=prompt, max_tokens=6, **ask)
    logprobs = told.choices[0].logprobs
    assert "".join(logprobs.tokens) == told.choices[0].text
    tokens = chat_engine.http.post(
        "/v1/tokenize", json={"prompt": prompt, "tokens": True}).json()["tokens"]
    for i, token in enumerate(logprobs.tokens):
        again = chat_engine.openai.completions.create(
            prompt=tokens, max_tokens=1, **ask).choices[0].logprobs
        assert again.tokens == [token]
        assert again.token_logprobs[0] == pytest.approx(logprobs.token_logprobs[i], abs=NOISE)
        for text, value in again.top_logprobs[0].items():
            assert logprobs.top_logprobs[i].get(text, value) == pytest.approx(value, abs=NOISE)
        tokens += chat_engine.http.post(
            "/v1/tokenize", json={"prompt": token, "tokens": True}).json()["tokens"]


def test_completions_have_the_older_form(chat_engine):
    ask = {"model": "m", "prompt": "1, 2, 3, 4, 5, 6,", "max_tokens": 9, "temperature": 0}
    answer = chat_engine.openai.completions.create(**ask, logprobs=2).choices[0]
    told = answer.logprobs
    for i, token in enumerate(told.tokens):
        assert answer.text[told.text_offset[i]:].startswith(token)
        assert told.top_logprobs[i][token] == told.token_logprobs[i] <= 0
        assert len(told.top_logprobs[i]) == 2
    streamed = [chunk.choices[0].logprobs for chunk in
                chat_engine.openai.completions.create(**ask, logprobs=2, stream=True)]
    streamed = [logprobs for logprobs in streamed if logprobs]
    assert sum((logprobs.tokens for logprobs in streamed), []) == told.tokens
    assert sum((logprobs.text_offset for logprobs in streamed), []) == told.text_offset
    bare = chat_engine.openai.completions.create(**ask, logprobs=0).choices[0].logprobs
    assert bare.tokens == told.tokens and bare.top_logprobs is None


def test_tokens_of_a_stop_sequence_are_not_told(chat_engine):
    answer = chat_engine.count(stop=[", 11"], logprobs=True)
    assert answer.choices[0].message.content == " 9, 10"
    assert "".join(token.token for token in logprobs_of(answer)) == " 9, 10"
    assert answer.usage.completion_tokens > len(logprobs_of(answer))


def test_parts_of_a_character_have_their_bytes(chat_engine):
    answer = chat_engine.chat("What is round?", max_tokens=24, logprobs=True, response_format={
        "type": "json_schema", "json_schema": {"name": "round", "schema": {
            "type": "string", "enum": ["🌍🌋🧊"]}}})
    content = logprobs_of(answer)
    assert any(token.token.startswith("\\x") for token in content), content
    joined = b"".join(bytes(token.bytes) for token in content)
    assert joined.decode(errors="ignore").startswith(answer.choices[0].message.content[:4])


def test_held_to_a_schema_they_are_still_the_models_own(chat_engine):
    answer = chat_engine.chat(
        "Hi", max_tokens=20, logprobs=True, top_logprobs=2,
        response_format={"type": "json_schema", "json_schema": {
            "name": "n", "schema": {"type": "object", "properties": {"zq": {"type": "integer"}},
                                    "required": ["zq"], "additionalProperties": False}}})
    content = logprobs_of(answer)
    assert_sound(content)
    assert "".join(token.token for token in content) == answer.choices[0].message.content
    # The model would have said hello.
    assert content[0].logprob < content[0].top_logprobs[0].logprob
