"""Bad requests, clients that leave, files that are no models, a parent that dies."""

import concurrent.futures
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

import httpx
import openai
import pytest
from engine_process import CHAT_MODEL, EMBEDDING_MODEL, PROGRAMS, Engine

ENDLESS = {"messages": [{"role": "user", "content": "Tell a story."}], "stream": True,
           "ignore_eos": True, "max_tokens": 4000}


@pytest.mark.parametrize("body, status, says", [
    (b"", 400, "body:"),
    (b"{", 400, "body:"),
    (b"[1]", 400, "body: expected an object, got [1]"),
    (b'{"messages":[]}', 400, "messages: expected a list of at least one message"),
    (b'{"messages":[{"role":"user","content":"a"}],"temperature":-1}', 400,
     "temperature: expected a number from 0"),
    (b'{"messages":[{"role":"user","content":"a"}],"stop":[""]}', 400, "stop: expected strings"),
    (b'{"messages":[{"role":"user","content":"a"}],"top_k":-1}', 400,
     "top_k: expected an integer from 0 to 2147483647, got -1"),
    (b'{"messages":[{"role":"user","content":"a"}],"topk":1}', 400,
     "topk: the engine knows no such field, got 1"),
    (b'{"messages":[{"role":"user","content":"\xff"}]}', 400, "body:"),
    (b"[" * 100000, 400, "body:"),
])
def test_bad_bodies_are_named(chat_engine, body, status, says):
    answer = chat_engine.http.post("/v1/chat/completions", content=body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert says in error["message"]
    assert error["code"] == "invalid_request_error"


def test_unknown_paths_and_methods(chat_engine):
    answer = chat_engine.http.get("/nothing")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"
    answer = chat_engine.http.get("/v1/chat/completions")
    assert answer.status_code == 405 and answer.headers["allow"] == "POST"


def test_too_long_a_prompt_is_refused(chat_engine):
    with pytest.raises(openai.BadRequestError) as caught:
        chat_engine.chat("word " * 9000)
    assert caught.value.code == "context_length_exceeded"
    counted = chat_engine.http.post("/v1/tokenize", json={
        "messages": [{"role": "user", "content": "word " * 9000}]}).json()["count"]
    assert f"has {counted} tokens" in caught.value.body["message"]
    assert "8192" in caught.value.body["message"]


@pytest.mark.parametrize("text", ["a" * 20_000_000, " " * 20_000_000 + "x"])
def test_a_prompt_too_long_by_its_bytes_is_refused_before_it_is_tokenized(chat_engine, text):
    """Tokenizing all of it took most of a minute, in which the model's other requests waited."""
    body = {"messages": [{"role": "user", "content": text}]}
    for path in ("/v1/chat/completions", "/v1/tokenize"):
        error = chat_engine.http.post(path, json=body).json()["error"]
        assert error["code"] == "context_length_exceeded", error
        assert "at least" in error["message"] and "8192" in error["message"]
    plain = chat_engine.http.post("/v1/completions", json={"prompt": text}).json()["error"]
    assert plain["code"] == "context_length_exceeded", plain


def test_more_messages_than_the_context_has_tokens_are_refused_before_they_are_rendered(chat_engine):
    messages = [{"role": ("user", "assistant")[turn % 2], "content": "a"} for turn in range(8193)]
    error = chat_engine.http.post("/v1/chat/completions",
                                  json={"messages": messages}).json()["error"]
    assert error["code"] == "context_length_exceeded", error
    assert "8193 messages" in error["message"] and "8192 tokens" in error["message"]


def test_a_body_over_the_limit_is_refused(chat_engine):
    # The engine answers without reading all of it, so the client may see the connection close.
    try:
        answer = chat_engine.http.post("/v1/chat/completions", content=b"x" * (65 << 20))
        assert answer.status_code == 413
    except httpx.TransportError:
        pass
    assert chat_engine.chat("hi", max_tokens=2).usage.completion_tokens > 0


def test_an_answer_ends_where_the_context_does():
    with Engine(CHAT_MODEL, "--context-cells", "256") as engine:
        answer = engine.chat("Tell a story.", ignore_eos=True, max_tokens=4000)
        assert answer.choices[0].finish_reason == "length"
        # The last token need not be computed again, so it may lie just outside.
        assert 255 <= answer.usage.total_tokens <= 257


def read_lines(answer, count):
    """Reads so many lines and keeps the connection: httpx closes it when the iterator is dropped,
    so the answer holds it."""
    answer.lines = answer.iter_lines()
    for _ in range(count):
        next(answer.lines)


def test_a_client_that_leaves_frees_its_place_at_once(chat_engine):
    chat_engine.wait_for_metric("bedplate_engine_running", 0)
    before = chat_engine.metrics()
    with chat_engine.http.stream("POST", "/v1/chat/completions", json=ENDLESS) as answer:
        read_lines(answer, 5)
        assert chat_engine.metrics()["bedplate_engine_running"] == 1
    chat_engine.wait_for_metric("bedplate_engine_running", 0, seconds_max=10)
    after = chat_engine.metrics()
    ended = 'bedplate_engine_requests_ended_total{ending="cancelled"}'
    assert after[ended] == before[ended] + 1
    assert after["bedplate_engine_new_tokens_total"] - before[
        "bedplate_engine_new_tokens_total"] < 1000


def test_a_client_that_leaves_before_the_first_token_frees_its_place(chat_engine):
    before = chat_engine.metrics()
    body = b'{"messages":[{"role":"user","content":"' + b"many words " * 700 + b'"}]}'
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(chat_engine.socket)
    connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: e\r\ncontent-length: "
                       + str(len(body)).encode() + b"\r\n\r\n" + body)
    chat_engine.wait_for_metric("bedplate_engine_running", 1)
    connection.close()
    chat_engine.wait_for_metric("bedplate_engine_running", 0, seconds_max=10)
    ended = 'bedplate_engine_requests_ended_total{ending="cancelled"}'
    assert chat_engine.metrics()[ended] == before[ended] + 1


