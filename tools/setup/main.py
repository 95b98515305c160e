"""Installs what is missing for one purpose and says where it is. tools/setup/setup starts it."""

from __future__ import annotations

import argparse
import fcntl

import apt
import archives
import llama
import models
import node
import places
import python_environment
from steps import Steps


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tools/setup/setup",
        description="Installs what is missing on this machine: Debian packages, a Python "
        "environment, llama.cpp, the embedded models. What is there already costs nothing.")
    parser.add_argument("--for", dest="purpose", choices=apt.PURPOSES, default="serve",
                        help="serve: build and run; test: also the test clients and checkers; "
                        "bench: also the peers that bench/ compares with (default: serve)")
    purpose = parser.parse_args().purpose

    places.LOGS.mkdir(parents=True, exist_ok=True)
    with (places.CACHE / "setup.lock").open("w") as lock:
        # Two checkouts may set up at once; the second one finds everything done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(Steps(places.LOGS / "setup.log"), purpose)


def run(steps: Steps, purpose: str) -> None:
    apt.install(steps, purpose)
    python_environment.install(steps, "serve")
    llama.build(steps, with_bench=purpose == "bench")
    models.install(steps, "serve")
    if purpose in ("test", "bench"):
        python_environment.install(steps, "test")
        archives.unpacked(steps, "botocore")
        node.install(steps)
    if purpose == "bench":
        models.install(steps, "bench")


if __name__ == "__main__":
    main()
