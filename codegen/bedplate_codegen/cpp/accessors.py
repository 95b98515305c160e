"""The two functions of each structure, list and map that move its parts in and out."""

from __future__ import annotations

from .. import names
from ..ir import Kind, Shape
from .context import Context

_READ = {
    Kind.STRING: "String",
    Kind.ENUM: "Enum",
    Kind.INTEGER: "Integer",
    Kind.LONG: "Long",
    Kind.FLOAT: "Float",
    Kind.DOUBLE: "Double",
    Kind.BOOLEAN: "Boolean",
    Kind.BLOB: "ReadBlob",
    Kind.TIMESTAMP: "ReadTimestamp",
    Kind.DOCUMENT: "ReadDocument",
}
_WRITE = _READ | {
    Kind.BLOB: "WriteBlob",
    Kind.TIMESTAMP: "WriteTimestamp",
    Kind.DOCUMENT: "WriteDocument",
}


def _read_call(context: Context, shape: Shape, value: str) -> str:
    if shape.kind in (Kind.STRUCTURE, Kind.LIST, Kind.MAP):
        return f"reader.{shape.kind.value}({context.schema_constant(shape)}, &{value});"
    return f"reader.{_READ[shape.kind]}({value});"


def _write_call(context: Context, shape: Shape, value: str) -> str:
    constant = context.schema_constant(shape)
    if shape.kind is Kind.STRUCTURE:
        return f"writer.Structure({constant}, &{value});"
    if shape.kind in (Kind.LIST, Kind.MAP):
        return f"writer.{shape.kind.value}({constant}, &{value}, ({value}).size());"
    return f"writer.{_WRITE[shape.kind]}({value});"


def functions(context: Context, shape: Shape) -> list[str]:
    """Definitions of Read<Type> and Write<Type>; none for simple shapes."""
    if shape.kind is Kind.STRUCTURE:
        return _structure(context, shape) if shape.members else []
    if shape.kind is Kind.LIST:
        return _list(context, shape)
    if shape.kind is Kind.MAP:
        return _map(context, shape)
    return []


def has_functions(shape: Shape) -> bool:
    return bool(shape.members) and shape.kind in (Kind.STRUCTURE, Kind.LIST, Kind.MAP)


def _structure(context: Context, shape: Shape) -> list[str]:
    name = context.type_name(shape)
    lines = [f"void Read{name}(void* object, uint32_t index, ShapeReader& reader) {{"]
    lines += [f"  auto& value = *static_cast<{name}*>(object);", "  switch (index) {"]
    for index, member in enumerate(shape.members):
        target = context.shape(member.shape)
        call = _read_call(context, target, f"value.{names.member(member.name)}.emplace()")
        lines.append(f"    case {index}: return {call}")
    lines += ["  }", "}"]
    lines += [f"void Write{name}(const void* object, ShapeWriter& writer) {{"]
    lines += [f"  const auto& value = *static_cast<const {name}*>(object);"]
    for index, member in enumerate(shape.members):
        target = context.shape(member.shape)
        part = f"value.{names.member(member.name)}"
        call = _write_call(context, target, f"*{part}")
        lines.append(f"  if ({part} && writer.BeginMember(k{name}Members[{index}])) {call}")
    return lines + ["}"]


def _list(context: Context, shape: Shape) -> list[str]:
    name = context.type_name(shape)
    vector = context.value_type(shape)
    element = context.shape(shape.members[0].shape)
    lines = [f"void Read{name}(void* object, uint32_t, ShapeReader& reader) {{"]
    lines += [f"  auto& values = *static_cast<{vector}*>(object);"]
    if element.kind is Kind.BOOLEAN:  # std::vector<bool> has no elements to refer to
        lines += ["  bool value = false;", "  reader.Boolean(value);", "  values.push_back(value);"]
    else:
        lines += [f"  {_read_call(context, element, 'values.emplace_back()')}"]
    lines += ["}", f"void Write{name}(const void* object, ShapeWriter& writer) {{"]
    lines += [f"  for (const auto& value : *static_cast<const {vector}*>(object)) {{"]
    lines += ["    writer.BeginElement();", f"    {_write_call(context, element, 'value')}"]
    return lines + ["  }", "}"]


def _map(context: Context, shape: Shape) -> list[str]:
    name = context.type_name(shape)
    map_type = context.value_type(shape)
    value = context.shape(shape.members[1].shape)
    call = _read_call(context, value, "values[std::move(reader.key())]")
    lines = [f"void Read{name}(void* object, uint32_t, ShapeReader& reader) {{"]
    lines += [f"  auto& values = *static_cast<{map_type}*>(object);", f"  {call}", "}"]
    lines += [f"void Write{name}(const void* object, ShapeWriter& writer) {{"]
    lines += [f"  for (const auto& [key, value] : *static_cast<const {map_type}*>(object)) {{"]
    lines += ["    writer.BeginEntry(key);", f"    {_write_call(context, value, 'value')}"]
    return lines + ["  }", "}"]
