"""The C++ back end: intermediate form -> files of one service."""

from __future__ import annotations

from pathlib import Path

from ..ir import Kind, Service
from . import handler, headers, objects, schema, service_file
from .context import Context


def files(service: Service, for_tests: bool = False) -> dict[str, str]:
    """Path below the service's folder -> content."""
    context = Context(service, for_tests)
    result = {
        "service.h": handler.service_header(context),
        "shapes.cc": schema.source(context),
        "service.cc": service_file.source(context),
    }
    if for_tests:
        result["objects.h"] = objects.header(context)
        result["objects.cc"] = objects.source(context)
    else:
        result["handler.h"] = handler.handler_header(context)
        for operation in context.served() if not service.facade_path else ():
            result[f"ops/{operation.name}.h"] = headers.operation(context, operation)
    for shape in service.shapes.values():
        if shape.kind is Kind.STRUCTURE:
            result[f"shapes/{context.type_name(shape)}.h"] = headers.structure(context, shape)
        if shape.kind is Kind.ENUM:
            result[f"shapes/{context.type_name(shape)}.h"] = headers.enumeration(context, shape)
    return result


def write(service: Service, out: Path, for_tests: bool = False) -> None:
    """Writes the files below out/<service>. Files that did not change keep their time, so that
    nothing is compiled again for them; files of shapes that are gone are removed."""
    folder = out / Context(service).namespace
    wanted = files(service, for_tests)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
