"""What every part of the back end asks: names, C++ types, and which shapes a shape mentions."""

from __future__ import annotations

import json

from .. import names
from ..ir import Kind, Member, Operation, Service, Shape

_SIMPLE_TYPES = {
    Kind.STRING: "std::string",
    Kind.INTEGER: "int32_t",
    Kind.LONG: "int64_t",
    Kind.FLOAT: "float",
    Kind.DOUBLE: "double",
    Kind.BOOLEAN: "bool",
    Kind.BLOB: "wire::Blob",
    Kind.TIMESTAMP: "wire::Timestamp",
    Kind.DOCUMENT: "wire::Document",
}


def quoted(text: str) -> str:
    """A C++ string literal. JSON's escapes are C++'s, but for code points above ASCII: those go
    in as UTF-8."""
    return json.dumps(text, ensure_ascii=False)


class Context:
    def __init__(self, service: Service, for_tests: bool = False):
        self.service = service
        self.for_tests = for_tests  # makers of objects in place of handlers
        self.namespace = names.namespace(service.name)
        self._types = names.types(service.shapes)

    def shape(self, name: str) -> Shape:
        return self.service.shapes[name]

    def type_name(self, shape: Shape | str) -> str:
        return self._types[shape if isinstance(shape, str) else shape.name]

    def qualified(self, shape: Shape | str) -> str:
        # Whole, since members may be named like types (S3 has `Owner Owner`).
        return f"::bedplate::gen::{self.namespace}::{self.type_name(shape)}"

    def value_type(self, shape: Shape) -> str:
        """The C++ type of a value of the shape."""
        if shape.kind is Kind.STRUCTURE:
            return self.qualified(shape)
        if shape.kind is Kind.ENUM:
            return f"wire::OpenEnum<{self.qualified(shape)}>"
        if shape.kind is Kind.LIST:
            return f"std::vector<{self.value_type(self.shape(shape.members[0].shape))}>"
        if shape.kind is Kind.MAP:
            return f"std::map<std::string, {self.value_type(self.shape(shape.members[1].shape))}>"
        return _SIMPLE_TYPES[shape.kind]

    def member_type(self, member: Member) -> str:
        shape = self.shape(member.shape)
        holder = "Box" if shape.kind is Kind.STRUCTURE else "Opt"
        return f"wire::{holder}<{self.value_type(shape)}>"

    def mentioned(self, shape: Shape) -> list[Shape]:
        """The structures and enumerations that the members of a structure are made of."""
        found: dict[str, Shape] = {}

        def visit(name: str) -> None:
            target = self.shape(name)
            if target.kind in (Kind.STRUCTURE, Kind.ENUM):
                found[name] = target
            elif target.kind is Kind.LIST:
                visit(target.members[0].shape)
            elif target.kind is Kind.MAP:
                visit(target.members[1].shape)

        for member in shape.members:
            visit(member.shape)
        return [found[name] for name in sorted(found)]

    def schema_constant(self, shape: Shape | str) -> str:
        """How shapes.cc names the wire::Shape of a shape."""
        shape = self.shape(shape) if isinstance(shape, str) else shape
        name = self.type_name(shape)
        return f"{name}::kShape" if shape.kind is Kind.STRUCTURE else f"k{name}Shape"

    def include(self, shape: Shape | str) -> str:
        return f'#include "{self.namespace}/shapes/{self.type_name(shape)}.h"'

    def served(self) -> list[Operation]:
        return [operation for operation in self.service.operations if operation.served]

    def open_namespace(self) -> str:
        return f"namespace bedplate::gen::{self.namespace} {{"

    def close_namespace(self) -> str:
        return f"}}  // namespace bedplate::gen::{self.namespace}"


def declaration(context: Context, shape: Shape) -> str:
    name = context.type_name(shape)
    return f"enum class {name} : uint16_t;" if shape.kind is Kind.ENUM else f"struct {name};"
