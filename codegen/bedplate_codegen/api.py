"""Loads api/: the pinned version, what is served, and the corrections to the models."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Api:
    botocore_version: str
    served: dict[str, set[str]]  # service -> operations, in the order of api/services
    # service -> why, and patterns of the names of operations that are not served for it
    left_out: dict[str, list[tuple[str, list[str]]]] = field(default_factory=dict)
    patterns: dict[str, str] = field(default_factory=dict)  # "service#Shape" -> RE2 pattern
    # "service#Operation" -> the text that decides for it
    first_label_holds: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)  # "service#Operation" without a route


def _load(path: Path) -> dict:
    return tomllib.loads(path.read_text()) if path.exists() else {}


def load(folder: Path) -> Api:
    services = {
        path.stem: _load(path)
        for path in sorted((folder / "services").glob("*.toml"), key=lambda path: path.stem)
    }
    api = Api(
        botocore_version=_load(folder / "botocore.toml")["version"],
        served={name: set(service["served"]) for name, service in services.items()},
        left_out={
            name: [(each["why"], each["operations"]) for each in service["left_out"]]
            for name, service in services.items() if "left_out" in service
        },
    )
    for correction in _load(folder / "patterns.toml").get("correction", []):
        for shape in correction["shapes"]:
            api.patterns[shape] = correction["pattern"]
    routes = _load(folder / "routes.toml")
    for decision in routes.get("decide", []):
        api.first_label_holds[decision["operations"][0]] = decision["first_label_holds"]
    for drop in routes.get("drop", []):
        api.dropped.update(drop["operations"])
    return api
