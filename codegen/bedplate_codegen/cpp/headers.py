"""Headers: one for each structure and enumeration, one for each operation."""

from __future__ import annotations

from .. import names
from ..ir import Operation, Shape
from .context import Context, declaration


def _banner(context: Context, what: str) -> list[str]:
    return [f"// {what} of {context.service.name}. Generated; the service model is the source."]


def structure(context: Context, shape: Shape) -> str:
    name = context.type_name(shape)
    kind = "Union (one member is set)" if "Union" in shape.traits else "Structure"
    mentioned = [other for other in context.mentioned(shape) if other.name != shape.name]
    lines = _banner(context, f"{kind} {shape.name}")
    lines += ["#pragma once", '#include "wire/types.h"']
    lines += ["namespace bedplate::wire {", "struct Shape;", "}"]
    lines += [context.open_namespace()]
    lines += [declaration(context, other) for other in mentioned]
    lines += [f"struct {name} {{"]
    for member in shape.members:
        note = "  // required" if "Required" in member.traits else ""
        lines.append(f"  {context.member_type(member)} {names.member(member.name)};{note}")
    lines += ["  static const wire::Shape kShape;", "};", context.close_namespace()]
    # After the definition: structures may mention each other in a circle.
    lines += [context.include(other) for other in mentioned]
    return "\n".join(lines) + "\n"


def enumeration(context: Context, shape: Shape) -> str:
    name = context.type_name(shape)
    lines = _banner(context, f"Enumeration {shape.name}")
    lines += ["#pragma once", '#include "wire/types.h"', context.open_namespace()]
    lines += [f"enum class {name} : uint16_t {{", "  kUnrecognized,"]
    lines += [f"  {value}," for value in names.enumerators(shape.enum)]
    lines += ["};", f"const wire::EnumNames& NamesOf({name});", context.close_namespace()]
    return "\n".join(lines) + "\n"


def stream_aliases(context: Context, operation: Operation) -> list[str]:
    lines = []
    if operation.input_stream_shape:
        event = context.qualified(operation.input_stream_shape)
        lines.append(f"using {operation.name}Source = wire::EventSource<{event}>;")
    if operation.stream_shape:
        event = context.qualified(operation.stream_shape)
        output = context.qualified(operation.output)
        lines.append(f"using {operation.name}Sink = wire::EventSink<{event}, {output}>;")
    if operation.output_body:
        output = context.qualified(operation.output)
        lines.append(f"using {operation.name}Sink = wire::BodySink<{output}>;")
    return lines


def operation(context: Context, operation: Operation) -> str:
    lines = _banner(context, f"Input, output and errors of {operation.name}")
    lines += ["#pragma once"]
    shapes = [operation.input, operation.output, *operation.errors]
    lines += [context.include(shape) for shape in dict.fromkeys(filter(None, shapes))]
    if operation.stream_shape or operation.output_body:
        lines += ['#include "wire/call.h"', context.open_namespace()]
        lines += [*stream_aliases(context, operation), context.close_namespace()]
    return "\n".join(lines) + "\n"
