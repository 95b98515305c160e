"""Event-stream frames made by hand, and signed one after the other as SDKs do.

spec: Signature Version 4, STREAMING-AWS4-HMAC-SHA256-EVENTS
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import struct
import time

from bedplate_server import REGION, BedplateServer
from raw_http import sign

_BYTES, _TEXT, _TIMESTAMP = 6, 7, 8


def _header(name: str, kind: int, value: bytes) -> bytes:
    sized = value if kind == _TIMESTAMP else struct.pack(">H", len(value)) + value
    return bytes([len(name)]) + name.encode() + bytes([kind]) + sized


def _frame(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack(">I", binascii.crc32(prelude))
    whole = prelude + headers + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def chunk(event: dict) -> bytes:
    """The frame of a chunk that holds an event of a session."""
    said = json.dumps({"event": event}).encode()
    headers = (_header(":event-type", _TEXT, b"chunk") + _header(":message-type", _TEXT, b"event")
               + _header(":content-type", _TEXT, b"application/json"))
    return _frame(headers, json.dumps({"bytes": base64.b64encode(said).decode()}).encode())


def with_payload(frame: bytes, payload: bytes) -> bytes:
    """A frame with another payload and its own headers, as somebody on the way could make it."""
    (headers_bytes,) = struct.unpack(">I", frame[4:8])
    return _frame(frame[12:12 + headers_bytes], payload)


class EventSigner:
    """Signs the head of a POST to `path`, and then each event."""

    def __init__(self, server: BedplateServer, path: str):
        self.headers = sign(server, "POST", path, b"", headers={
            "Content-Type": "application/vnd.amazon.eventstream",
            "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-EVENTS"})
        self._previous = re.search(r"Signature=([0-9a-f]{64})", self.headers["Authorization"])[1]
        day = self.headers["X-Amz-Date"][:8]
        self._scope = f"{day}/{REGION}/bedrock/aws4_request"
        key = f"AWS4{server.environment['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in self._scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self._key = key

    def sign(self, payload: bytes, late_s: float = 0) -> bytes:
        moment = int((time.time() - late_s) * 1000)
        date = _header(":date", _TIMESTAMP, struct.pack(">q", moment))
        text = "\n".join([
            "AWS4-HMAC-SHA256-PAYLOAD",
            time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment // 1000)), self._scope,
            self._previous, hashlib.sha256(date).hexdigest(), hashlib.sha256(payload).hexdigest()])
        signature = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        self._previous = signature.hex()
        return _frame(date + _header(":chunk-signature", _BYTES, signature), payload)
