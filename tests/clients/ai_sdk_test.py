"""The AI SDK's Amazon Bedrock provider, which signs requests and reads event streams by itself."""

from __future__ import annotations

import json
import pathlib
import subprocess

import pytest

from asking import ANSWER
from bedplate_server import CACHE, CHAT, EMBEDDINGS, PATIENCE_S
from openai_upstream import OpenAiUpstream
from scripted_model import scripted_model

CLIENT = pathlib.Path(__file__).resolve().parent / "javascript/ai_sdk.mjs"
CALLER = "test.ai-sdk-v1"
TITAN = "amazon.titan-embed-text-v2:0"


@pytest.fixture(scope="module")
def run(server):
    upstream = OpenAiUpstream(scripted_model)
    server.run("models", "add", CALLER, "--url", upstream.url)
    server.run("models", "bind", TITAN, "--model", EMBEDDINGS)

    def run_task(task: str, model: str = CHAT) -> dict:
        done = subprocess.run([CACHE / "node/bin/node", CLIENT, task, model], text=True,
                              capture_output=True, timeout=PATIENCE_S, check=False,
                              env=server.client_variables())
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        return said["result"] if "result" in said else said

    yield run_task
    server.run("models", "unbind", TITAN)
    server.run("models", "remove", CALLER)
    upstream.close()


def test_a_text(run):
    answer = run("text")
    assert ANSWER in answer["text"]
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] > 0


def test_a_stream(run):
    answer = run("stream")
    assert len(answer["texts"]) > 3 and ANSWER in "".join(answer["texts"])
    assert answer["usage"]["outputTokens"] > 0


@pytest.mark.parametrize("task", ["tools", "streamedTools"])
def test_a_tool_is_called_and_the_result_told(run, task):
    assert run(task, CALLER) == {"calls": [["get_weather", {"town": "Bern"}]],
                                 "text": "I was told: 7 degrees in Bern"}


def test_an_object(run):
    assert run("object", CALLER) == {"name": "Ada is 36.", "age": 36}


def test_embeddings(run):
    answer = run("embeddings", TITAN)
    assert answer["lengths"] == [384, 384] and answer["usage"]["tokens"] > 0


def test_errors_are_the_providers(run):
    error = run("text", "nobody.nothing-v1:0")["error"]
    assert error["status"] in (400, 404)
    assert "nobody.nothing-v1:0" in error["message"]
