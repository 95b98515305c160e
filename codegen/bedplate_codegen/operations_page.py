"""docs/operations.md: which operations are served, from the models and api/."""

from __future__ import annotations

from .ir import Operation, Service

_HEAD = """# Operations
Written by `python -m bedplate_codegen operations` from the service models and `api/`; a test checks that it is current.
A served operation does its real work. Every other one is routed, and answers with status 501 and a message that names it.

"""


def _named(service: Service, operation: Operation) -> str:
    """Facades have no SDK that knows where their operations are."""
    if not service.facade_path:
        return operation.name
    return f"{operation.name} (`{operation.method} {operation.uri}`)"


def page(services: list[Service]) -> str:
    lines = ["| service | operations | served |", "|---|---|---|"]
    for service in services:
        served = sum(operation.served for operation in service.operations)
        lines.append(f"| {service.name} | {len(service.operations)} | {served} |")
    for service in services:
        lines += ["", f"## {service.name}"]
        groups: dict[str, list[str]] = {}
        for each in service.operations:
            why = f"Left out, as {each.left_out}" if each.left_out else "Not yet"
            title = "Served" if each.served else why
            groups.setdefault(title, []).append(_named(service, each))
        for title in sorted(groups, key=lambda title: title != "Served"):
            lines += ["", f"{title}: {', '.join(groups[title])}."]
    return _HEAD + "\n".join(lines) + "\n"
