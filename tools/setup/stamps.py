"""Stamps: files that remember what a step was done for, so that it is done once."""

from __future__ import annotations

import hashlib
import pathlib


def key_of(*parts: str | bytes | pathlib.Path) -> str:
    """One hash of texts and of the contents of files."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, pathlib.Path):
            part = part.read_bytes()
        elif isinstance(part, str):
            part = part.encode()
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:32]


def is_current(stamp: pathlib.Path, key: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == key


def write(stamp: pathlib.Path, key: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key + "\n", encoding="utf-8")


def sha256_of(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
