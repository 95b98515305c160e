"""botocore as the judge of what we write: its parsers must read the result of the case."""

from __future__ import annotations

import base64
import copy
import json
from urllib.parse import quote

from botocore import parsers
from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStream
from botocore.model import OperationModel, ServiceModel
from botocore.utils import parse_timestamp
from dateutil.tz import tzutc

import cases

_PARSERS = {
    "query": parsers.QueryParser,
    "json": parsers.JSONParser,
    "rest-json": parsers.RestJSONParser,
    "rest-xml": parsers.RestXMLParser,
    "smithy-rpc-v2-cbor": parsers.RpcV2CBORParser,
}


# Headers that do not come from the output.
_HEADERS_OF_OTHERS = ("content-type", "content-length", "x-amzn-requestid")


def form(parameters: dict) -> str:
    """The body of a query request whose case gives the parameters."""
    return "&".join(f"{quote(name, '')}={quote(str(value), '')}" for name, value in parameters.items())


def _operation(case: cases.Case) -> tuple[ServiceModel, OperationModel]:
    suite = copy.deepcopy(case.suite)
    given = copy.deepcopy(case.case["given"])
    service = ServiceModel(suite | {"operations": {case.operation: {"given": given}}})
    return service, OperationModel(given, service)


def _seconds(value):
    return parse_timestamp(value).astimezone(tzutc()).timestamp()


def _plain(value):
    """Bytes as text, and the special floats as the cases write them."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, EventStream)):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value


class _Body:
    """The body of an open response, for botocore's event stream."""

    def __init__(self, content: bytes):
        self._content = content

    def stream(self):
        yield self._content


def without_merged_query(case: cases.Case, params: dict, expected: dict) -> dict:
    """A server puts every query parameter into a map member, those of other members too; the cases
    give what the client was asked to send. Takes off what is in the map for that reason."""
    shapes = case.suite["shapes"]
    members = shapes.get(case.case["given"].get("input", {}).get("shape"), {}).get("members", {})
    in_query = {name: use for name, use in members.items() if use.get("location") == "querystring"}
    result = copy.deepcopy(params)
    for name, use in in_query.items():
        if shapes[use["shape"]]["type"] != "map" or name not in result:
            continue
        named = {other.get("locationName") for other in in_query.values() if other is not use}
        for key in named & result[name].keys() - expected.get(name, {}).keys():
            del result[name][key]
        if not result[name] and name not in expected:
            del result[name]
    return result


def stream_member(case: cases.Case) -> str | None:
    shape = case.suite["shapes"].get(case.case["given"].get("output", {}).get("shape"), {})
    for name, use in shape.get("members", {}).items():
        if case.suite["shapes"][use["shape"]].get("eventstream"):
            return name
    return None


def parse(case: cases.Case, written: dict):
    """What botocore reads from our response."""
    service, operation = _operation(case)
    headers = HeadersDict(dict(written["headers"]))
    body = written["body"]
    response = {
        "status_code": written["status"],
        "headers": headers,
        "body": _Body(body) if stream_member(case) and written["status"] < 300 else body,
        "context": {"operation_name": case.operation},
    }
    shape = operation.output_shape
    if case.protocol == "query" and shape is not None and shape.members:
        shape.serialization.setdefault("resultWrapper", f"{case.operation}Result")
    parser = _PARSERS[case.protocol](timestamp_parser=_seconds)
    parsed = parser.parse(response, shape)
    parsed.pop("ResponseMetadata", None)
    if "Error" in parsed:
        parsed = {"Error": {name: parsed["Error"].get(name) or "" for name in ("Code", "Message")}}
    return _plain(parsed)


def error_of(case: cases.Case) -> dict:
    """The arguments of the driver that make the error of a case."""
    wanted = case.case.get("errorCode", "")
    for reference in case.case["given"].get("errors", []):
        shape = case.suite["shapes"][reference["shape"]]
        code = shape.get("error", {}).get("code", reference["shape"])
        if wanted in (code, reference["shape"]):
            return {
                "type": reference["shape"],
                "code": "" if code == reference["shape"] else code,
                "message": case.case.get("errorMessage", ""),
                "status": case.case["response"]["status_code"],
            }
    return {
        "type": wanted,
        "message": case.case.get("errorMessage", ""),
        "status": case.case["response"]["status_code"],
    }


def expected_error(case: cases.Case) -> dict:
    code = case.case.get("errorCode", "")
    return {"Error": {"Code": code, "Message": case.case.get("errorMessage", "")}}


def _meaning(case: cases.Case, body: bytes):
    if case.protocol in ("json", "rest-json"):
        return json.loads(body) if body.strip() else None
    parser = parsers.RpcV2CBORParser()
    return _plain(parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))) if body else None


def compare_with_case(case: cases.Case, written: dict) -> str:
    """Holds status, headers and body against those of the case; empty when they agree."""
    theirs = case.case["response"]
    if "error" in case.case or stream_member(case):
        return ""
    if written["status"] != theirs.get("status_code", 200):
        return f"status {written['status']}, the case has {theirs['status_code']}"
    ours = HeadersDict(dict(written["headers"]))
    for name, value in theirs.get("headers", {}).items():
        if name.lower() not in _HEADERS_OF_OTHERS and ours.get(name) != value:
            return f"header {name} is {ours.get(name)!r}, the case has {value!r}"
    if case.protocol in ("query", "rest-xml") or "body" not in theirs:
        return ""
    raw = theirs["body"]
    raw = base64.b64decode(raw) if case.protocol == "smithy-rpc-v2-cbor" else raw.encode()
    try:
        expected = _meaning(case, raw)
    except ValueError:
        return "" if written["body"] == raw else f"body {written['body']!r}, the case has {raw!r}"
    got = _meaning(case, written["body"])
    return "" if got == expected else f"body {got!r}, the case has {expected!r}"
