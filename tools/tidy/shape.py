"""The outward shape of the tree: header prologues, file names, a README in each module, links."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree import Finding, Tree

_NAME = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*\.(h|cc)$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")
# Folders whose direct subfolders are modules with a README of their own.
_MODULE_PARENTS = ("src", "src/services", "tools", "tests", "bench")
_SINGLE_MODULES = ("src", "codegen", "api")


def check(tree: Tree) -> Iterator[Finding]:
    yield from _prologues(tree)
    yield from _names(tree)
    yield from _readmes(tree)
    yield from _links(tree)


def _prologues(tree: Tree) -> Iterator[Finding]:
    for path in tree.ending(".h"):
        lines = tree.text(path).splitlines()
        if not lines or not lines[0].startswith("// "):
            yield Finding(path, 1, "prologue", "starts without the comment that says what it is")
        elif "#pragma once" not in lines:
            yield Finding(path, 1, "prologue", "has no #pragma once")
        elif lines.index("#pragma once") > 40:
            yield Finding(path, 1, "prologue", "is longer than 40 lines: move it to the README")


def _names(tree: Tree) -> Iterator[Finding]:
    for path in tree.cpp():
        if not _NAME.match(posixpath.basename(path)):
            yield Finding(path, 0, "names", "C++ files are named in snake_case")


def _readmes(tree: Tree) -> Iterator[Finding]:
    modules = {module for module in _SINGLE_MODULES if any(
        path.startswith(module + "/") for path in tree.paths)}
    for parent in _MODULE_PARENTS:
        for path in tree.paths:
            below = path.removeprefix(parent + "/")
            if below != path and "/" in below:
                modules.add(f"{parent}/{below.split('/')[0]}")
    for module in sorted(modules):
        # A folder of data beside a test or a tool is described where it is used.
        has_code = any(path.startswith(module + "/") and (
            path.endswith((".h", ".cc")) or tree.is_script(path)) for path in tree.paths)
        if has_code and f"{module}/README.md" not in tree.paths:
            yield Finding(module, 0, "readme", "has no README.md: what it is, its files, how to test")


def _links(tree: Tree) -> Iterator[Finding]:
    known = set(tree.paths) | {posixpath.dirname(path) for path in tree.paths}
    for path in tree.ending(".md"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for target in _LINK.findall(line):
                if ":" in target:
                    continue
                place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if place not in known and not any(name.startswith(place + "/") for name in known):
                    yield Finding(path, number, "links", f"links to {target}, which is not there")
