"""Checks that no two operations of services that share routes answer to the same request."""

from __future__ import annotations

import re
from collections import defaultdict

from .ir import Operation, Service

_REST = ("RestJson", "RestXml", "OpenAi", "Anthropic")


def _route(operation: Operation) -> tuple:
    path = re.sub(r"\{[^}+]*\}", "{}", re.sub(r"\{[^}]*\+\}", "{+}", operation.uri))
    return (
        operation.method,
        path,
        tuple(sorted(operation.required_query)),
        tuple(sorted(operation.required_headers)),
        operation.first_label_holds,
    )


def collisions(services: list[Service]) -> list[str]:
    """A line for each set of operations that nothing tells apart."""
    routes: dict[tuple, list[str]] = defaultdict(list)
    for service in services:
        if service.protocol in _REST:
            for operation in service.operations:
                key = (service.signing_name, *_route(operation))
                routes[key].append(f"{service.name}#{operation.name}")
    return [
        f"{route[1]} {route[2]}: {', '.join(operations)} (decide in api/routes.toml)"
        for route, operations in routes.items()
        if len(operations) > 1
    ]
