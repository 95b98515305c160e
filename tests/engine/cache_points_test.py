"""Cache points: what a request writes and reads of the prompt cache, as the engine counts it."""

import itertools

import pytest

from tools_test import WEATHER

NUMBERS = " ".join(str(number) for number in range(400))
_fresh = itertools.count(1)


def unique(text: str = NUMBERS) -> str:
    """More than 1,024 tokens that no test has sent before."""
    return f"{next(_fresh)} {text}"


def part(text: str, ttl: str | None = None, marked: bool = True) -> dict:
    control = {"type": "ephemeral", **({"ttl": ttl} if ttl else {})}
    return {"type": "text", "text": text, **({"cache_control": control} if marked else {})}


def usage_of(engine, messages: list, **options) -> dict:
    answer = engine.openai.chat.completions.create(model="any", messages=messages, max_tokens=2,
                                                   **options)
    return answer.usage.model_dump()


def counts(usage: dict) -> tuple[int, int]:
    return (usage.get("cache_read_input_tokens", 0), usage.get("cache_creation_input_tokens", 0))


def test_the_first_request_writes_and_the_next_reads(chat_engine):
    system = {"role": "system", "content": [part(unique())]}
    first = usage_of(chat_engine, [system, {"role": "user", "content": "Hello."}])
    read, written = counts(first)
    assert read == 0 and 1_024 < written < first["prompt_tokens"]
    assert first["cache_creation"] == {"ephemeral_5m_input_tokens": written,
                                       "ephemeral_1h_input_tokens": 0}
    second = usage_of(chat_engine, [system, {"role": "user", "content": "Something else."}])
    assert counts(second) == (written, 0)
    assert second["prompt_tokens_details"]["cached_tokens"] >= written


def test_a_conversation_reads_what_it_wrote_and_writes_on(chat_engine):
    messages = [{"role": "user", "content": [part(unique(), "1h")]}]
    _, written = counts(usage_of(chat_engine, messages))
    messages += [{"role": "assistant", "content": "Yes."},
                 {"role": "user", "content": [part("And then? " * 20)]}]
    usage = usage_of(chat_engine, messages)
    read, more = counts(usage)
    assert read == written and more > 40
    assert usage["cache_creation"]["ephemeral_5m_input_tokens"] == more


def test_a_point_in_the_middle_of_a_message_covers_what_is_before_it(chat_engine):
    text = unique()
    first = usage_of(chat_engine, [{"role": "user", "content": [
        part(text), part("What is the last number?", marked=False)]}])
    _, written = counts(first)
    assert 1_024 < written < first["prompt_tokens"] - 4
    # The same prompt again is read up to the point.
    assert counts(usage_of(chat_engine, [{"role": "user", "content": [
        part(text), part("What is the last number?", marked=False)]}])) == (written, 0)
    second = usage_of(chat_engine, [{"role": "user", "content": [
        part(text), part("Which is the first one?", marked=False)]}])
    assert counts(second) == (written, 0)


def test_a_point_behind_tools(chat_engine):
    tool = {**WEATHER, "cache_control": {"type": "ephemeral"}, "function": {
        **WEATHER["function"], "description": unique()}}
    question = [{"role": "user", "content": "What is 1 + 2?"}]
    _, written = counts(usage_of(chat_engine, question, tools=[tool]))
    assert written > 1_024
    other = [{"role": "user", "content": "And 3 + 4?"}]
    assert counts(usage_of(chat_engine, other, tools=[tool])) == (written, 0)


def test_nothing_is_counted_without_a_point_or_for_a_short_prompt(chat_engine):
    text = unique()
    plain = [{"role": "user", "content": [part(text, marked=False)]}]
    usage_of(chat_engine, plain)
    again = usage_of(chat_engine, plain)
    assert "cache_read_input_tokens" not in again
    assert again["prompt_tokens_details"]["cached_tokens"] > 1_024
    short = [{"role": "user", "content": [part("Hello.")]}]
    assert counts(usage_of(chat_engine, short)) == (0, 0)
    # What was computed before is not read, as nobody had marked it: it is written now.
    read, written = counts(usage_of(chat_engine, [{"role": "user", "content": [part(text)]}]))
    assert read == 0 and written > 1_024


def test_other_scopes_read_nothing(chat_engine):
    messages = [{"role": "user", "content": [part(unique())]}]
    _, written = counts(usage_of(chat_engine, messages, prompt_cache_key="one"))
    assert counts(usage_of(chat_engine, messages, prompt_cache_key="two")) == (0, written)
    assert counts(usage_of(chat_engine, messages, prompt_cache_key="one")) == (written, 0)


@pytest.mark.parametrize("content, member", [
    ([{**part("a"), "cache_control": {"type": "forever"}}], "cache_control.type"),
    ([{**part("a"), "cache_control": {}}], "cache_control.type"),
    ([part("a", "2h")], "cache_control.ttl"),
    ([part("a")] * 5, "at most 4 cache points"),
])
def test_wrong_points_are_refused_by_name(chat_engine, content, member):
    answer = chat_engine.http.post("/v1/chat/completions", json={
        "messages": [{"role": "user", "content": content}]})
    assert answer.status_code == 400
    assert member in answer.json()["error"]["message"]
