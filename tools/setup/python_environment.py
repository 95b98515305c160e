"""The pinned Python environment: a venv of Debian's own Python, filled from a lock with hashes."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import places
import stamps
from steps import Log, StepFailed, Steps

DEBIAN_PYTHON = pathlib.Path("/usr/bin/python3")
PYTHON_VERSION = (3, 11)
_ADVICE = "pip needs the network once; run the command again when it is back."


def install(steps: Steps, name: str) -> None:
    """Brings what python-NAME.lock lists into the environment."""
    lock = places.SETUP / f"python-{name}.lock"
    stamp = places.VENV / f".bedplate-{name}"
    key = stamps.key_of(lock, str(places.VENV))
    if not (stamps.is_current(stamp, key) and places.PYTHON.exists()):
        steps.run(f"Python packages ({name})", lambda log: _install(log, lock))
        stamps.write(stamp, key)


def _install(log: Log, lock: pathlib.Path) -> None:
    if not _usable():
        version = subprocess.run(
            [DEBIAN_PYTHON, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True, text=True, check=False).stdout.split()
        if tuple(map(int, version)) != PYTHON_VERSION:
            raise StepFailed(f"{DEBIAN_PYTHON} is Python {'.'.join(version) or 'not there'}; the "
                             "locks are for 3.11, which Debian 12 has.")
        shutil.rmtree(places.VENV, ignore_errors=True)
        log.run([DEBIAN_PYTHON, "-m", "venv", places.VENV], advice="python3-venv makes it.")
    # The lock is complete, so pip has nothing to resolve; compiling happens on first import.
    log.run([places.PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
             "--no-deps", "--no-compile", "--progress-bar", "off", "--require-hashes",
             "--requirement", lock], advice=_ADVICE)


def _usable() -> bool:
    """A venv that moved here with a cache has to run, and to know its own place."""
    if not places.PYTHON.exists():
        return False
    said = subprocess.run([places.PYTHON, "-c", "import pip, sys; print(sys.prefix)"],
                          capture_output=True, text=True, check=False)
    return said.returncode == 0 and said.stdout.strip() == str(places.VENV)


def download(log: Log, package: str, version: str, form: str, sha256: str) -> None:
    """Fetches one archive into places.DOWNLOADS and lets pip check its hash. `form` is `source` or
    `wheel`."""
    places.DOWNLOADS.mkdir(parents=True, exist_ok=True)
    wish = places.DOWNLOADS / f"{package}.requirement"
    wish.write_text(f"{package}=={version} --hash=sha256:{sha256}\n", encoding="utf-8")
    only = "--no-binary" if form == "source" else "--only-binary"
    # pip asks a source archive for its metadata; the build back ends for that are in the lock.
    log.run([places.PYTHON, "-m", "pip", "download", "--disable-pip-version-check", "--no-input",
             "--no-deps", "--no-build-isolation", only, ":all:", "--progress-bar", "off",
             "--require-hashes", "--dest", places.DOWNLOADS, "--requirement", wish],
            advice=_ADVICE)
    wish.unlink()
