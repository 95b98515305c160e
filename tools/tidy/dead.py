"""Files nothing uses: a header that only its own .cc and tests include, a .cc that no CMake target
takes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree import Finding, Tree

_QUOTED_HEADER = re.compile(r'["<]([\w./-]+\.h)[">]')
_BY_NAME = ("main.cc",)


def check(tree: Tree) -> Iterator[Finding]:
    yield from _headers(tree)
    yield from _sources(tree)


def _headers(tree: Tree) -> Iterator[Finding]:
    used: set[str] = set()
    # The generator's templates include headers of ours as well, so its Python counts; CMake names
    # those that are precompiled.
    users = [path for path in tree.paths if path.endswith((".h", ".c", ".cc", "CMakeLists.txt"))
             or path.startswith(("codegen/", "api/"))]
    for user in users:
        if user.endswith("_test.cc") or "_test." in user:
            continue
        for name in _QUOTED_HEADER.findall(tree.text(user)):
            for header in (f"src/{name}", posixpath.normpath(
                    posixpath.join(posixpath.dirname(user), name)), name):
                if posixpath.splitext(header)[0] != posixpath.splitext(user)[0]:
                    used.add(header)
    for path in tree.ending(".h"):
        helper_of_tests = re.search(r"(^tests/|_testing\.h$|/testing/|^bench/)", path)
        if path not in used and not helper_of_tests:
            yield Finding(path, 0, "dead", "only its own .cc or tests include it: use it or drop it")


def _sources(tree: Tree) -> Iterator[Finding]:
    for path in tree.ending(".cc"):
        folder, name = posixpath.split(path)
        owner = _cmake_owner(tree, folder)
        if owner is None:
            yield Finding(path, 0, "dead", "no CMakeLists.txt above it")
            continue
        text = tree.text(owner)
        relative = posixpath.relpath(path, posixpath.dirname(owner))
        globbed = "bedplate_module(" in text and name not in _BY_NAME
        if not globbed and relative not in text:
            yield Finding(path, 0, "dead", f"{owner} does not name it")


def _cmake_owner(tree: Tree, folder: str) -> str | None:
    while folder:
        candidate = f"{folder}/CMakeLists.txt"
        if candidate in tree.paths:
            return candidate
        folder = posixpath.dirname(folder)
    return None
