"""Loads api/: the pinned version, what is served, and the corrections to the models."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Api:
    botocore_version: str
    served: dict[str, set[str]]  # service -> operations, in the order of api/services
    patterns: dict[str, str] = field(default_factory=dict)  # "service#Shape" -> RE2 pattern
    # "service#Operation" -> the text that decides for it
    first_label_holds: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)  # "service#Operation" without a route


def _load(path: Path) -> dict:
    return tomllib.loads(path.read_text()) if path.exists() else {}


def load(folder: Path) -> Api:
    api = Api(
        botocore_version=_load(folder / "botocore.toml")["version"],
        served={
            path.stem: set(_load(path)["served"])
            for path in sorted(
                (folder / "services").glob("*.toml"), key=lambda path: path.stem
            )
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
