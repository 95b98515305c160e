"""objects.cc: makers of empty inputs and outputs by operation, for tests that work on any shape.

Handlers get their inputs by type, so the server itself needs no such table.
"""

from __future__ import annotations

from .context import Context


def header(context: Context) -> str:
    return "\n".join(
        [
            f"// Inputs, outputs and events of {context.service.name} by operation, for tests.",
            "// Generated.",
            "#pragma once",
            '#include "tests/protocol/operation_objects.h"',
            context.open_namespace(),
            "extern const protocol_tests::ServiceObjects kObjects;",
            context.close_namespace(),
            "",
        ]
    )


def source(context: Context) -> str:
    service = context.service
    shapes = {
        shape
        for operation in service.operations
        for shape in (operation.input, operation.output, operation.stream_shape)
        if shape
    }
    lines = [f"// Generated for the tests of {service.name}."]
    lines += [f'#include "{context.namespace}/objects.h"']
    lines += [f'#include "{context.namespace}/service.h"']
    lines += [context.include(shape) for shape in sorted(shapes)]
    lines += [context.open_namespace(), "namespace {"]
    lines += ["constexpr protocol_tests::OperationObjects kOperationObjects[] = {"]
    for operation in service.operations:
        makers = ", ".join(
            f"protocol_tests::Make<{context.type_name(shape)}>" if shape else "nullptr"
            for shape in (operation.input, operation.output, operation.stream_shape)
        )
        lines.append(f"    {{{makers}}},")
    lines += ["};", "}  // namespace"]
    lines += ["const protocol_tests::ServiceObjects kObjects = {&kService, kOperationObjects};"]
    lines += [context.close_namespace(), ""]
    return "\n".join(lines)
