"""The protocol cases of botocore's source archive, each as an operation of a service of its file.

A file holds suites, each a small service model with cases; shapes of one name differ between
suites. Here every file becomes one service: shapes that are the same with all that they reach are
kept once, others get a number; each case becomes an operation.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# ec2 is a protocol of one service, which Bedplate has no part of.
_PROTOCOLS_LEFT_OUT = ("ec2",)


@dataclass
class Case:
    service: str  # "output_rest_json"
    operation: str  # "S3C1": the case's place in its file
    direction: str  # "input" or "output"
    protocol: str
    suite: dict  # as in the file
    case: dict
    model: dict  # the operation in botocore's form, with the shapes' new names

    @property
    def id(self) -> str:
        """Names the case for people and for left_out.json."""
        return f"{self.service} {self.operation} {self.case.get('id') or self.suite['description']}"


def case_files(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Service name, direction and path of each file; `folder` is tests/unit/protocols."""
    for prefix, parent in (("", folder), ("legacy_", folder / "legacy")):
        for direction in ("input", "output"):
            for path in sorted((parent / direction).glob("*.json")):
                if path.stem not in _PROTOCOLS_LEFT_OUT:
                    name = f"{prefix}{direction}_{path.stem}".replace("-", "_")
                    yield name, direction, path


class _Shapes:
    """The shapes of one file under names of their own."""

    def __init__(self) -> None:
        self.shapes: dict[str, dict] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._count: dict[str, int] = {}

    def add(self, name: str, suite: dict) -> str:
        reached = self._reached(name, suite)
        key = (name, json.dumps(reached, sort_keys=True))
        if key in self._known:
            return self._known[key]
        count = self._count.get(name, 0)
        self._count[name] = count + 1
        new_name = name if count == 0 else f"{name}X{count}"
        self._known[key] = new_name
        shape = copy.deepcopy(suite[name])
        self.shapes[new_name] = shape
        for use in _uses(shape):
            use["shape"] = self.add(use["shape"], suite)
        return new_name

    def _reached(self, name: str, suite: dict) -> dict:
        reached: dict[str, dict] = {}
        waiting = [name]
        while waiting:
            at = waiting.pop()
            if at not in reached:
                reached[at] = suite[at]
                waiting.extend(use["shape"] for use in _uses(suite[at]))
        return reached


def _uses(shape: dict) -> list[dict]:
    parts = [shape[part] for part in ("member", "key", "value") if part in shape]
    return [*shape.get("members", {}).values(), *parts]


def load(name: str, direction: str, path: Path) -> tuple[dict, list[Case]]:
    """The service model of a file, and its cases."""
    suites = json.loads(path.read_text())
    shapes = _Shapes()
    cases: list[Case] = []
    operations: dict[str, dict] = {}
    protocol = suites[0]["metadata"]["protocol"] if suites else "json"
    for suite_number, suite in enumerate(suites):
        for case_number, case in enumerate(suite["cases"]):
            operation_name = f"S{suite_number}C{case_number}"
            operation = {
                "name": operation_name,
                "http": {"method": "POST", "requestUri": "/"} | case["given"].get("http", {}),
            }
            part = case["given"].get(direction)
            if part:
                suite_shapes = suite["shapes"]
                if "payload" in part:  # the older files say it here, models say it at the shape
                    whole = suite_shapes[part["shape"]] | {"payload": part["payload"]}
                    suite_shapes = suite_shapes | {part["shape"]: whole}
                shape = shapes.add(part["shape"], suite_shapes)
                operation[direction] = part | {"shape": shape}
                if "resultWrapper" in suite_shapes[part["shape"]]:
                    wrapper = suite_shapes[part["shape"]]["resultWrapper"]
                    operation[direction]["resultWrapper"] = wrapper
            operations[operation_name] = operation
            cases.append(Case(name, operation_name, direction, protocol, suite, case, operation))
    model = {
        "metadata": {"apiVersion": "1", "endpointPrefix": "case", "protocol": protocol},
        "operations": operations,
        "shapes": shapes.shapes,
    }
    return model, cases
