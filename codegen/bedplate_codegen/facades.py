"""Facades: APIs of other providers that Bedrock serves beside its own. No service model has them, so
api/facades says their routes, and their handlers read and write the bodies themselves."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .ir import Operation, Service


def _operation(path: str, name: str, route: str) -> Operation:
    method, _, rest = route.partition(" ")
    return Operation(name=name, method=method, uri=path + rest, status=200, served=True)


def read(file: Path) -> Service:
    facade = tomllib.loads(file.read_text())
    return Service(
        name=file.stem,
        id=facade["id"],
        signing_name="bedrock",
        endpoint_prefix="bedrock-runtime",
        api_version="v1",
        protocol=facade["protocol"],
        bearer=True,
        facade_path=facade["path"],
        key_header=facade["key_header"],
        operations=[
            _operation(facade["path"], name, route)
            for name, route in facade["operations"].items()
        ],
    )


def load(folder: Path) -> list[Service]:
    """Every facade of api/, by name."""
    return [read(file) for file in sorted((folder / "facades").glob("*.toml"))]
