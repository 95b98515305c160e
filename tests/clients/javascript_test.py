"""The AWS SDK for JavaScript with its default handler, which speaks HTTP/2 by prior knowledge."""

from __future__ import annotations

import json
import pathlib
import subprocess

import pytest

from asking import ANSWER
from bedplate_server import CACHE, CHAT, EMBEDDINGS, PATIENCE_S, wait_until
from metrics import sequences_running
from openai_upstream import OpenAiUpstream
from scripted_model import scripted_model

CLIENT = pathlib.Path(__file__).resolve().parent / "javascript/client.mjs"


@pytest.fixture
def run(server):
    def run_task(task: str, model: str = CHAT) -> dict:
        done = subprocess.run([CACHE / "node/bin/node", CLIENT, task, model], text=True,
                              capture_output=True, timeout=PATIENCE_S, check=False,
                              env=server.client_variables())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return lambda *arguments: run_task(*arguments)


def test_the_default_handler_speaks_http_2(run):
    assert run("handler")["result"]["protocol"] == "h2"


def test_converse(run):
    answer = run("converse")["result"]
    assert ANSWER in answer["output"]["message"]["content"][0]["text"]
    assert answer["usage"]["totalTokens"] == (
        answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"])


def test_converse_stream(run):
    answer = run("converseStream")["result"]
    assert answer["names"][0] == "messageStart"
    assert answer["names"][-3:] == ["contentBlockStop", "messageStop", "metadata"]
    assert len(answer["texts"]) > 3
    assert ANSWER in "".join(answer["texts"])


def test_many_streams_on_one_connection(run):
    answers = run("converseTogether")["result"]
    assert len(answers) == 10
    for answer in answers:
        assert answer["names"][-1] == "metadata"
        assert ANSWER in "".join(answer["texts"])


def test_leaving_a_stream_frees_its_place(run, server):
    assert run("leaveEarly")["result"]["seen"] == 3
    wait_until("the engine is idle again", lambda: sequences_running(server) == 0)


def test_invoke_model(run):
    answer = run("invokeModel")["result"]
    assert ANSWER in answer["choices"][0]["message"]["content"]


def test_invoke_model_stream(run):
    chunks = run("invokeModelStream")["result"]["chunks"]
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks
                   if chunk.get("choices"))
    assert ANSWER in text


def test_count_tokens(run):
    assert run("countTokens")["result"]["inputTokens"] == 38


def test_list_foundation_models(run):
    assert {CHAT, EMBEDDINGS} <= set(run("listModels")["result"]["ids"])


def names_of(events: list[dict]) -> list[str]:
    """The names of the events, each run of texts as one."""
    names = [next(iter(event)) for event in events]
    return [name for at, name in enumerate(names)
            if name != "textOutput" or names[at - 1] != "textOutput"]


def test_a_conversation_of_two_turns(run):
    events = run("conversation")["result"]["events"]
    turn = ["completionStart", "contentStart", "textOutput", "contentEnd", "usageEvent",
            "completionEnd"]
    assert names_of(events) == turn * 2
    texts = [event["textOutput"]["content"] for event in events if "textOutput" in event]
    assert len(texts) > 6
    at = next(at for at, event in enumerate(events) if "completionEnd" in event)
    first = "".join(event["textOutput"]["content"] for event in events[:at]
                    if "textOutput" in event)
    assert ANSWER in first
    usages = [event["usageEvent"] for event in events if "usageEvent" in event]
    spent = [usage["details"]["delta"] for usage in usages]
    # The second turn reads what was said in the first.
    assert spent[1]["input"]["textTokens"] > spent[0]["input"]["textTokens"] > 20
    assert usages[1]["totalInputTokens"] == sum(use["input"]["textTokens"] for use in spent)
    assert usages[1]["totalOutputTokens"] == sum(use["output"]["textTokens"] for use in spent)
    assert len({event["sessionId"] for each in events for event in each.values()}) == 1


def test_a_conversation_with_tools(run, server):
    upstream = OpenAiUpstream(scripted_model)
    server.run("models", "add", "test.talker-v1", "--url", upstream.url)
    try:
        events = run("conversationWithTools", "test.talker-v1")["result"]["events"]
    finally:
        server.run("models", "remove", "test.talker-v1")
        upstream.close()
    assert names_of(events) == [
        "completionStart", "contentStart", "toolUse", "contentEnd", "usageEvent",
        "contentStart", "textOutput", "contentEnd", "usageEvent", "completionEnd"]
    assert events[2]["toolUse"]["toolName"] == "get_weather"
    assert json.loads(events[2]["toolUse"]["content"]) == {"town": "Bern"}
    said = "".join(event["textOutput"]["content"] for event in events if "textOutput" in event)
    assert said == "I was told: 7 degrees in Bern"


def test_a_conversation_is_refused_in_the_stream(run):
    error = run("conversationWithSound")["error"]
    assert error["name"] == "ValidationException"
    assert "audioOutputConfiguration" in error["message"]


def test_errors_have_their_class_status_and_message(run):
    error = run("unknownModel")["error"]
    assert error["name"] in ("ValidationException", "ResourceNotFoundException")
    assert error["status"] in (400, 404)
    assert "nobody.nothing-v1:0" in error["message"]
    assert error["requestId"]
    error = run("wrongRole")["error"]
    assert (error["name"], error["status"]) == ("ValidationException", 400)
    assert "must start with a user message" in error["message"]
