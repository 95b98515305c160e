"""Who may include whom: tools/layers.json against every #include of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tree import Finding, Tree

_INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"(?P<ours>[^"]+)"|<(?P<outside>[^>]+)>)')
_GENERATED = re.compile(r"^[a-z0-9_]+/(?:shapes|ops)/|^gen/")


def check(tree: Tree) -> Iterator[Finding]:
    layers = json.loads(tree.text("tools/layers.json"))
    modules = layers["modules"]
    reach = {module: _reach(module, modules) for module in modules}
    for path in tree.cpp():
        if not path.startswith("src/"):
            continue
        module = path.split("/")[1]
        if module not in modules:
            yield Finding(path, 0, "layers", f"module {module} is not in tools/layers.json")
            continue
        for line, ours, included in _includes(tree.text(path)):
            yield from _outside(path, line, included, layers["outside_headers"])
            if not ours:
                continue
            target = _module_of(included, modules)
            if target is None:
                continue
            if target not in reach[module]:
                yield Finding(path, line, "layers", f"{module} may not include {target}: {included}")
            yield from _parts(path, line, module, target, included, layers)


def _reach(module: str, modules: dict[str, list[str]]) -> set[str]:
    """The module itself and everything below it."""
    if modules[module] == ["*"]:
        return set(modules)
    found = {module}
    for below in modules[module]:
        found |= _reach(below, modules)
    return found


def _includes(text: str) -> Iterator[tuple[int, bool, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _INCLUDE.match(line)
        if match:
            ours = match["ours"] is not None
            yield number, ours, match["ours"] if ours else match["outside"]


def _module_of(included: str, modules: dict[str, list[str]]) -> str | None:
    """The module an include path belongs to; None for a file of the same folder or an outside
    header in quotes."""
    first = included.split("/")[0]
    if _GENERATED.match(included):
        return "gen"
    return first if "/" in included and first in modules else None


def _parts(path: str, line: int, module: str, target: str, included: str,
           layers: dict) -> Iterator[Finding]:
    for part, allowed in layers["parts"].items():
        if part == "comment" or not path.startswith(f"src/{part}/"):
            continue
        if not any(included.startswith(prefix + "/") for prefix in allowed):
            yield Finding(path, line, "layers", f"{part} may not include {included}")
    pieces = included.split("/")
    if module == target and module in layers["parts_apart"]["modules"] and len(pieces) > 2:
        own = path.split("/")[2]
        if pieces[1] != own:
            yield Finding(path, line, "layers",
                          f"{module}/{own} may not include {module}/{pieces[1]}: {included}")


def _outside(path: str, line: int, included: str, rules: list[dict]) -> Iterator[Finding]:
    for rule in rules:
        if not re.search(rule["header"], included):
            continue
        homes = rule.get("homes")
        banned = rule.get("not_in", []) + rule.get("except", [])
        at_home = homes is None or path.startswith(tuple(homes))
        if not at_home or path.startswith(tuple(banned)):
            yield Finding(path, line, "layers", f"{included} does not belong here: {rule['why']}")
