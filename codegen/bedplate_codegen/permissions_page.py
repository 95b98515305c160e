"""docs/permissions.md: what callers of each served operation must be allowed, from api/authorization."""

from __future__ import annotations

from .ir import Operation, PermitKey, PermitRule, Service

_HEAD = """# Permissions
Written by `python -m bedplate_codegen permissions` from `api/authorization`; a test checks that it is current.
What callers of each served operation must be allowed, and the condition keys that it is asked with beside those of every request
([why it is decided so](adr/authorization.md)). `{region}`, `{account}` and `{username}` are the caller's, `{name}` is what the resource is called; all
others are members of the request, with what is meant where they are not set behind a `|`.
"""


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _condition(rule: PermitRule) -> str:
    parts = []
    for word, member, value in (("with", rule.when, rule.when_value),
                                ("without", rule.unless, rule.unless_value)):
        if member:
            parts.append(f"{word} {_code(member + ('=' + value if value else ''))}")
    return ", ".join(parts + ([rule.handler] if rule.handler else []))


def _key(key: PermitKey) -> str:
    held = _code(key.path) if key.path else _code(key.text)
    if key.path and key.text:
        held = f"{_code(key.text)} with {held}"
    return f"{_code(key.key)} ({held})"


def _rows(operation: Operation) -> list[str]:
    rules = operation.permits.rules if operation.permits else []
    if not rules:
        return [f"| {operation.name} | nothing | | | |"]
    rows = []
    for number, rule in enumerate(rules):
        resource = rule.arn
        if rule.name:
            resource = resource.replace("{name}", "{" + rule.name + "}")
        cells = [operation.name if number == 0 else "", _code(rule.action), _code(resource),
                 _condition(rule), ", ".join(_key(key) for key in rule.keys)]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def page(services: list[Service]) -> str:
    lines: list[str] = []
    for service in services:
        served = [each for each in service.operations if each.served]
        if not served:
            continue
        lines += ["", f"## {service.name}", "", "| operation | permission | on | when | condition keys |",
                  "|---|---|---|---|---|"]
        for operation in served:
            lines += _rows(operation)
    return _HEAD + "\n".join(lines) + "\n"
