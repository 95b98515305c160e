"""shapes.cc: the constant description of every shape of a service, and its accessors."""

from __future__ import annotations

from ..ir import Constraint, Kind, Member, Shape
from . import accessors
from .context import Context, quoted


def _traits(traits: set[str]) -> str:
    return " | ".join(f"k{trait}" for trait in sorted(traits))


def _fields(fields: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f".{name} = {value}" for name, value in fields if value) + "}"


def _constraint(constraint: Constraint) -> str:
    def bound(value: int | float | None, kind: type) -> str:
        # The least 64-bit integer has no literal in C++, and it bounds nothing anyway.
        fits = isinstance(value, kind) and (kind is float or abs(value) < 2**63 - 1)
        return repr(value) if fits else ""

    return _fields(
        [
            ("min", bound(constraint.minimum, int)),
            ("max", bound(constraint.maximum, int)),
            ("floating_min", bound(constraint.minimum, float)),
            ("floating_max", bound(constraint.maximum, float)),
            ("pattern", quoted(constraint.pattern) if constraint.pattern else ""),
            ("re2_pattern", quoted(constraint.re2_pattern) if constraint.re2_pattern else ""),
        ]
    )


def _member(context: Context, member: Member) -> str:
    enum = "TimestampFormat::k"
    timestamp = member.timestamp_format
    return _fields(
        [
            ("name", quoted(member.name)),
            ("wire_name", quoted(member.wire_name)),
            ("shape", f"&{context.schema_constant(member.shape)}"),
            ("traits", _traits(member.traits)),
            ("location", f"Location::k{member.location}" if member.location != "Body" else ""),
            ("timestamp_format", enum + timestamp if timestamp != "Default" else ""),
            ("xml_namespace_prefix", quoted(member.xml_prefix) if member.xml_prefix else ""),
            ("xml_namespace", quoted(member.xml_namespace) if member.xml_namespace else ""),
        ]
    )


def _shape(context: Context, shape: Shape) -> str:
    name = context.type_name(shape)
    functions = accessors.has_functions(shape)
    return _fields(
        [
            ("name", quoted(shape.name)),
            ("kind", f"Kind::k{shape.kind.value}"),
            ("traits", _traits(shape.traits)),
            ("constraint", f"&k{name}Constraint" if shape.constraint else ""),
            ("members", f"k{name}Members" if shape.members else ""),
            ("member_count", str(len(shape.members)) if shape.members else ""),
            ("error_status", str(shape.error_status) if shape.error_status else ""),
            ("error_code", quoted(shape.error_code) if shape.error_code else ""),
            ("enum_names", f"&k{name}Names" if shape.kind is Kind.ENUM else ""),
            ("xml_name", quoted(shape.xml_name) if shape.xml_name else ""),
            ("read", f"Read{name}" if functions else ""),
            ("write", f"Write{name}" if functions else ""),
        ]
    )


def _enum(context: Context, shape: Shape) -> list[str]:
    name = context.type_name(shape)
    texts = ", ".join(quoted(text) for text in shape.enum)
    return [
        f"constexpr std::string_view k{name}Texts[] = {{{texts}}};",
        f"constexpr wire::EnumNames k{name}Names{{k{name}Texts, {len(shape.enum)}}};",
    ]


def source(context: Context) -> str:
    shapes = list(context.service.shapes.values())
    structures = [shape for shape in shapes if shape.kind is Kind.STRUCTURE]
    enums = [shape for shape in shapes if shape.kind is Kind.ENUM]
    others = [shape for shape in shapes if shape.kind is not Kind.STRUCTURE]
    lines = [f"// The shapes of {context.service.name}. Generated."]
    lines += [context.include(shape) for shape in structures + enums]
    lines += ['#include "wire/reader.h"', '#include "wire/schema.h"', '#include "wire/writer.h"']
    lines += [context.open_namespace(), "using namespace wire;", "namespace {"]
    lines += [f"extern const Shape {context.schema_constant(shape)};" for shape in others]
    for shape in shapes:
        name = context.type_name(shape)
        if shape.kind is Kind.ENUM:
            lines += _enum(context, shape)
        if shape.constraint:
            lines.append(f"constexpr Constraint k{name}Constraint{_constraint(shape.constraint)};")
    for shape in shapes:
        if shape.members:
            members = ",\n    ".join(_member(context, member) for member in shape.members)
            name = context.type_name(shape)
            lines.append(f"constexpr Member k{name}Members[] = {{\n    {members}}};")
        lines += accessors.functions(context, shape)
    for shape in others:
        constant = context.schema_constant(shape)
        lines.append(f"constinit const Shape {constant} = {_shape(context, shape)};")
    lines += ["}  // namespace"]
    for shape in structures:
        constant = context.schema_constant(shape)
        lines.append(f"constinit const Shape {constant} = {_shape(context, shape)};")
    for shape in enums:
        name = context.type_name(shape)
        lines.append(f"const wire::EnumNames& NamesOf({name}) {{ return k{name}Names; }}")
    lines += [context.close_namespace()]
    return "\n".join(lines) + "\n"
