"""The real program `bedplate` in a data folder of its own, for each test."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("BEDPLATE_TEST_PROGRAMS") or ROOT / "build/release/bin")
START_S_MAX = 60  # far beyond what it takes: a sanitizer on a busy machine


class Bedplate:
    """Runs commands, and at most one server, on one data folder and one free port."""

    def __init__(self, folder: pathlib.Path):
        self.program = PROGRAMS / "bedplate"
        self.folder = folder
        self.data = folder / "data"
        self.environment = {
            "HOME": str(folder), "PATH": os.environ["PATH"],
            "BEDPLATE_DATA_FOLDER": str(self.data), "BEDPLATE_LISTEN_PORT": "0",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.server: subprocess.Popen | None = None
        self.log = folder / "server.log"

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.program), *arguments], text=True, capture_output=True,
                              env=self.environment | environment, cwd=self.folder,
                              timeout=START_S_MAX, check=False)

    def ok(self, *arguments: str, **environment: str) -> str:
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def refused(self, *arguments: str, status: int = 1, **environment: str) -> str:
        done = self.run(*arguments, **environment)
        assert done.returncode == status, f"{arguments}: {done.returncode} {done.stdout}{done.stderr}"
        assert done.stdout == ""
        # `serve` may have logged before; the last words are for the person who typed the command.
        words = re.search("(?m)^bedplate: ", done.stderr)
        assert words, done.stderr
        return done.stderr[words.start():]

    def start(self, *arguments: str, **environment: str) -> str:
        """Starts the server and gives back what it printed when it was ready."""
        with self.log.open("a") as log:
            self.server = subprocess.Popen([str(self.program), "serve", *arguments], text=True,
                                           env=self.environment | environment, cwd=self.folder,
                                           stdout=subprocess.PIPE, stderr=log)
        if "--quiet" in arguments:
            self.wait_until(lambda: self.run("status").returncode == 0, "the server runs")
            return ""
        printed = ""
        while "aws bedrock-runtime" not in printed:
            line = self.server.stdout.readline()
            if line == "":
                self.server.wait(START_S_MAX)
                pytest.fail(f"the server ended: {self.log.read_text()}")
            printed += line
        return printed

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.server.send_signal(number)
        status = self.server.wait(START_S_MAX)
        self.server = None
        return status

    def status(self) -> dict:
        return json.loads(self.ok("status", "--json"))

    def client_environment(self) -> dict[str, str]:
        pairs = {}
        for line in self.ok("env", "--bearer").splitlines():
            if line.startswith("export "):
                name, value = line.removeprefix("export ").split("=", 1)
                pairs[name] = value.strip("'")
        return pairs

    def wait_until(self, condition, what: str):
        deadline = time.monotonic() + START_S_MAX
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}\n{self.log.read_text()}"
            time.sleep(0.02)


@pytest.fixture(name="bedplate")
def _bedplate(tmp_path: pathlib.Path):
    program = Bedplate(tmp_path)
    yield program
    if program.server is not None:
        program.server.kill()
        program.server.wait()