def test_many_leave_and_the_others_do_not_notice(chat_engine):
    def leave(number):
        with chat_engine.http.stream("POST", "/v1/chat/completions", json=ENDLESS) as answer:
            read_lines(answer, 2 + number % 5)
    def stay(number):
        return chat_engine.chat(f"Say {number}.", max_tokens=20, ignore_eos=True)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        leaving = [pool.submit(leave, i) for i in range(24)]
        staying = [pool.submit(stay, i) for i in range(8)]
        assert all(s.result().usage.completion_tokens == 20 for s in staying)
        for done in leaving:
            done.result()
    chat_engine.wait_for_metric("bedplate_engine_running", 0, seconds_max=10)
    chat_engine.wait_for_metric("bedplate_engine_waiting", 0, seconds_max=10)


def run_engine(model: pathlib.Path, folder: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bedplate-engine", "--model", model, "--listen",
         f"unix:{folder / 'engine.sock'}"], capture_output=True, text=True, timeout=60, check=False)


def expect_clean_refusal(run: subprocess.CompletedProcess, file: pathlib.Path) -> None:
    assert run.returncode == 1, run.stderr[-500:]
    last = run.stderr.strip().splitlines()[-1]
    assert '"level":"error"' in last and file.name in last


def test_files_that_are_no_models_end_cleanly(tmp_path):
    whole = CHAT_MODEL.read_bytes()
    cases = {
        "missing": None,
        "empty": b"",
        "text": b"hello, I am no model\n" * 100,
        "header-only": whole[:24],
        "half-metadata": whole[:200_000],
        "half-tensors": whole[:len(whole) // 2],
        "wrong-version": whole[:4] + b"\xff\0\0\0" + whole[8:2_000_000],
        "endless-counts": whole[:8] + b"\xff" * 16 + whole[24:2_000_000],
    }
    for name, content in cases.items():
        file = tmp_path / f"{name}.gguf"
        if content is not None:
            file.write_bytes(content)
        expect_clean_refusal(run_engine(file, tmp_path), file)


def test_damaged_metadata_ends_cleanly_or_loads(tmp_path):
    """Bytes changed at random in the metadata: whatever happens, no crash without a word."""
    whole = bytearray(EMBEDDING_MODEL.read_bytes())
    random_numbers = random.Random(11)
    file = tmp_path / "damaged.gguf"
    for _ in range(25):
        damaged = bytearray(whole)
        for _ in range(random_numbers.choice([1, 4, 32])):
            damaged[random_numbers.randrange(8, 4096)] = random_numbers.randrange(256)
        file.write_bytes(damaged)
        process = subprocess.Popen(
            [PROGRAMS / "bedplate-engine", "--model", file, "--listen",
             f"unix:{tmp_path / 'engine.sock'}"], stderr=subprocess.PIPE, text=True)
        try:
            _, errors = process.communicate(timeout=5)
            assert process.returncode == 1, f"{process.returncode}: {errors[-500:]}"
            assert '"level":"error"' in errors.strip().splitlines()[-1]
        except subprocess.TimeoutExpired:  # it loaded, and serves
            process.terminate()
            _, errors = process.communicate(timeout=20)
            assert process.returncode == 0, errors[-500:]


def test_wrong_arguments_say_what_is_wrong(tmp_path):
    for arguments, says in [
        ([], "--model"),
        (["--model", "a", "--listen", "tcp:1"], "unix:PATH"),
        (["--model", "a", "--listen", "unix:b", "--threads", "0"], "--threads"),
        (["--model", "a", "--listen", "unix:b", "--sequences", "193"], "193"),
    ]:
        run = subprocess.run([PROGRAMS / "bedplate-engine", *arguments], capture_output=True,
                             text=True, timeout=20, check=False)
        assert run.returncode == 2
        assert says in run.stderr


def test_it_is_loading_until_it_is_ready(tmp_path):
    engine = Engine(CHAT_MODEL)
    with engine:
        assert engine.http.get("/health").json() == {"status": "ok"}


def test_it_ends_with_its_parent(tmp_path):
    path = tmp_path / "engine.sock"
    script = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([{str(PROGRAMS / 'bedplate-engine')!r}, '--model', "
        f"{str(EMBEDDING_MODEL)!r}, '--listen', 'unix:{path}'], stderr=subprocess.DEVNULL)\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(600)\n")
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    deadline = time.monotonic() + 30
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split(") ")[1][0]
            if state == "Z":
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    raise AssertionError("the engine outlived its parent")


def test_sigterm_lets_running_answers_finish():
    with Engine(CHAT_MODEL) as engine, concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(engine.chat, "Tell a story.", max_tokens=48, ignore_eos=True)
        engine.wait_for_metric("bedplate_engine_running", 1)
        engine.process.send_signal(signal.SIGTERM)
        assert answer.result().usage.completion_tokens == 48
        assert engine.process.wait(timeout=20) == 0


def test_a_killed_engine_cuts_its_streams():
    with Engine(CHAT_MODEL) as engine:
        with pytest.raises(httpx.TransportError):
            with engine.http.stream("POST", "/v1/chat/completions", json=ENDLESS) as answer:
                for count, _ in enumerate(answer.iter_lines()):
                    if count == 5:
                        engine.process.kill()
        engine.process.wait()
