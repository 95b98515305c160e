"""Regular expressions: from Java's syntax, which the models use, to RE2's."""

from __future__ import annotations

import re

# Constructs that RE2 has no words for. A pattern with one needs an entry in api/patterns.toml.
_UNSUPPORTED = [
    (re.compile(r"\(\?<?[=!]"), "look-around"),
    (re.compile(r"\\[1-9]"), "a back reference"),
    (re.compile(r"&&"), "an intersection of classes"),
    (re.compile(r"[*+?}]\+"), "a possessive quantifier"),
    (re.compile(r"\\[hHRXGZ]"), "an escape that RE2 lacks"),
]
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_REPEAT_MAX = 1000  # RE2's own limit


class UnsupportedPattern(Exception):
    """The pattern cannot be said in RE2's syntax."""


def to_re2(pattern: str) -> str:
    """The same language in RE2's syntax. A full match is meant, so anchors may stay."""
    for construct, what in _UNSUPPORTED:
        if construct.search(pattern):
            raise UnsupportedPattern(f"{what} in {pattern!r}")
    for repeat in _REPEAT.finditer(pattern):
        if any(int(count) > _REPEAT_MAX for count in repeat.groups() if count):
            raise UnsupportedPattern(f"more than {_REPEAT_MAX} repetitions in {pattern!r}")
    return re.sub(r"\\u([0-9a-fA-F]{4})", r"\\x{\1}", pattern)
