"""A stand-in for Amazon Bedrock that keeps the bytes it is sent and answers as a test says."""

from __future__ import annotations

import dataclasses
import json
import struct
import zlib
from collections.abc import Callable

from stand_in import Exchange, StandIn, lower_case_headers, send_chunked

EVENT_STREAM = "application/vnd.amazon.eventstream"


@dataclasses.dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: bytes


def frame(payload: bytes, **headers: str) -> bytes:
    """One event-stream frame; underscores stand for what names can't have: _event_type."""
    block = b""
    for name, value in headers.items():
        wire_name = (":" + name[1:] if name.startswith("_") else name).replace("_", "-").encode()
        block += bytes([len(wire_name)]) + wire_name + b"\x07"
        block += struct.pack(">H", len(value)) + value.encode()
    prelude = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    start = prelude + struct.pack(">I", zlib.crc32(prelude)) + block + payload
    return start + struct.pack(">I", zlib.crc32(start))


def event(kind: str, payload: dict) -> bytes:
    # In another order than Bedplate writes headers in, and with what it never writes.
    return frame(json.dumps(payload).encode(), _message_type="event", _event_type=kind,
                 _content_type="application/json", x="padding")


def send(exchange: Exchange, status: int, body: bytes, **headers: str) -> None:
    exchange.send_response(status)
    exchange.send_header("content-length", str(len(body)))
    for name, value in headers.items():
        exchange.send_header(name.replace("_", "-"), value)
    exchange.end_headers()
    exchange.wfile.write(body)


def send_error(exchange: Exchange, status: int, type_: str, message: str, **headers: str) -> None:
    send(exchange, status, json.dumps({"message": message, "more": 1}).encode(),
         content_type="application/json", x_amzn_errortype=type_ + ":http://internal/", **headers)


def send_stream(exchange: Exchange, pieces: list[bytes], whole: bool = True) -> None:
    send_chunked(exchange, EVENT_STREAM, pieces, whole,
                 x_amzn_bedrock_content_type="application/json")


class BedrockStandIn(StandIn):
    """Serves at `url` until close(); `answer` is the test's, and `seen` what came."""

    def __init__(self) -> None:
        self.answer: Callable[[Exchange], None] = lambda exchange: send(exchange, 500, b"")
        self.seen: list[Seen] = []
        super().__init__()

    def post(self, exchange: Exchange, body: bytes) -> None:
        self.seen.append(Seen(exchange.path, lower_case_headers(exchange), body))
        self.answer(exchange)
