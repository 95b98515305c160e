"""handler.h, the interface that src/services implements, and service.h, which makes it known."""

from __future__ import annotations

from ..ir import Operation
from .context import Context
from .headers import stream_aliases


def _signature(context: Context, operation: Operation) -> str:
    parameters = ["const wire::Call& call"]
    if context.service.facade_path:
        parameters.append("wire::FacadeExchange& exchange")
    if operation.input:
        parameters.append(f"{context.type_name(operation.input)} input")
    result = "void"
    if operation.input_stream_shape:
        parameters.append(f"{operation.name}Source& source")
    if operation.input_body:
        parameters.append("wire::BodySource& body")
    if operation.output_body:
        parameters.append(f"{operation.name}Sink& sink")
    elif operation.stream_shape:
        parameters.append(f"{operation.name}Sink& sink")
    elif operation.output:
        result = context.type_name(operation.output)
    return (
        f"  virtual net::Task<Result<{result}>> {operation.name}(\n"
        f"      {', '.join(parameters)}) = 0;"
    )


def handler_header(context: Context) -> str:
    served = context.served()
    shapes = {
        context.type_name(shape)
        for operation in served
        for shape in (operation.input, operation.output, operation.stream_shape,
                      operation.input_stream_shape)
        if shape
    }
    lines = [
        f"// The operations of {context.service.name} that are served. Generated.",
        "// Implementations run on the reactor thread of their request, many at a time: await, do",
        "// not block." if context.service.facade_path
        else "// not block. Inputs were validated against the model.",
        "#pragma once",
        '#include "base/result.h"',
        '#include "net/task.h"',
        '#include "wire/call.h"',
    ]
    if context.service.facade_path:
        lines += ["namespace bedplate::wire {", "class FacadeExchange;", "}"]
    lines += [context.open_namespace()]
    lines += [f"struct {shape};" for shape in sorted(shapes)]
    lines += [alias for operation in served for alias in stream_aliases(context, operation)]
    lines += ["class Handler {", " public:", "  virtual ~Handler() = default;"]
    lines += [_signature(context, operation) for operation in served]
    lines += ["};", context.close_namespace()]
    return "\n".join(lines) + "\n"


def service_header(context: Context) -> str:
    lines = [
        f"// {context.service.name}: its routes, and the way of a Handler to the dispatcher.",
        "// Generated.",
        "#pragma once",
        '#include "wire/operation.h"',
    ]
    if not context.for_tests:
        lines += ["namespace bedplate::wire {", "class Dispatcher;", "}"]
    lines += [context.open_namespace(), "extern const wire::Service kService;"]
    if not context.for_tests:
        lines += [
            "class Handler;",
            "// `handler` must outlive the dispatcher.",
            "void Register(wire::Dispatcher& dispatcher, Handler& handler);",
        ]
    return "\n".join([*lines, context.close_namespace()]) + "\n"
