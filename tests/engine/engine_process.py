"""Starts bedplate-engine for a test and talks to it over its Unix socket."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

import httpx
import openai

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))
PROGRAMS = pathlib.Path(os.environ.get("BEDPLATE_TEST_PROGRAMS", CHECKOUT / "build/dev/bin"))
CHAT_MODEL = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
EMBEDDING_MODEL = CACHE / "models/all-MiniLM-L6-v2.F16.gguf"
START_SECONDS_MAX = 120


class Engine:
    """A running engine. Use as a context manager."""

    def __init__(self, model: pathlib.Path, *arguments: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="engine-test-")
        self.socket = os.path.join(self._folder.name, "engine.sock")
        self._log = open(os.path.join(self._folder.name, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [PROGRAMS / "bedplate-engine", "--model", model, "--listen", f"unix:{self.socket}",
             *arguments], stderr=self._log, stdin=subprocess.DEVNULL)
        self.http = httpx.Client(transport=httpx.HTTPTransport(uds=self.socket),
                                 base_url="http://engine", timeout=120)
        # The library retries overload by itself, which would hide it from a test.
        self.openai = openai.OpenAI(base_url="http://engine/v1", api_key="none", max_retries=0,
                                    http_client=self.http)

    def __enter__(self) -> Engine:
        self.wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()
        self._folder.cleanup()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the engine ended: {self.log()[-3:]}")
            try:
                if self.http.get("/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        raise RuntimeError("the engine did not become ready")

    def log(self) -> list[dict]:
        """The engine's log so far."""
        with open(self._log.name, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]

    def metrics(self) -> dict[str, float]:
        page = self.http.get("/metrics").text
        return {name: float(value)
                for name, value in re.findall(r"^(bedplate_engine_\S+) (\S+)$", page, re.M)}

    def wait_for_metric(self, name: str, value: float, seconds_max: float = 30) -> None:
        deadline = time.monotonic() + seconds_max
        while self.metrics()[name] != value:
            if time.monotonic() > deadline:
                raise AssertionError(f"{name} is {self.metrics()[name]}, not {value}")
            time.sleep(0.005)

    def count(self, **more: object) -> openai.types.chat.ChatCompletion:
        """An answer that goes on counting from 9. Its tokens are so likely that the rounding of
        another batch or a cached prompt does not change them, so it can be compared."""
        arguments = {"model": "m", "temperature": 0, "max_tokens": 24, **more}
        return self.openai.chat.completions.create(
            messages=[{"role": "user", "content": "Count from 1 to 40."},
                                 {"role": "assistant", "content": "1, 2, 3, 4, 5, 6, 7, 8,"}],
            **arguments)

    def chat(self, text: str, **more: object) -> openai.types.chat.ChatCompletion:
        """One question, answered by the likeliest tokens unless told otherwise."""
        extra = {key: more.pop(key) for key in
                 ("top_k", "min_p", "repeat_penalty", "ignore_eos") if key in more}
        arguments = {"model": "m", "temperature": 0, "max_tokens": 32, **more}
        return self.openai.chat.completions.create(
            messages=[{"role": "user", "content": text}], extra_body=extra, **arguments)
