"""What must not be written, from tools/tidy/bans.json: a pattern, where it is looked for, the
files that may use it, and what to do instead."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator

from tree import Finding, Tree

RULES = "tools/tidy/bans.json"


def check(tree: Tree) -> Iterator[Finding]:
    for rule in json.loads(tree.text(RULES)):
        pattern = re.compile(rule["pattern"])
        for path in tree.paths:
            if path == RULES or not _looked_at(path, rule["in"]):
                continue
            if _looked_at(path, rule.get("allowed", [])):
                continue
            text = tree.code(path) if rule.get("code_only") else tree.text(path)
            if not pattern.search(text):
                continue
            for number, line in enumerate(text.splitlines(), 1):
                found = pattern.search(line)
                if found:
                    message = f"`{found.group(0).strip()}`: {rule['instead']}"
                    yield Finding(path, number, rule["name"], message)


def _looked_at(path: str, globs: list[str]) -> bool:
    """`*` crosses folders, so `src/*.h` is every header below src."""
    return any(fnmatch.fnmatchcase(path, glob) for glob in globs)
