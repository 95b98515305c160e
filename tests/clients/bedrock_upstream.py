"""A stand-in for Amazon Bedrock that keeps the bytes it is sent and answers as a test says."""

from __future__ import annotations

import dataclasses
import http.server
import json
import struct
import threading
import zlib
from collections.abc import Callable

Exchange = http.server.BaseHTTPRequestHandler
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
    exchange.send_response(200)
    exchange.send_header("content-type", EVENT_STREAM)
    exchange.send_header("x-amzn-bedrock-content-type", "application/json")
    exchange.send_header("transfer-encoding", "chunked")
    exchange.end_headers()
    for each in pieces:
        exchange.wfile.write(f"{len(each):x}\r\n".encode() + each + b"\r\n")
        exchange.wfile.flush()
    if whole:
        exchange.wfile.write(b"0\r\n\r\n")
    else:
        exchange.close_connection = True


class BedrockStandIn:
    """Serves at `url` until close(); `answer` is the test's, and `seen` what came."""

    def __init__(self) -> None:
        self.answer: Callable[[Exchange], None] = lambda exchange: send(exchange, 500, b"")
        self.seen: list[Seen] = []
        stand_in = self

        class Handler(Exchange):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                stand_in.seen.append(Seen(self.path, headers, body))
                stand_in.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
