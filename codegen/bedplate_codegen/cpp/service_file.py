"""service.cc: the table of operations of a service, and how each served one calls its handler."""

from __future__ import annotations

from ..ir import Operation
from . import permits
from .context import Context, quoted


def _invoke(context: Context, operation: Operation) -> str:
    if context.for_tests or not operation.served:
        return ""
    method = f"&Handler::{operation.name}"
    if context.service.facade_path:
        return f"wire::InvokeFacade<{method}>"
    if operation.input_stream_shape:
        return f"wire::InvokeBidirectional<{method}>"
    if operation.stream_shape:
        return f"wire::InvokeStreaming<{method}>"
    if operation.input_body:
        return f"wire::InvokeUpload<{method}>"
    if operation.output_body:
        return f"wire::InvokeDownload<{method}>"
    return f"wire::InvokeUnary<{method}>"


def _array(prefix: str, operation: Operation, type_name: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return [f"constexpr {type_name} {prefix}{operation.name}[] = {{{', '.join(items)}}};"]


def _operation(context: Context, operation: Operation) -> str:
    def shape(name: str | None) -> str:
        return f"&{context.schema_constant(name)}" if name else ""

    fields = [
        ("name", quoted(operation.name)),
        ("method", quoted(operation.method)),
        ("uri", quoted(operation.uri)),
        ("status", str(operation.status) if operation.status != 200 else ""),
        ("input", shape(operation.input)),
        ("input_events", shape(operation.input_stream_shape)),
        ("input_body", "true" if operation.input_body else ""),
        ("output", shape(operation.output)),
        ("errors", f"kErrors{operation.name}" if operation.errors else ""),
        ("required_query", f"kQuery{operation.name}" if operation.required_query else ""),
        ("required_headers", f"kHeaders{operation.name}" if operation.required_headers else ""),
        (
            "first_label_holds",
            quoted(operation.first_label_holds) if operation.first_label_holds else "",
        ),
        ("output_wrapper", quoted(operation.output_wrapper) if operation.output_wrapper else ""),
        ("anonymous", "true" if operation.anonymous else ""),
        ("permits", f"&kPermits{operation.name}" if operation.permits else ""),
        ("invoke", _invoke(context, operation)),
    ]
    return "{" + ", ".join(f".{name} = {value}" for name, value in fields if value) + "}"


def _includes(context: Context) -> list[str]:
    if context.for_tests:
        used = {
            shape
            for operation in context.service.operations
            for shape in (operation.input, operation.output, *operation.errors)
            if shape
        }
        return [context.include(shape) for shape in sorted(used)]
    served = context.served()
    lines = []
    if not context.service.facade_path:
        lines = [f'#include "{context.namespace}/ops/{each.name}.h"' for each in served]
    if served:
        lines += [f'#include "{context.namespace}/handler.h"', '#include "wire/invoke.h"']
    return [*lines, '#include "wire/dispatcher.h"']


def source(context: Context) -> str:
    service = context.service
    lines = [f"// The operations of {service.name}. Generated."]
    lines += [f'#include "{context.namespace}/service.h"', '#include "wire/schema.h"']
    lines += _includes(context)
    lines += [context.open_namespace(), "namespace {"]
    for operation in service.operations:
        errors = [f"&{context.schema_constant(error)}" for error in operation.errors]
        query = [quoted(name) for name in operation.required_query]
        headers = [quoted(name) for name in operation.required_headers]
        lines += _array("kErrors", operation, "const wire::Shape*", errors)
        lines += _array("kQuery", operation, "std::string_view", query)
        lines += _array("kHeaders", operation, "std::string_view", headers)
        lines += permits.tables(operation)
    operations = ",\n    ".join(_operation(context, each) for each in service.operations)
    lines += [f"constinit const wire::Operation kOperations[] = {{\n    {operations}}};"]
    lines += ["}  // namespace"]
    lines += ["constinit const wire::Service kService = {"]
    fields = [
        ("name", quoted(service.name)),
        ("id", quoted(service.id)),
        ("signing_name", quoted(service.signing_name)),
        ("endpoint_prefix", quoted(service.endpoint_prefix)),
        ("api_version", quoted(service.api_version)),
        ("target_prefix", quoted(service.target_prefix)),
        ("xml_namespace", quoted(service.xml_namespace)),
        ("json_version", quoted(service.json_version)),
        ("protocol", f"wire::Protocol::k{service.protocol}"),
        ("accepts_cbor", "true" if service.accepts_cbor else "false"),
        ("query_compatible", "true" if service.query_compatible else "false"),
        ("bearer", "true" if service.bearer else "false"),
        ("operations", "kOperations"),
    ]
    if service.facade_path:
        fields.insert(-1, ("facade_path", quoted(service.facade_path)))
        fields.insert(-1, ("key_header", quoted(service.key_header)))
    lines += [f"    .{name} = {value}," for name, value in fields]
    lines += ["};"]
    if not context.for_tests:
        lines += ["void Register(wire::Dispatcher& dispatcher, Handler& handler) {"]
        lines += ["  dispatcher.Register(kService, &handler);", "}"]
    return "\n".join([*lines, context.close_namespace()]) + "\n"
