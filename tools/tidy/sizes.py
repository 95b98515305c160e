"""File sizes: half of the files short, nine of ten within reach of one reading, none huge.

The ratchet file holds what is over a limit today. It may only fall: a file that grew is an error,
and one that shrank asks for the ratchet to be lowered (`tools/tidy --ratchet` writes it)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

from tree import Finding, Tree

RATCHET = "tools/tidy/ratchet.json"
LINES_MEDIAN = 150
LINES_NINE_OF_TEN = 400
LINES_MAX = 800
# A group of a few files has no meaningful median.
FILES_MIN = 10


def check(tree: Tree) -> Iterator[Finding]:
    known = json.loads(tree.text(RATCHET)) if RATCHET in tree.paths else {}
    measured = measure(tree)
    for name, value in sorted(measured.items()):
        allowed = known.get(name)
        limit = _limit(name)
        if allowed is None:
            yield Finding(name, 0, "sizes", f"{value} lines, over the limit of {limit}")
        elif value > allowed:
            yield Finding(name, 0, "sizes", f"grew from {allowed} to {value} lines (limit {limit})")
    for name, allowed in sorted(known.items()):
        if measured.get(name, 0) < allowed:
            yield Finding(name, 0, "sizes", f"is below its ratchet of {allowed}: "
                          "run `python3 tools/tidy --ratchet` and commit it")


def measure(tree: Tree) -> dict[str, int]:
    """What is over its limit now: lines by file, and by `median of ...` and `90 % of ...`."""
    over: dict[str, int] = {}
    groups = {
        "C++ files": tree.cpp(),
        "scripts": [path for path in tree.paths if tree.is_script(path)],
    }
    for group, paths in groups.items():
        lines = {path: tree.text(path).count("\n") for path in paths}
        over |= {path: count for path, count in lines.items() if count > LINES_MAX}
        if len(lines) < FILES_MIN:
            continue
        counts = sorted(lines.values())
        median = round(statistics.median(counts))
        ninth = counts[min(len(counts) - 1, len(counts) * 9 // 10)]
        if median > LINES_MEDIAN:
            over[f"median of {group}"] = median
        if ninth > LINES_NINE_OF_TEN:
            over[f"90 % of {group}"] = ninth
    return over


def write_ratchet(tree: Tree) -> None:
    text = json.dumps(measure(tree), indent=2, sort_keys=True) + "\n"
    (tree.root / RATCHET).write_text(text, encoding="utf-8")


def _limit(name: str) -> int:
    if name.startswith("median of"):
        return LINES_MEDIAN
    return LINES_NINE_OF_TEN if name.startswith("90 % of") else LINES_MAX
