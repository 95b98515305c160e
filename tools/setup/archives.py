"""Pinned archives (archives.json): fetched through pip, checked by hash, unpacked."""

from __future__ import annotations

import json
import pathlib
import shutil
import tarfile

import places
import python_environment
import stamps
from steps import Log, StepFailed, Steps


def all_archives() -> list[dict]:
    return json.loads((places.SETUP / "archives.json").read_text(encoding="utf-8"))


def find(package: str) -> dict:
    return next(entry for entry in all_archives() if entry["package"] == package)


def fetch(log: Log, entry: dict) -> pathlib.Path:
    """The archive's path, after its hash was found right."""
    path = places.DOWNLOADS / entry["file"]
    if not (path.is_file() and stamps.sha256_of(path) == entry["sha256"]):
        python_environment.download(log, entry["package"], entry["version"], entry["form"],
                                    entry["sha256"])
    if not path.is_file():
        raise StepFailed(f"pip did not leave {path}; see the log for what it fetched instead.")
    return path


def unpacked(steps: Steps, package: str) -> pathlib.Path:
    """The folder of a source archive's files, unpacked if they are not there yet."""
    entry = find(package)
    folder = places.SOURCES / entry["file"].removesuffix(".tar.gz")
    stamp = places.STAMPS / f"source-{package}"
    key = stamps.key_of(json.dumps(entry, sort_keys=True), str(folder))
    if not (stamps.is_current(stamp, key) and folder.is_dir()):
        steps.run(f"{package} {entry['version']} (source)",
                  lambda log: _unpack(fetch(log, entry), folder, entry["unpack"]))
        stamps.write(stamp, key)
    return folder


def _unpack(archive: pathlib.Path, folder: pathlib.Path, wanted: list[str]) -> None:
    partial = folder.with_name(folder.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(archive) as tar:
        members = []
        for member in tar:
            # The first part of each name is the folder the archive was made of.
            inside = member.name.partition("/")[2]
            if inside.startswith(tuple(wanted)):
                member.name = inside
                members.append(member)
        # Its hash was checked, and Debian 12 has no extraction filters yet.
        tar.extractall(partial, members=members)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
