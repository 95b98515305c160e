"""Runs the protocol cases of botocore's source archive against our codecs, both ways.

Input cases: the request that a client must write is read by us, and must give the case's
parameters. Output cases: the case's result is written by us, and botocore's own parser must read
the same result from it; JSON and CBOR bodies must also equal the case's body in meaning.

  run_cases.py <tests/unit/protocols of botocore> <driver program> [case id part ...]

Cases in left_out.json say what does not count and why: "all" of it, or the "comparison" with the
response of the case alone. They must still fail there: one that passes is to be taken off.
"""

from __future__ import annotations

import base64
import copy
import json
import math
import subprocess
import sys
from pathlib import Path

from botocore.parsers import ResponseParserError

import cases
import judge

_LEFT_OUT = Path(__file__).parent / "left_out.json"


class Driver:
    def __init__(self, program: str):
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, case: cases.Case, do: str, **arguments) -> dict:
        metadata = case.suite["metadata"]
        command = {
            "do": do,
            "service": case.service,
            "operation": case.operation,
            "xml_namespace": _namespace(metadata.get("xmlNamespace")),
            "json_version": metadata.get("jsonVersion", ""),
        } | arguments
        if "awsQueryCompatible" in metadata:
            command["query_compatible"] = True
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver ended at {case.id}")
        return json.loads(line)


def _namespace(raw) -> str:
    return raw.get("uri", "") if isinstance(raw, dict) else raw or ""


def _same(ours, theirs) -> bool:
    """Equal as JSON, where 1 is 1.0 and a null member is an absent one. The cases write strings
    that hold JSON as text or as what it holds."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        ours = {name: value for name, value in ours.items() if value is not None}
        theirs = {name: value for name, value in theirs.items() if value is not None}
        return ours.keys() == theirs.keys() and all(_same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, str) and not isinstance(theirs, str):
        try:
            return _same(json.loads(ours), theirs)
        except ValueError:
            return False
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, float) and isinstance(theirs, (int, float)):
        return math.isclose(ours, theirs, rel_tol=1e-12) or ours == theirs
    return ours == theirs


def _request(case: cases.Case) -> dict:
    sent = case.case["serialized"]
    body = sent.get("body", "")
    if isinstance(body, dict):  # the form of a query request, in the older files
        body = judge.form(body)
    raw = body.encode()
    if case.protocol == "smithy-rpc-v2-cbor":
        raw = base64.b64decode(body)
    target = sent["uri"]
    headers = [[name, value] for name, value in sent.get("headers", {}).items()]
    method = sent.get("method", case.model["http"]["method"])
    return {
        "method": method,
        "target": target,
        "headers": headers,
        "body": base64.b64encode(raw).decode(),
    }


def _check_input(driver: Driver, case: cases.Case) -> str:
    """What is wrong; empty when nothing is."""
    answer = driver.ask(case, "read", **_request(case))
    if "error" in answer:
        return f"refused: {answer['error']}"
    expected = case.case.get("params", {})
    params = judge.without_merged_query(case, answer["params"], expected)
    if _same(params, expected):
        return ""
    return f"expected {json.dumps(expected)}\n     got {json.dumps(params)}"


def _check_output(driver: Driver, case: cases.Case, compare: bool) -> str:
    """What botocore reads wrongly from what we write, or, with `compare`, where our response says
    something else than the case's."""
    if "error" in case.case:
        written = driver.ask(case, "error", **judge.error_of(case))
        expected = judge.expected_error(case)
    else:
        result = case.case["result"]
        stream = judge.stream_member(case)
        if stream:
            head = {name: value for name, value in result.items() if name != stream}
            written = driver.ask(case, "stream", result=head, events=result[stream])
        else:
            written = driver.ask(case, "write", result=result)
        expected = result
    if "error" in written:
        return f"not written: {written['error']}"
    written["body"] = base64.b64decode(written["body"])
    try:
        parsed = judge.parse(case, copy.deepcopy(written))
    except ResponseParserError as error:
        parsed = str(error)
    if not _same(parsed, expected):
        return (
            f"expected {json.dumps(expected)}\n     got {json.dumps(parsed, default=str)}"
            f"\n     from {written}"
        )
    return judge.compare_with_case(case, written) if compare else ""


def main() -> int:
    protocols, program, only = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if not protocols.exists():
        print(f"{protocols} is missing: run tools/setup/setup --for test")
        return 1
    left_out = {entry["case"]: entry for entry in json.loads(_LEFT_OUT.read_text())}
    driver = Driver(program)
    passed, failed, excused, stale = 0, 0, set(), []
    for name, direction, path in cases.case_files(protocols):
        for case in cases.load(name, direction, path)[1]:
            if only and not all(part in case.id for part in only):
                continue
            entry = left_out.get(case.id)
            wrong = _check(driver, case, compare=True)
            if entry:
                excused.add(case.id)
                if not wrong:
                    stale.append(case.id)
                wrong = "" if entry["part"] == "all" else _check(driver, case, compare=False)
            if wrong:
                failed += 1
                print(f"FAILED {case.id}\n     {wrong}\n")
            elif not entry:
                passed += 1
    for case_id in stale:
        print(f"PASSES, take it off left_out.json: {case_id}")
    unknown = [] if only else sorted(left_out.keys() - excused)
    for case_id in unknown:
        print(f"UNKNOWN, take it off left_out.json: {case_id}")
    print(f"{passed} passed, {failed} failed, {len(excused)} left out in part or whole")
    return 1 if failed or stale or unknown or not passed else 0


def _check(driver: Driver, case: cases.Case, compare: bool) -> str:
    if case.direction == "input":
        return _check_input(driver, case)
    return _check_output(driver, case, compare)


if __name__ == "__main__":
    sys.exit(main())
