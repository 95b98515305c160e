"""The files that tidy looks at, and what a check reports about them."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
import subprocess

CPP = (".h", ".cc")
SCRIPT = (".py", ".sh", ".mjs", ".cjs", ".js", ".ts")
# Literals first, so that `//` inside a string is no comment. Raw strings are rare enough here
# that their delimiter is not matched back.
_CPP_NOISE = re.compile(
    r'R"(?P<raw>[^\s()\\]{0,16})\(.*?\)(?P=raw)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong; line 0 stands for the whole file."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message} [{self.rule}]"


class Tree:
    """A checkout's files by their path relative to the root. Reads each file once."""

    def __init__(self, root: pathlib.Path, paths: list[str]):
        self.root = root
        self.paths = sorted(paths)

    @classmethod
    def of_checkout(cls, root: pathlib.Path) -> Tree:
        """Tracked files, and new ones that git does not ignore."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, check=True, capture_output=True, text=True,
        ).stdout.split("\0")
        return cls(root, [path for path in listed if path and (root / path).is_file()])

    @functools.cache
    def text(self, path: str) -> str:
        """The file's text; empty for a file that is not UTF-8 (an image, a font)."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    @functools.cache
    def code(self, path: str) -> str:
        """A C++ file's text with comments and literals blanked, line numbers kept."""
        return _CPP_NOISE.sub(_blank, self.text(path))

    def ending(self, *suffixes: str) -> list[str]:
        return [path for path in self.paths if path.endswith(suffixes)]

    def cpp(self) -> list[str]:
        return self.ending(*CPP)

    def is_script(self, path: str) -> bool:
        """Python, shell and JavaScript, told by the name or by the first line."""
        if path.endswith(SCRIPT):
            return True
        name = path.rsplit("/", 1)[-1]
        return "." not in name and self.text(path).startswith("#!")


def _blank(match: re.Match[str]) -> str:
    noise = match.group(0)
    kept = noise[0] + noise[-1] if noise[0] in "\"'" else " "
    return kept + "\n" * noise.count("\n")
