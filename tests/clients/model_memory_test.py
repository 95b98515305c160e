"""Several models under one bound of memory: who leaves, who waits, who is refused."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import re
import shutil
import urllib.request

import pytest

from asking import ANSWER, converse, failure_of, text_of, user
from bedplate_server import CACHE, CHAT, wait_until

FIRST, SECOND = "mine.first-v1:0", "mine.second-v1:0"
WEIGHTS = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
# One of these models needs some 200 MB with the context that the tests give it.
ROOM_FOR_ONE = 350_000_000
CELLS = 1024


@pytest.fixture(name="two_models")
def _two_models(new_server, tmp_path):
    """A server with two models of its own, and room for one of them."""

    def start(**settings):
        server = new_server(**({"models__memory_bytes_max": ROOM_FOR_ONE,
                                "engine__context_cells": CELLS} | settings))
        for model in (FIRST, SECOND):
            file = tmp_path / f"{model.partition(':')[0]}.gguf"
            shutil.copyfile(WEIGHTS, file)
            server.run("models", "add", model, str(file))
        return server

    return start


def engines(server) -> dict[str, dict]:
    listed = json.loads(server.run("status", "--json"))["engines"]
    return {engine["model_id"]: engine for engine in listed}


def right_answer(client, model: str) -> bool:
    answer = converse(client, modelId=model, inferenceConfig={"maxTokens": 16, "temperature": 0})
    return ANSWER in text_of(answer)


def is_running(pid: int) -> bool:
    return pid > 0 and pathlib.Path(f"/proc/{pid}").exists()


def test_a_second_model_takes_the_place_of_the_first(two_models):
    server = two_models()
    client = server.client("bedrock-runtime")
    pids = []
    for model in (FIRST, SECOND, FIRST):
        assert right_answer(client, model)
        pids.append(wait_until(f"{model} is known",
                               lambda model=model: server.engine_pid(model) not in (0, *pids)
                               and server.engine_pid(model)))
        assert [is_running(pid) for pid in pids] == [False] * (len(pids) - 1) + [True]
    status = json.loads(server.run("status", "--json"))
    assert status["memory_budget_bytes"] == ROOM_FOR_ONE
    held = {engine["model_id"]: engine["held_bytes"] for engine in status["engines"]}
    assert held[SECOND] == 0 and 150_000_000 < held[FIRST] <= ROOM_FOR_ONE
    with urllib.request.urlopen(server.endpoint + "/metrics", timeout=60) as answer:
        page = answer.read().decode()
    assert f"\nbedplate_models_memory_budget_bytes {ROOM_FOR_ONE}\n" in page
    assert re.search(rf'bedplate_engine_held_memory_bytes{{model_id="{FIRST}"}} [1-9]', page)


def is_answered(client, model: str) -> bool:
    """False while it is being loaded, which may take longer than a request waits here."""
    try:
        return bool(converse(client, modelId=model))
    except client.exceptions.ModelNotReadyException:
        return False


def test_a_model_that_answers_is_not_unloaded(two_models):
    server = two_models(models__ready_wait_ms_max=500)
    client = server.client("bedrock-runtime")
    wait_until("the first model is loaded", lambda: is_answered(client, FIRST))
    events = iter(client.converse_stream(modelId=FIRST, messages=[user("Write a very long novel.")],
                                         inferenceConfig={"maxTokens": 900})["stream"])
    for _ in range(4):
        next(events)

    def refusal():
        """Of one that waits for memory; before that it waits for what describes its file."""
        failure = failure_of(converse, client, modelId=SECOND)
        assert (failure.code, failure.status) == ("ModelNotReadyException", 429), failure
        return failure if "memory" in failure.message else None

    # Who holds it is the operator's business.
    assert FIRST not in wait_until("it waits for memory", refusal).message
    assert any("messageStop" in event for event in events)  # undisturbed to its end
    wait_until("the second model is loaded", lambda: is_answered(client, SECOND))
    assert right_answer(client, SECOND)


def test_requests_to_both_at_once_are_all_answered(two_models):
    server = two_models(models__ready_wait_ms_max=100_000)
    client = server.client("bedrock-runtime")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(right_answer, client, model) for model in (FIRST, SECOND) * 3]
        assert all(answer.result() for answer in answers)


def test_a_model_that_does_not_fit_is_refused_with_need_and_budget(two_models):
    server = two_models(models__memory_bytes_max=150 << 20)
    failure = failure_of(converse, server.client("bedrock-runtime"), modelId=FIRST)
    assert (failure.code, failure.status) == ("ModelErrorException", 424), failure
    assert re.search(r"needs [12]\d\d MiB with a context of 1024 tokens", failure.message), failure
    assert "the budget is 150 MiB" in failure.message, failure


def test_the_context_shrinks_where_nobody_chose_it(new_server):
    """32,768 tokens would take 720 MiB more; the model's own 8,192 do not fit either. What the
    program takes by itself depends on how it was built."""
    about = json.loads(new_server().run("models", "fit", str(WEIGHTS), "--context", "4096", "--json"))
    server = new_server(models__memory_bytes_max=about["models"][0]["total_bytes"] + (30 << 20))
    client = server.client("bedrock-runtime")
    assert right_answer(client, CHAT)
    assert "the context is smaller" in server.log()
    pid = wait_until("the engine is known", lambda: server.engine_pid(CHAT))
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    assert words[words.index("--context-cells") + 1] == "4096"


def test_an_idle_model_is_unloaded_and_a_pinned_one_is_not(two_models):
    server = two_models(models__memory_bytes_max=2 << 30, models__idle_unload_s=1,
                        models__pinned=CHAT)
    wait_until("the pinned model is loaded", lambda: engines(server).get(CHAT, {}).get("pid"))
    pinned = engines(server)[CHAT]
    assert pinned["pinned"] and pinned["state"] in ("starting", "ready")
    client = server.client("bedrock-runtime")
    assert text_of(converse(client, modelId=FIRST))
    wait_until("the idle model is unloaded",
               lambda: engines(server).get(FIRST, {}).get("state") == "stopped")
    assert engines(server)[CHAT]["pid"] == pinned["pid"]
    assert right_answer(client, FIRST)


@pytest.mark.parametrize("damage", ["cut", "offset", "counts"])
def test_a_damaged_file_is_an_error_of_its_model_alone(two_models, tmp_path, damage):
    server = two_models()
    file = tmp_path / "bad.gguf"
    whole = bytearray(WEIGHTS.read_bytes())
    if damage == "cut":
        del whole[len(whole) // 2:]
    elif damage == "offset":
        place = whole.index(b"blk.0.attn_k.weight")
        whole[place + 43:place + 51] = (2 ** 50).to_bytes(8, "little")
    else:
        whole[8:24] = b"\xff" * 7 + b"\x7f" + b"\xff" * 7 + b"\x7f"
    file.write_bytes(whole)
    server.run("models", "add", "mine.bad-v1:0", str(file))
    client = server.client("bedrock-runtime")
    failure = failure_of(converse, client, modelId="mine.bad-v1:0")
    assert (failure.code, failure.status) == ("ModelErrorException", 424), failure
    assert "could not be loaded" in failure.message and str(tmp_path) not in failure.message
    assert right_answer(client, FIRST)
