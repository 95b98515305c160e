"""What the searches for the best flags found, kept in a file after each combination, so that a
search that was cut off goes on where it was."""

from __future__ import annotations

import dataclasses
import json
import pathlib


@dataclasses.dataclass
class Found:
    """One model and case. `tried`: by name of the attempt, its flags and `rate`, or `below`, which
    its rate does not reach, or neither where the server does not start."""
    flags: str | None = None
    rate: float = 0.0
    complete: bool = False
    tried: dict[str, dict] = dataclasses.field(default_factory=dict)

    def describe(self) -> str:
        search = "complete" if self.complete else "unfinished"
        return f"`{self.flags}` (search {search}, {len(self.tried)} attempts)"


class FlagsFile:
    """By model file and case."""

    def __init__(self, path: pathlib.Path, model: str):
        self._path = path
        self._all = json.loads(path.read_text()) if path.exists() else {}
        self._model = model

    def find(self, case) -> Found:
        return Found(**self._all.get(self._model, {}).get(case.flags_of or case.name, {}))

    def keep(self, case, found: Found) -> None:
        self._all.setdefault(self._model, {})[case.flags_of or case.name] = \
            dataclasses.asdict(found)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(self._path.name + ".new")
        partial.write_text(json.dumps(self._all, indent=2) + "\n")
        partial.rename(self._path)
