"""What callers must be allowed for each served operation: api/authorization/<service>.toml.

A rule names an action and the resource that it is asked on, by members of the operation's input.
What a rule says of the model is checked here, so that a permission that could never be asked stops
the build: an operation that is served without a rule, a rule for no served operation, a member or
a kind of resource that is not there.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from .ir import Kind, Operation, PermitKey, PermitRule, Permits, Service, Shape
from .reader import ModelError

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_PLACE = re.compile(r"{([^{}]*)}")
# What the server knows beside the input.
_KNOWN_PLACES = {"name", "region", "account", "username"}
_RULE_WORDS = {"action", "on", "name", "when", "unless", "keys", "sets", "tags", "handler"}
_RESOURCE_WORDS = {"arn", "directory", "name", "self"}


class _Members:
    """The members of an operation's input, by paths."""

    def __init__(self, service: Service, operation: Operation, where: str):
        self.service = service
        self.operation = operation
        self.where = where

    def check(self, path: str) -> None:
        if self.service.facade_path or self.operation.input is None:
            labels = _PLACE.findall(self.operation.uri)
            if path not in [label.rstrip("+") for label in labels]:
                raise ModelError(f"{self.where}: the path has no label {path}")
            return
        shape = self.service.shapes[self.operation.input]
        for name in path.split("."):
            while shape.kind is Kind.LIST:
                shape = self.service.shapes[shape.members[0].shape]
            found = [each for each in shape.members if each.name == name]
            if shape.kind is not Kind.STRUCTURE or not found:
                raise ModelError(f"{self.where}: {shape.name} has no member {name} ({path})")
            shape = self.service.shapes[found[0].shape]
        while shape.kind is Kind.LIST:
            shape = self.service.shapes[shape.members[0].shape]
        if shape.kind is Kind.STRUCTURE and not self._is_pair(shape):
            raise ModelError(f"{self.where}: {path} has no text: {shape.name} is a structure")
        if shape.kind is Kind.DOCUMENT:
            raise ModelError(f"{self.where}: {path} has no text: {shape.name} is a document")

    def _is_pair(self, shape: Shape) -> bool:
        """A structure of a key and a value, as tags are."""
        kinds = [self.service.shapes[member.shape].kind for member in shape.members]
        return len(kinds) == 2 and set(kinds) <= {Kind.STRING, Kind.ENUM}

    def check_text(self, text: str) -> None:
        for place in _PLACE.findall(text):
            member = place.partition("|")[0]
            if member not in _KNOWN_PLACES:
                self.check(member)


def _known(words: dict, allowed: set[str], where: str) -> None:
    unknown = words.keys() - allowed
    if unknown:
        raise ModelError(f"{where}: {', '.join(sorted(unknown))}: no such word")


class _Reader:
    def __init__(self, service: Service, rules: dict):
        self.service = service
        self.where = f"api/authorization/{service.name}.toml"
        _known(rules, {"prefix", "resources", "sets", "operations"}, self.where)
        self.prefix = rules["prefix"]
        self.resources = rules.get("resources", {})
        self.sets = rules.get("sets", {})
        self.operations = rules.get("operations", {})
        for name, resource in self.resources.items():
            _known(resource, _RESOURCE_WORDS, f"{self.where}: resource {name}")

    def read(self) -> None:
        served = {each.name for each in self.service.operations if each.served}
        missing = served - self.operations.keys()
        if missing:
            raise ModelError(f"{self.where} does not say what {', '.join(sorted(missing))} asks")
        unknown = self.operations.keys() - {each.name for each in self.service.operations}
        if unknown:
            raise ModelError(f"{self.where}: no such operation: {', '.join(sorted(unknown))}")
        for operation in self.service.operations:
            if operation.served:
                operation.permits = self._permits(operation, self.operations[operation.name])

    def _permits(self, operation: Operation, raw: dict | list) -> Permits:
        rules = [self._rule(operation, each) for each in (raw if isinstance(raw, list) else [raw])]
        return Permits(rules)

    def _rule(self, operation: Operation, raw: dict) -> PermitRule:
        where = f"{self.where}: {operation.name}"
        _known(raw, _RULE_WORDS, where)
        members = _Members(self.service, operation, where)
        action = raw.get("action", f"{self.prefix}:{operation.name}")
        if not _ACTION.fullmatch(action):
            raise ModelError(f"{where}: {action} is no action")
        resource = self._resource(raw.get("on", "*"), where)
        rule = PermitRule(
            action=action,
            arn=resource["arn"],
            directory=resource.get("directory", ""),
            name=raw.get("name", resource.get("name", "")),
            own=resource.get("self", False),
            handler=raw.get("handler", ""),
        )
        if rule.handler:
            rule.name = raw.get("name", "")
            return rule
        rule.when, _, rule.when_value = raw.get("when", "").partition("=")
        rule.unless, _, rule.unless_value = raw.get("unless", "").partition("=")
        for path in (rule.name, rule.when, rule.unless):
            if path:
                members.check(path)
        if "{name}" in rule.arn and not rule.name and not rule.own:
            raise ModelError(f"{where}: what is it called? The resource's ARN wants a name")
        members.check_text(rule.arn)
        rule.keys = self._keys(raw, members, where)
        return rule

    def _resource(self, name: str, where: str) -> dict:
        if name == "*" or name.startswith("arn:"):
            return {"arn": name}
        if name not in self.resources:
            raise ModelError(f"{where}: no such kind of resource: {name}")
        return self.resources[name]

    def _keys(self, raw: dict, members: _Members, where: str) -> list[PermitKey]:
        texts: dict[str, str | list[str]] = {}
        for name in raw.get("sets", []):
            if name not in self.sets:
                raise ModelError(f"{where}: no such set of keys: {name}")
            texts |= self.sets[name]
        texts |= raw.get("keys", {})
        if "tags" in raw:
            texts |= {"aws:RequestTag/*": raw["tags"], "aws:TagKeys": raw["tags"]}
        return [self._key(key, each, members, where) for key, text in texts.items()
                for each in (text if isinstance(text, list) else [text])]

    def _key(self, key: str, text: str, members: _Members, where: str) -> PermitKey:
        if ":" not in key:
            raise ModelError(f"{where}: {key} is no condition key")
        if text.startswith("'") and text.endswith("'") and len(text) > 1:
            return PermitKey(key, text=text[1:-1])
        if "{" in text:
            members.check_text(text)
            return PermitKey(key, text=text)
        if text.startswith("set:"):  # what the member is called, where it is set
            path = text.removeprefix("set:")
            members.check(path)
            return PermitKey(key, path=path, text=path.rpartition(".")[2])
        form = text.startswith("form:")  # "a=1&b=2", as S3's header of tags
        path = text.removeprefix("form:")
        members.check(path)
        return PermitKey(key, path=path, form=form)


def apply(services: list[Service], folder: Path) -> None:
    """Gives every served operation of `services` its permits, from api/authorization."""
    for service in services:
        file = folder / f"{service.name}.toml"
        rules = tomllib.loads(file.read_text()) if file.exists() else {"prefix": service.name}
        _Reader(service, rules).read()
    names = {service.name for service in services}
    for file in sorted(folder.glob("*.toml")):
        if file.stem not in names:
            raise ModelError(f"{file.name} is of no service that is routed")
