"""What an operation's callers must be allowed, as the tables of wire/permits.h."""

from __future__ import annotations

from ..ir import Operation, PermitKey, PermitRule
from .context import quoted


def _fields(fields: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f".{name} = {value}" for name, value in fields if value) + "}"


def _texts(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, quoted(text)) for name, text in pairs if text]


def _key(key: PermitKey) -> str:
    return _fields(_texts([("key", key.key), ("path", key.path)])
                   + ([("text", quoted(key.text))] if key.text or not key.path else [])
                   + [("form", "true" if key.form else "")])


def _rule(rule: PermitRule, keys: str) -> str:
    texts = _texts([
        ("action", rule.action),
        ("arn", rule.arn),
        ("directory", rule.directory),
        ("name", rule.name),
        ("when", rule.when),
        ("when_value", rule.when_value),
        ("unless", rule.unless),
        ("unless_value", rule.unless_value),
    ])
    return _fields([*texts, ("keys", keys), ("own", "true" if rule.own else "")])


def tables(operation: Operation) -> list[str]:
    """The constants of an operation, the last of which is kPermits<Operation>."""
    if operation.permits is None:
        return []
    lines, rules = [], []
    for number, rule in enumerate(operation.permits.asked):
        keys = f"kPermitKeys{operation.name}{number}" if rule.keys else ""
        if keys:
            listed = ", ".join(_key(key) for key in rule.keys)
            lines.append(f"constexpr wire::PermitKey {keys}[] = {{{listed}}};")
        rules.append(_rule(rule, keys))
    name = f"kPermitRules{operation.name}"
    if rules:
        lines.append(f"constexpr wire::PermitRule {name}[] = {{\n    " + ",\n    ".join(rules) + "};")
    fields = [
        ("rules", name if rules else ""),
        ("by_handler", "true" if operation.permits.by_handler else ""),
    ]
    lines.append(f"constexpr wire::Permits kPermits{operation.name}{_fields(fields)};")
    return lines
