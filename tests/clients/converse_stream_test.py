"""ConverseStream through boto3: the order of events, and that they come as they are made."""

from __future__ import annotations

import time

from asking import assert_validation, failure_of, user
from bedplate_server import CHAT, wait_until
from metrics import sequences_running


def stream(client, text: str, tokens: int, **members):
    return client.converse_stream(modelId=CHAT, messages=[user(text)],
                                  inferenceConfig={"maxTokens": tokens}, **members)["stream"]


def test_events_come_in_order_and_whole(runtime):
    events = list(stream(runtime, "Tell me about the sea.", 24))
    names = [next(iter(event)) for event in events]
    assert names[0] == "messageStart" and events[0]["messageStart"]["role"] == "assistant"
    deltas = names.count("contentBlockDelta")
    assert names == (["messageStart"] + ["contentBlockDelta"] * deltas +
                     ["contentBlockStop", "messageStop", "metadata"])
    assert {event["contentBlockDelta"]["contentBlockIndex"] for event in events[1:1 + deltas]} == {0}
    assert events[-2]["messageStop"]["stopReason"] == "max_tokens"
    usage = events[-1]["metadata"]["usage"]
    assert usage["outputTokens"] == 24
    assert usage["totalTokens"] == usage["inputTokens"] + 24
    assert events[-1]["metadata"]["metrics"]["latencyMs"] > 0


def test_each_token_is_an_event_of_its_own(runtime):
    events = list(stream(runtime, "Tell me about the sea.", 40))
    deltas = [event for event in events if "contentBlockDelta" in event]
    # A character of several tokens is one event, so there may be fewer; never one for all.
    assert len(deltas) >= 30
    assert all(event["contentBlockDelta"]["delta"]["text"] for event in deltas)


def test_events_come_while_the_model_still_works(runtime):
    began = time.monotonic()
    arrivals = [time.monotonic() for event in stream(runtime, "Count to one hundred.", 64)
                if "contentBlockDelta" in event]
    # Were they held back, they would all come together at the end.
    assert arrivals[-1] - arrivals[0] > 0.2 * (arrivals[-1] - began)


def test_a_client_that_leaves_frees_its_place(server, runtime):
    answer = stream(runtime, "Write a very long novel.", 1800)
    events = iter(answer)
    assert "messageStart" in next(events)
    next(events)
    assert sequences_running(server) == 1
    answer.close()
    # 1,800 tokens would take much longer than an idle engine needs to notice.
    left = time.monotonic()
    wait_until("the engine is idle again", lambda: sequences_running(server) == 0)
    assert time.monotonic() - left < 30


def test_a_fault_before_the_first_event_is_an_ordinary_error(runtime):
    failure = failure_of(runtime.converse_stream, modelId=CHAT, messages=[
        {"role": "assistant", "content": [{"text": "Hello"}]}])
    assert_validation(failure, "must start with a user message")


def test_response_fields_come_with_the_stop(runtime):
    events = list(runtime.converse_stream(
        modelId=CHAT, messages=[user("Count: one, two, three, four, five, six")],
        inferenceConfig={"maxTokens": 60, "temperature": 0, "stopSequences": ["e"]},
        additionalModelResponseFieldPaths=["/stop_sequence"])["stream"])
    stop = next(event["messageStop"] for event in events if "messageStop" in event)
    assert stop["stopReason"] == "stop_sequence"
    assert stop["additionalModelResponseFields"] == {"stop_sequence": "e"}
    text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events
                   if "contentBlockDelta" in event)
    assert "e" not in text
