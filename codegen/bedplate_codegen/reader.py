"""Reads a botocore service model (service-2.json) into the intermediate form."""

from __future__ import annotations

import fnmatch
import gzip
import json
from pathlib import Path

from . import patterns
from .api import Api
from .ir import Constraint, Kind, Member, Operation, Service, Shape

_KINDS = {
    "structure": Kind.STRUCTURE,
    "list": Kind.LIST,
    "map": Kind.MAP,
    "string": Kind.STRING,
    "character": Kind.STRING,
    "byte": Kind.INTEGER,
    "short": Kind.INTEGER,
    "integer": Kind.INTEGER,
    "long": Kind.LONG,
    "float": Kind.FLOAT,
    "double": Kind.DOUBLE,
    "boolean": Kind.BOOLEAN,
    "blob": Kind.BLOB,
    "timestamp": Kind.TIMESTAMP,
}
_LOCATIONS = {
    "uri": "Uri",
    "querystring": "Query",
    "header": "Header",
    "headers": "Headers",
    "statusCode": "StatusCode",
}
_TIMESTAMP_FORMATS = {
    "iso8601": "Iso8601",
    "rfc822": "Rfc822",
    "unixTimestamp": "Unix",
}
_PROTOCOLS = {
    "rest-json": "RestJson",
    "rest-xml": "RestXml",
    "json": "Json",
    "query": "Query",
    "smithy-rpc-v2-cbor": "Cbor",
}
# What a service speaks by default when its model lists several: its oldest, which all clients know.
_PREFERENCE = ["query", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"]
# Flags that stand on the shape or on the member that uses it.
_TRAIT_KEYS = {
    "sensitive": "Sensitive",
    "flattened": "Flattened",
    "streaming": "Streaming",
    "eventstream": "EventStream",
    "event": "Event",
    "exception": "Exception",
    "union": "Union",
    "xmlAttribute": "XmlAttribute",
    "idempotencyToken": "IdempotencyToken",
    "jsonvalue": "JsonText",
    "eventpayload": "EventPayload",
    "eventheader": "EventHeader",
    "hostLabel": "HostLabel",
}


class ModelError(Exception):
    """The model holds something the generator does not know or that api/ must decide."""


def find_model(data: Path, service: str) -> dict:
    """The newest model of a service in botocore's data folder."""
    found = sorted(data.glob(f"{service}/*/service-2.json*"))
    if not found:
        raise ModelError(f"botocore has no service {service}")
    opener = gzip.open if found[-1].suffix == ".gz" else open
    with opener(found[-1], "rt", encoding="utf-8") as file:
        return json.load(file)


def add_own(model: dict, file: Path) -> dict:
    """The model with what `file` adds to it, which must be new: operations that no SDK has."""
    if not file.exists():
        return model
    own = json.loads(file.read_text(encoding="utf-8"))
    for part in ("operations", "shapes"):
        there = own[part].keys() & model[part].keys()
        if there:
            raise ModelError(f"{file.name}: {', '.join(sorted(there))} is in botocore's model already")
        model[part] |= own[part]
    return model


def read(name: str, model: dict, api: Api, serve_all: bool = False) -> Service:
    """The service `name`. With `serve_all` every operation counts as served."""
    return _Reader(name, model, api, serve_all).read()


def _traits(raw: dict) -> set[str]:
    return {trait for key, trait in _TRAIT_KEYS.items() if raw.get(key)}


class _Reader:
    def __init__(self, name: str, model: dict, api: Api, serve_all: bool):
        self.name = name
        self.model = model
        self.raw_shapes = model["shapes"]
        self.api = api
        self.serve_all = serve_all

    def read(self) -> Service:
        metadata = self.model["metadata"]
        spoken = metadata.get("protocols", [metadata["protocol"]])
        protocol = next((p for p in _PREFERENCE if p in spoken), None)
        if protocol is None:
            raise ModelError(f"{self.name}: no protocol we know in {spoken}")
        service = Service(
            name=self.name,
            id=metadata.get("serviceId", self.name),
            signing_name=metadata.get("signingName", metadata.get("endpointPrefix", self.name)),
            endpoint_prefix=metadata.get("endpointPrefix", self.name),
            api_version=metadata.get("apiVersion", ""),
            protocol=_PROTOCOLS[protocol],
            target_prefix=metadata.get("targetPrefix", ""),
            xml_namespace=_namespace(metadata.get("xmlNamespace")).get("uri", ""),
            json_version=metadata.get("jsonVersion", ""),
            accepts_cbor="smithy-rpc-v2-cbor" in spoken,
            query_compatible="awsQueryCompatible" in metadata,
            bearer="smithy.api#httpBearerAuth" in metadata.get("auth", []),
        )
        served = self.api.served.get(self.name, set())
        unknown = served - self.model["operations"].keys()
        if unknown:
            raise ModelError(f"{self.name} has no operation {', '.join(sorted(unknown))}")
        for operation in sorted(self.model["operations"]):
            if f"{self.name}#{operation}" not in self.api.dropped:
                serve = self.serve_all or operation in served
                service.operations.append(self._operation(operation, serve))
        if not self.serve_all:
            self._say_why_left_out(service)
        service.shapes = self._reachable(service.operations)
        return service

    def _say_why_left_out(self, service: Service) -> None:
        """Where api/ says it for some operations of a service, it says it for all, once."""
        if self.name not in self.api.left_out:
            return
        reasons = [(why, pattern) for why, patterns in self.api.left_out[self.name]
                   for pattern in patterns]
        idle = {pattern for _, pattern in reasons}
        for operation in service.operations:
            if operation.served:
                continue
            said = [(why, pattern) for why, pattern in reasons
                    if fnmatch.fnmatchcase(operation.name, pattern)]
            if len(said) != 1:
                raise ModelError(f"{self.name}#{operation.name} is not served, and api/services "
                                 f"says {len(said)} times why")
            operation.left_out = said[0][0]
            idle.discard(said[0][1])
        if idle:
            raise ModelError(f"{self.name}: api/services says why {', '.join(sorted(idle))} is left "
                             "out, and nothing of that name is")

    def _operation(self, name: str, serve: bool) -> Operation:
        raw = self.model["operations"][name]
        http = raw.get("http", {})
        operation = Operation(
            name=name,
            method=http.get("method", "POST"),
            uri=http.get("requestUri", "/"),
            status=http.get("responseCode", 200),
            served=serve,
            anonymous=raw.get("authtype") == "none",
            first_label_holds=self.api.first_label_holds.get(f"{self.name}#{name}", ""),
        )
        self._routing_members(operation, raw)
        if not serve:
            return operation
        operation.input = raw.get("input", {}).get("shape")
        operation.output = raw.get("output", {}).get("shape")
        operation.output_wrapper = raw.get("output", {}).get("resultWrapper", "")
        operation.errors = [error["shape"] for error in raw.get("errors", [])]
        if operation.output:
            for member, use in self.raw_shapes[operation.output].get("members", {}).items():
                if self.raw_shapes[use["shape"]].get("eventstream"):
                    operation.stream_member, operation.stream_shape = member, use["shape"]
        operation.input_stream_shape = self._input_stream(operation)
        operation.input_body = self._streams_payload(operation.input)
        operation.output_body = self._streams_payload(operation.output)
        if operation.input_body and (operation.output_body or operation.stream_shape):
            raise ModelError(f"{self.name}#{name}: a body is streamed both ways")
        return operation

    def _streams_payload(self, shape: str | None) -> bool:
        raw = self.raw_shapes[shape] if shape else {}
        use = raw.get("members", {}).get(raw.get("payload"))
        if use is None or self.raw_shapes[use["shape"]]["type"] != "blob":
            return False
        return bool(use.get("streaming") or self.raw_shapes[use["shape"]].get("streaming"))

    def _input_stream(self, operation: Operation) -> str | None:
        members = self.raw_shapes[operation.input].get("members", {}) if operation.input else {}
        streams = [use["shape"] for use in members.values()
                   if self.raw_shapes[use["shape"]].get("eventstream")]
        if not streams:
            return None
        if not operation.stream_shape:
            raise ModelError(f"{self.name}#{operation.name}: events are sent and none answered")
        for event in self.raw_shapes[streams[0]]["members"].values():
            for use in self.raw_shapes[event["shape"]].get("members", {}).values():
                if use.get("eventpayload") or use.get("eventheader"):
                    raise ModelError(f"{self.name}#{event['shape']}: an event that is sent and is "
                                     "not all JSON")
        return streams[0]

    def _routing_members(self, operation: Operation, raw: dict) -> None:
        shape = self.raw_shapes.get(raw.get("input", {}).get("shape"), {})
        for member in shape.get("required", []):
            use = shape["members"][member]
            if use.get("location") == "querystring":
                operation.required_query.append(use.get("locationName", member))
            if use.get("location") == "header":
                operation.required_headers.append(use.get("locationName", member).lower())

    def _reachable(self, operations: list[Operation]) -> dict[str, Shape]:
        waiting = [
            shape
            for operation in operations
            for shape in [operation.input, operation.output, *operation.errors]
            if shape
        ]
        shapes: dict[str, Shape] = {}
        while waiting:
            name = waiting.pop()
            if name not in shapes:
                shapes[name] = self._shape(name)
                waiting.extend(member.shape for member in shapes[name].members)
        return dict(sorted(shapes.items()))

    def _shape(self, name: str) -> Shape:
        raw = self.raw_shapes[name]
        kind = _KINDS.get(raw["type"])
        if kind is None:
            raise ModelError(f"{self.name}#{name}: unknown type {raw['type']}")
        if raw.get("document"):
            kind = Kind.DOCUMENT
        if "enum" in raw:
            kind = Kind.ENUM
        shape = Shape(
            name=name,
            kind=kind,
            traits=_traits(raw),
            enum=raw.get("enum", []),
            constraint=self._constraint(name, raw),
            xml_name=raw.get("locationName", ""),
            timestamp_format=_TIMESTAMP_FORMATS.get(raw.get("timestampFormat"), "Default"),
        )
        if "EventStream" in shape.traits:
            shape.traits.add("Union")
        if "Exception" in shape.traits:
            error = raw.get("error", {})
            shape.error_status = error.get("httpStatusCode", 500 if raw.get("fault") else 400)
            shape.error_code = error.get("code", name)
        if kind is Kind.STRUCTURE:
            shape.members = [
                self._member(member, use, use.get("locationName", member), raw)
                for member, use in raw.get("members", {}).items()
            ]
        if kind is Kind.LIST:
            shape.members = [self._part(raw, "member")]
        if kind is Kind.MAP:
            shape.members = [self._part(raw, "key"), self._part(raw, "value")]
        return shape

    def _part(self, raw: dict, part: str) -> Member:
        return self._member(part, raw[part], raw[part].get("locationName", part), {})

    def _member(self, name: str, use: dict, wire_name: str, owner: dict) -> Member:
        target = self.raw_shapes[use["shape"]]
        if "location" in target and "location" not in use:  # some older models say it there
            use = use | {"location": target["location"]}
            wire_name = use.get("locationName", target.get("locationName", name))
        if use.get("location") == "headers" and "locationName" not in {**target, **use}:
            wire_name = ""  # no prefix: every header
        member = Member(
            name=name,
            wire_name=wire_name,
            shape=use["shape"],
            traits=_traits(use) | (_traits(target) - {"Union", "Exception", "Event"}),
            location=_LOCATIONS.get(use.get("location"), "Body"),
        )
        # A client makes a token up when it has none, so no server may insist on one.
        if name in owner.get("required", []) and "IdempotencyToken" not in member.traits:
            member.traits.add("Required")
        if owner.get("payload") == name:
            member.traits.add("Payload")
        timestamp = use.get("timestampFormat", target.get("timestampFormat"))
        member.timestamp_format = _TIMESTAMP_FORMATS.get(timestamp, "Default")
        namespace = _namespace(use.get("xmlNamespace", target.get("xmlNamespace")))
        member.xml_prefix = namespace.get("prefix", "")
        member.xml_namespace = namespace.get("uri", "")
        return member

    def _constraint(self, name: str, raw: dict) -> Constraint | None:
        minimum, maximum, pattern = raw.get("min"), raw.get("max"), raw.get("pattern")
        if minimum is None and maximum is None and pattern is None:
            return None
        key = f"{self.name}#{name}"
        re2_pattern = self.api.patterns.get(key)
        if re2_pattern is None and pattern is not None:
            try:
                re2_pattern = patterns.to_re2(pattern)
            except patterns.UnsupportedPattern as error:
                raise ModelError(f"{key}: {error}; correct it in api/patterns.toml") from error
        number = float if _KINDS[raw["type"]] in (Kind.FLOAT, Kind.DOUBLE) else int
        return Constraint(
            minimum=None if minimum is None else number(minimum),
            maximum=None if maximum is None else number(maximum),
            pattern=pattern,
            re2_pattern=re2_pattern,
        )


def _namespace(raw: dict | str | None) -> dict:
    if isinstance(raw, str):
        return {"uri": raw}
    return raw or {}
