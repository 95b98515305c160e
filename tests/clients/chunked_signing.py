"""aws-chunked bodies made by hand: chunks signed one after the other, or a checksum behind them.

spec: Signature Version 4, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER
"""

from __future__ import annotations

import hashlib
import hmac
import re

from bedplate_server import REGION, BedplateServer
from raw_http import sign

_NOTHING = hashlib.sha256(b"").hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def chunked_request(server: BedplateServer, path: str,
                    pieces: list[bytes]) -> tuple[dict[str, str], list[bytes]]:
    """The headers of a POST of these pieces, and the signed chunks with the empty last one."""
    headers = sign(server, "POST", path, b"", headers={
        "Content-Encoding": "aws-chunked",
        "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "X-Amz-Decoded-Content-Length": str(sum(map(len, pieces)))})
    moment = headers["X-Amz-Date"]
    previous = re.search(r"Signature=([0-9a-f]{64})", headers["Authorization"])[1]
    scope = f"{moment[:8]}/{REGION}/bedrock/aws4_request"
    key = f"AWS4{server.environment['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    chunks = []
    for piece in [*pieces, b""]:
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", moment, scope, previous, _NOTHING,
                          hashlib.sha256(piece).hexdigest()])
        previous = _hmac(key, text).hex()
        chunks.append(f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece + b"\r\n")
    return headers, chunks


def trailing_request(server: BedplateServer, path: str, body: bytes, name: str,
                     value: str) -> tuple[dict[str, str], bytes]:
    """The headers of a POST of unsigned chunks with this trailing header, and its bytes."""
    headers = sign(server, "POST", path, b"", headers={
        "Content-Encoding": "aws-chunked", "X-Amz-Trailer": name,
        "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Decoded-Content-Length": str(len(body))})
    return headers, b"%x\r\n%s\r\n0\r\n%s:%s\r\n\r\n" % (
        len(body), body, name.encode(), value.encode())
