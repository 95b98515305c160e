"""clang-tidy over the sources of one build, with findings as errors. A source that was clean is not
looked at again until it, a header of ours that it includes, its command or the rules change; that
memory lies in the cache, so that it serves every checkout."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess

import places
from results import Counts
from steps import Log

PROGRAM = "clang-tidy-19"
_CLEAN = places.CACHE / "clang-tidy"
# ninja prints `path/to/object.o: #deps 12, deps mtime ...` and then one header a line.
_OBJECT = re.compile(r"^(\S+): #deps \d+")
_OUTPUT = re.compile(r" -o (\S+)")
# What CMake adds for a precompiled header.
_PRECOMPILED = re.compile(r" (?:-Winvalid-pch|-Xclang -(?:include-pch|include) -Xclang \S+)")


def check(log: Log, build: pathlib.Path) -> Counts:
    # Tests are left out: their macros cost most of the time and say little.
    units = [unit for unit in _units(build) if not unit["file"].endswith("_test.cc")]
    keys = _keys(build, units)
    commands = _write_commands(units)
    _CLEAN.mkdir(parents=True, exist_ok=True)
    counts = Counts()
    todo = []
    for unit in units:
        if (_CLEAN / keys[unit["file"]]).is_file():
            counts.passed += 1
        else:
            todo.append(unit)
    log.write(f"clang-tidy: {len(todo)} of {len(units)} sources to look at\n")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {pool.submit(_look_at, unit["file"], commands): unit for unit in todo}
        for done, run in enumerate(concurrent.futures.as_completed(runs), 1):
            unit = runs[run]
            words = run.result()
            log.last_line = f"[{done}/{len(todo)}]"
            if words is None:
                (_CLEAN / keys[unit["file"]]).touch()
                counts.passed += 1
            else:
                name = os.path.relpath(unit["file"], places.CHECKOUT)
                log.write(words)
                counts.failures.append(name)
    return counts


def _look_at(file: str, commands: pathlib.Path) -> str | None:
    """None for a clean source, else the findings."""
    run = subprocess.run([PROGRAM, "-p", commands, "--quiet", file], capture_output=True, text=True,
                         check=False, cwd=places.CHECKOUT)
    return None if run.returncode == 0 else run.stdout + run.stderr


def _units(build: pathlib.Path) -> list[dict]:
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    sources = str(places.CHECKOUT / "src") + "/"
    # Without precompiled headers, a source that does not include what it uses is found.
    return [{**unit, "command": _PRECOMPILED.sub("", unit["command"])} for unit in commands
            if unit["file"].startswith(sources)]


def _write_commands(units: list[dict]) -> pathlib.Path:
    """The folder with the commands as clang-tidy reads them."""
    folder = places.CHECKOUT / "build" / "clang-tidy"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(units), encoding="utf-8")
    return folder


def _keys(build: pathlib.Path, units: list[dict]) -> dict[str, str]:
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True,
                             check=True).stdout
    rules = (places.CHECKOUT / ".clang-tidy").read_text(encoding="utf-8")
    headers = _headers(build)
    hashes: dict[str, str] = {}

    def content(path: str) -> str:
        if path not in hashes:
            hashes[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        return hashes[path]

    keys = {}
    for unit in units:
        total = hashlib.sha256((version + rules).encode())
        total.update(unit["command"].replace(str(places.CHECKOUT), "").encode())
        for path in sorted({unit["file"], *headers.get(_object_of(unit), ())}):
            # Headers of Debian's packages change only with the packages, and precompiled ones are
            # left out of the command.
            if path.startswith(str(places.CHECKOUT)) and "/cmake_pch." not in path:
                total.update(path.removeprefix(str(places.CHECKOUT)).encode())
                total.update(content(path).encode())
        keys[unit["file"]] = total.hexdigest()
    return keys


def _object_of(unit: dict) -> str:
    """The object a source becomes; only newer versions of CMake write it down by itself."""
    return unit.get("output") or _OUTPUT.search(unit["command"]).group(1)


def _headers(build: pathlib.Path) -> dict[str, list[str]]:
    """The headers of each object, from ninja's record of the last build."""
    listed = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                            check=True).stdout
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in listed.splitlines():
        start = _OBJECT.match(line)
        if start:
            current = found.setdefault(start[1], [])
        elif line.startswith("    "):
            path = pathlib.Path(line.strip())
            current.append(os.path.normpath(path if path.is_absolute() else build / path))
    return found
