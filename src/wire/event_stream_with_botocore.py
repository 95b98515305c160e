#!/usr/bin/env python3
"""Holds our event-stream frames against botocore's, both ways.

Usage: event_stream_with_botocore.py give BOTOCORE_SOURCE FOLDER
       event_stream_with_botocore.py take FOLDER

`give` writes the cases of botocore's own tests to FOLDER/from_botocore.txt for
event_stream_botocore_test.cc: lines "good FRAME" and "bad FRAME", in hexadecimal.
`take` has botocore decode FOLDER/to_botocore.txt, which that test wrote: lines of a frame, its
payload, and "name=type=value" for each header, all but the type in hexadecimal.
"""

import importlib.machinery
import pathlib
import sys
import types
import unittest.mock


def give(source: str, folder: str) -> None:
    # The file wants `mock` from a package of tests that is not unpacked.
    sys.modules["tests"] = types.SimpleNamespace(mock=unittest.mock)
    path = pathlib.Path(source, "tests/unit/test_eventstream.py")
    cases = types.ModuleType("cases")
    importlib.machinery.SourceFileLoader("cases", str(path)).exec_module(cases)
    lines = [f"good {encoded.hex()}" for encoded, _ in cases.POSITIVE_CASES]
    # One is 24 MB of payload; its first bytes are enough to refuse it.
    lines += [f"bad {encoded[:4096].hex()}" for encoded, _ in cases.NEGATIVE_CASES]
    pathlib.Path(folder, "from_botocore.txt").write_text("\n".join(lines) + "\n")


def value_of(kind: str, text: str):
    if kind == "integer":
        return int(text)
    if kind == "bool":
        return text == "true"
    raw = bytes.fromhex(text)
    return raw.decode() if kind == "text" else raw


def take(folder: str) -> None:
    from botocore.eventstream import EventStreamBuffer

    lines = pathlib.Path(folder, "to_botocore.txt").read_text().splitlines()
    stream = EventStreamBuffer()
    for line in lines:
        stream.add_data(bytes.fromhex(line.split()[0]))
    count = 0
    for line, message in zip(lines, stream, strict=True):
        _, payload, *headers = line.split(" ")
        expected = {}
        for header in headers:
            name, kind, text = header.split("=")
            expected[bytes.fromhex(name).decode()] = value_of(kind, text)
        assert message.headers == expected, (message.headers, expected)
        assert message.payload == bytes.fromhex(payload), line
        count += 1
    assert count == 200, f"{count} frames"


if __name__ == "__main__":
    {"give": give, "take": take}[sys.argv[1]](*sys.argv[2:])
