"""Steps that say what they do: one line each with its seconds, everything else in a log file.

A step that has nothing to do prints nothing. One that fails shows the end of the log, says what to
try, and ends the program."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

_NINJA = re.compile(r"^\[(\d+)/(\d+)\]")
_NAME_COLUMNS = 44
# Without a terminal a sign of life is a line, so it comes seldom.
_LINE_EVERY_S = 60


class StepFailed(Exception):
    """The step cannot go on; the text says what the user can do about it."""


@dataclasses.dataclass
class Log:
    """Where commands write, and the last line they wrote."""

    path: pathlib.Path
    last_line: str = ""

    def write(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as log:
            log.write(text)

    def run(self, command: Sequence[str | os.PathLike[str]], *, advice: str,
            cwd: pathlib.Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Runs a command with its output in the log; StepFailed with `advice` if it fails."""
        words = [str(word) for word in command]
        self.write(f"\n$ {shlex.join(words)}\n")
        try:
            process = subprocess.Popen(
                words, cwd=cwd, env={**os.environ, **(environment or {})}, text=True,
                errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT)
        except FileNotFoundError as error:
            raise StepFailed(f"{words[0]} is not there. {advice}") from error
        assert process.stdout is not None
        with self.path.open("a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                log.flush()
                self.last_line = line.strip() or self.last_line
        if process.wait() != 0:
            raise StepFailed(f"{words[0]} ended with status {process.returncode}. {advice}")

    def tail(self, lines: int) -> str:
        return "\n".join(self.path.read_text(encoding="utf-8").splitlines()[-lines:])

    def progress(self) -> str:
        """`120 of 210` while ninja builds, else nothing worth showing."""
        match = _NINJA.match(self.last_line)
        return f"{match[1]} of {match[2]}" if match else ""


class Steps:
    """Runs steps one after the other and prints a line for each."""

    def __init__(self, log_path: pathlib.Path):
        log_path.parent.mkdir(parents=True, exist_ok=True)
        log_path.write_text("", encoding="utf-8")
        self.log = Log(log_path)
        self._terminal = sys.stderr.isatty()

    def run(self, name: str, work: Callable[[Log], None]) -> None:
        """Runs a step that the rest depends on: ends the program if it fails."""
        if not self.attempt(name, work):
            raise SystemExit(1)

    def attempt(self, name: str, work: Callable[[Log], None]) -> bool:
        """Runs a step and tells whether it went well."""
        self.log.write(f"\n== {name}\n")
        self.log.last_line = ""
        begin = time.monotonic()
        over = threading.Event()
        watcher = threading.Thread(target=self._show, args=(name, begin, over), daemon=True)
        watcher.start()
        failure = None
        try:
            work(self.log)
        except StepFailed as problem:
            failure = problem
        finally:
            over.set()
            watcher.join()
        self._line(name, begin, "failed" if failure else "")
        if failure:
            self._explain(failure)
        return failure is None

    def _show(self, name: str, begin: float, over: threading.Event) -> None:
        if not self._terminal:
            print(f"  {name} ...", file=sys.stderr, flush=True)
        while not over.wait(1 if self._terminal else _LINE_EVERY_S):
            text = f"  {name:<{_NAME_COLUMNS}}{time.monotonic() - begin:6.0f} s  "
            text += self.log.progress()
            if self._terminal:
                print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            else:
                print(text.rstrip(), file=sys.stderr, flush=True)

    def _line(self, name: str, begin: float, ending: str) -> None:
        start = "\r\x1b[K" if self._terminal else ""
        text = f"  {name:<{_NAME_COLUMNS}}{time.monotonic() - begin:6.1f} s  {ending}"
        print(start + text.rstrip(), file=sys.stderr, flush=True)

    def _explain(self, failure: StepFailed) -> None:
        print(f"\nThe end of {self.log.path}:\n", file=sys.stderr)
        print(self.log.tail(20), file=sys.stderr)
        print(f"\n{failure}\nEverything is in {self.log.path}", file=sys.stderr)
