"""Requests that no SDK would send: signed by botocore's signer, then changed, and sent by hand."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from bedplate_server import REGION, BedplateServer


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, AWS error type and message."""
        document = self.json()
        return (self.status, self.headers.get("x-amzn-errortype", "").split(":")[0],
                document.get("message") or document.get("Message") or "")


def sign(server: BedplateServer, method: str, path: str, body: bytes, *,
         headers: dict[str, str] | None = None, service: str = "bedrock", region: str = REGION,
         access_key: str | None = None, secret_key: str | None = None,
         hours_ago: float = 0) -> dict[str, str]:
    """The headers of a signed request; the keyword arguments make it wrong in one way."""
    credentials = botocore.credentials.Credentials(
        access_key or server.environment["AWS_ACCESS_KEY_ID"],
        secret_key or server.environment["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest(
        method=method, url=server.endpoint + path, data=body,
        headers={"Content-Type": "application/json", **(headers or {})})
    with signed_at(hours_ago):
        botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())


@contextlib.contextmanager
def signed_at(hours_ago: float):
    """Lets botocore believe that it is earlier (or, below zero, later)."""
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours_ago)
    naive = moment.replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime",
                    side_effect=lambda remove_tzinfo=True: naive if remove_tzinfo else moment):
        yield


def send(server: BedplateServer, method: str, path: str,
         body: bytes | Iterator[bytes] | None = None,
         headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection(*server.address, timeout=600)
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # A server may answer and close before it has taken all of a body it will not read.
            connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, fields, answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def send_signed(server: BedplateServer, method: str, path: str, body: bytes = b"",
                **how: Any) -> Answer:
    return send(server, method, path, body, sign(server, method, path, body, **how))


def connect(server: BedplateServer, timeout_s: float = 60) -> socket.socket:
    return socket.create_connection(server.address, timeout=timeout_s)


def head(server: BedplateServer, method: str, path: str, headers: dict[str, str]) -> bytes:
    """The head of an HTTP/1.1 request as bytes."""
    host, port = server.address
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() != "host"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def is_closed(connection: socket.socket) -> bool:
    """Waits until the server closed the connection, taking what it says before that."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True
