"""Programs that die: the engine in the middle of a stream, the server itself."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import signal
import threading

import botocore.exceptions
import pytest

from asking import converse, failure_of, text_of, user
from bedplate_server import CACHE, CHAT, EMBEDDINGS, PATIENCE_S, PROGRAMS, wait_until


def embed(client) -> int:
    return len(client.invoke_model(modelId=EMBEDDINGS, body=b'{"inputText": "plate"}')["body"].read())


def is_running(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_an_engine_killed_in_mid_stream(new_server):
    server = new_server()
    client = server.client("bedrock-runtime")
    assert embed(client)
    assert text_of(converse(client))
    engine = wait_until("the engine is known", lambda: server.engine_pid(CHAT))
    other = wait_until("the other engine is known", lambda: server.engine_pid(EMBEDDINGS))

    others_failed = []
    stop = threading.Event()

    def use_the_other_model() -> None:
        mine = server.client("bedrock-runtime")
        while not stop.is_set():
            try:
                embed(mine)
            except Exception as problem:  # whatever it is, it must not happen
                others_failed.append(problem)

    bystander = threading.Thread(target=use_the_other_model)
    bystander.start()
    try:
        events = iter(client.converse_stream(
            modelId=CHAT, messages=[user("Write a very long novel.")],
            inferenceConfig={"maxTokens": 1800})["stream"])
        for _ in range(4):
            next(events)
        os.kill(engine, signal.SIGKILL)
        with pytest.raises(botocore.exceptions.EventStreamError) as caught:
            list(events)
        error = caught.value.response["Error"]
        assert error["Code"] in ("modelStreamErrorException", "internalServerException",
                                 "serviceUnavailableException")
        assert error["Message"].strip()

        # The very next request works, on a new engine.
        assert text_of(converse(client))
        again = wait_until("a new engine", lambda: server.engine_pid(CHAT) not in (0, engine) and
                           server.engine_pid(CHAT))
        assert is_running(again) and not is_running(engine)
    finally:
        stop.set()
        bystander.join()
    assert not others_failed
    assert server.engine_pid(EMBEDDINGS) == other


def test_an_engine_killed_in_mid_stream_of_a_native_body(new_server):
    server = new_server()
    client = server.client("bedrock-runtime")
    assert text_of(converse(client))
    engine = wait_until("the engine is known", lambda: server.engine_pid(CHAT))
    events = iter(client.invoke_model_with_response_stream(modelId=CHAT, body=json.dumps({
        "messages": [{"role": "user", "content": "Write a very long novel."}],
        "max_tokens": 1800}))["body"])
    for _ in range(4):
        next(events)
    os.kill(engine, signal.SIGKILL)
    with pytest.raises(botocore.exceptions.EventStreamError) as caught:
        list(events)
    error = caught.value.response["Error"]
    assert error["Code"] in ("modelStreamErrorException", "internalServerException",
                             "serviceUnavailableException")
    assert error["Message"].strip()
    assert text_of(converse(client))


def test_a_request_without_a_stream_survives_its_engine(new_server):
    """Nothing was sent yet, so the server asks the new engine once more."""
    server = new_server()
    client = server.client("bedrock-runtime")
    assert text_of(converse(client))
    engine = wait_until("the engine is known", lambda: server.engine_pid(CHAT))
    killer = threading.Timer(0.5, os.kill, (engine, signal.SIGKILL))
    killer.start()
    # A prompt that takes seconds to read: the engine is at work when it is killed.
    answer = converse(client, "Go on: " + "once upon a time " * 1500)
    killer.join()
    assert text_of(answer)
    assert server.engine_pid(CHAT) != engine


def test_a_request_whose_engines_die_one_after_the_other_fails(new_server):
    server = new_server(models__ready_wait_ms_max=5_000)
    client = server.client("bedrock-runtime")
    assert text_of(converse(client))
    stop = threading.Event()

    def kill_every_engine() -> None:
        while not stop.wait(0.2):
            pid = server.engine_pid(CHAT)
            if pid and is_running(pid):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_every_engine)
    killer.start()
    try:
        failure = failure_of(converse, client, "Write a very long novel.",
                             inferenceConfig={"maxTokens": 4000})
    finally:
        stop.set()
        killer.join()
    assert failure.code in ("ModelErrorException", "ModelNotReadyException",
                            "ServiceUnavailableException", "InternalServerException"), failure
    assert failure.status in (424, 429, 500, 503) and failure.message.strip()

    def works_again() -> bool:
        try:
            return bool(text_of(converse(client)))
        except botocore.exceptions.ClientError:
            return False

    wait_until("the model answers again", works_again)


@pytest.mark.parametrize("wait_ms", [3_600_000, 100])
def test_an_engine_killed_while_it_loads_its_model(new_server, tmp_path, wait_ms):
    program, go = tmp_path / "slow-engine", tmp_path / "go"
    program.write_text('#!/bin/sh\ncase "$1" in --describe) ;; *)\n'
                       f'while [ ! -e "{go}" ]; do sleep 0.05; done ;;\nesac\n'
                       f'exec {PROGRAMS / "bedplate-engine"} "$@"\n')
    program.chmod(0o700)
    server = new_server(engine__program=program, models__ready_wait_ms_max=wait_ms)
    client = server.client("bedrock-runtime", read_timeout=PATIENCE_S)
    long_enough = wait_ms > 1000
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(*([converse] if long_enough else [failure_of, converse]), client)
        engine = wait_until("an engine loads", lambda: server.engine_pid(CHAT))
        os.kill(engine, signal.SIGKILL)
        if not long_enough:
            failure = asked.result()
            assert (failure.code, failure.status) == ("ModelNotReadyException", 429), failure
            assert CHAT in failure.message and int(failure.headers["retry-after"]) >= 1
            failure = failure_of(converse, client)
            assert (failure.code, failure.status) == ("ModelNotReadyException", 429), failure
        go.touch()
        if long_enough:
            assert text_of(asked.result())
    wait_until("a new engine", lambda: server.engine_pid(CHAT) not in (0, engine))


@pytest.mark.parametrize("kind", ["missing", "not executable", "no program"])
def test_an_engine_program_that_cannot_be_started(new_server, tmp_path, kind):
    program = tmp_path / "my-engine"
    if kind != "missing":
        program.write_text("not a program")
    if kind == "no program":
        program.chmod(0o700)
    # A request that waited for this model would outlast the test's client.
    server = new_server(engine__program=program, models__ready_wait_ms_max=3_600_000)
    client = server.client("bedrock-runtime", read_timeout=PATIENCE_S)
    for _ in range(2):
        failure = failure_of(converse, client)
        assert (failure.code, failure.status) == ("ModelErrorException", 424), failure
        assert CHAT in failure.message and str(tmp_path) not in failure.message
    # The log is written a moment after what it tells of.
    wait_until("the log says it", lambda: "the engine can't be started" in server.log())
    lines = [json.loads(line) for line in server.log().splitlines()]
    said = [line for line in lines if line["message"] == "the engine can't be started"]
    assert said[0]["level"] == "error" and said[0]["model"] == CHAT
    assert str(program) in said[0]["error"]
    warned = any(line["level"] == "warning" and line.get("program") == str(program)
                 for line in lines)
    assert warned == (kind != "no program"), "when the server starts, not with the first request"


def test_an_engine_that_cannot_load_its_model(new_server, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 1000)
    server = new_server()
    try:
        server.run("models", "add", "my.broken-v1:0", str(broken))
    except AssertionError as refused:
        # Better still: it is not even taken.
        assert "broken.gguf" in str(refused)
        return
    client = server.client("bedrock-runtime")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        converse(client, modelId="my.broken-v1:0")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 400
    assert caught.value.response["Error"]["Message"].strip()
    assert text_of(converse(client))


def test_a_server_killed_and_started_again_has_its_state(new_server):
    server = new_server()
    weights = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
    server.run("models", "add", "my.copy-v1:0", str(weights), "--name", "My copy")
    client = server.client("bedrock-runtime")
    wait_until("the added model is served", lambda: "my.copy-v1:0" in server.run("models", "list"))
    assert text_of(converse(client))
    keys = dict(server.environment)
    engine = wait_until("the engine is known", lambda: server.engine_pid(CHAT))

    server.kill()
    wait_until("the engine ended with its server", lambda: not is_running(engine))
    server.start()

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_BEARER_TOKEN_BEDROCK"):
        assert server.environment[name] == keys[name]
    listed = server.client("bedrock").list_foundation_models()["modelSummaries"]
    assert "my.copy-v1:0" in {model["modelId"] for model in listed}
    again = server.client("bedrock-runtime")
    assert text_of(converse(again, modelId="my.copy-v1:0"))
    assert text_of(converse(again))


def test_a_server_asked_to_stop_finishes_what_it_began(new_server):
    server = new_server()
    client = server.client("bedrock-runtime")
    events = iter(client.converse_stream(modelId=CHAT, messages=[user("Tell me a story.")],
                                         inferenceConfig={"maxTokens": 60})["stream"])
    next(events)
    os.kill(server.pid, signal.SIGTERM)
    names = [next(iter(event)) for event in events]
    assert names[-1] == "metadata"
