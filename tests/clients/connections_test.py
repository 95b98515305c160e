"""Connections that misbehave: half requests, slow clients, far too many of them, wrong protocols."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import time

import h2.config
import h2.connection
import h2.events
import pytest

from asking import converse, text_of, user
from bedplate_server import CHAT, wait_until
from metrics import sequences_running
from raw_http import connect, head, is_closed, send, send_signed, sign

STREAM = f"/model/{CHAT}/converse-stream"


def stream_body(tokens: int) -> bytes:
    return json.dumps({"messages": [user("Tell me a long story.")],
                       "inferenceConfig": {"maxTokens": tokens}}).encode()


def test_unknown_paths_and_methods(server):
    for method, path in (("GET", "/no/such/path"), ("POST", "/model"), ("DELETE", "/model/x/converse"),
                         ("PATCH", "/foundation-models"), ("GET", "/foundation-models/x/y/z"),
                         ("POST", "/model/%2e%2e/%2e%2e"), ("BREW", "/foundation-models")):
        answer = send_signed(server, method, path)
        status, kind, message = answer.error
        assert 400 <= status < 500 and kind, (method, path, answer)
        assert message, (method, path, answer)


def test_an_unknown_operation_is_named_by_method_and_path(server):
    status, kind, message = send_signed(server, "GET", "/no/such/path").error
    assert (status, kind) == (404, "UnknownOperationException")
    assert "/no/such/path" in message and "GET" in message


@pytest.mark.parametrize("noise", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00\xff" * 500,
    b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nabcde",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 100,
], ids=range(13))
def test_noise_is_refused_and_harms_nobody(server, noise):
    with connect(server) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
        said = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                said += piece
    if said.startswith(b"HTTP/1.1"):
        assert said.split()[1][:1] == b"4", said[:300]
    assert send(server, "GET", "/healthz").status == 200


def test_half_a_request(server, runtime):
    headers = sign(server, "POST", STREAM, stream_body(4))
    for cut in (10, 60):
        with connect(server) as connection:
            connection.sendall(head(server, "POST", STREAM, headers)[:cut])
    with connect(server) as connection:
        request = head(server, "POST", STREAM, {**headers, "Content-Length": "500"})
        connection.sendall(request + b'{"messages":')
    assert text_of(converse(runtime))


def test_a_request_that_stays_half_is_dropped(new_server):
    server = new_server(limits__slow_window_s=1, limits__head_s_max=1)
    headers = sign(server, "POST", STREAM, stream_body(4))
    with connect(server) as half_head, connect(server) as half_body:
        half_head.sendall(head(server, "POST", STREAM, headers)[:60])
        half_body.sendall(head(server, "POST", STREAM, {**headers, "Content-Length": "500"}) + b"{")
        assert is_closed(half_head)
        assert is_closed(half_body)
    assert send(server, "GET", "/healthz").status == 200


def test_a_client_that_sends_a_byte_a_second_does_not_hold_the_door_open(new_server):
    server = new_server(limits__head_s_max=2)
    sent = 0
    with connect(server) as slow:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for byte in head(server, "GET", "/healthz", {"A": "b" * 200}):
                slow.sendall(bytes([byte]))
                sent += 1
                # Meanwhile others are served.
                assert send(server, "GET", "/healthz").status == 200
                time.sleep(1)
                if sent == 30:
                    break
    assert sent < 30


def test_a_client_that_reads_a_byte_a_second_holds_up_nobody(new_server):
    server = new_server(limits__slow_window_s=3)
    body = stream_body(1800)
    slow = socket.socket()
    # A small window, so that the answer cannot disappear into buffers.
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.settimeout(60)
    slow.connect(server.address)
    with slow:
        headers = sign(server, "POST", STREAM, body)
        slow.sendall(head(server, "POST", STREAM, {**headers, "Content-Length": str(len(body))}) +
                     body)
        client = server.client("bedrock-runtime")
        for _ in range(5):
            assert slow.recv(1)
            time.sleep(1)
            assert text_of(converse(client))
    # The story was long; its reader is gone.
    wait_until("the engine is idle again", lambda: sequences_running(server) == 0)


def test_a_thousand_connections(server, runtime):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip(f"this machine lets a process open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(connect(server)) for _ in range(1000)]
        assert text_of(converse(runtime))
        request = head(server, "GET", "/healthz", {})
        for connection in crowd:
            connection.sendall(request)
        for connection in crowd:
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert text_of(converse(runtime))


def open_files(server) -> int:
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def test_clients_that_leave_in_the_middle_leave_nothing_open(server, runtime):
    assert text_of(converse(runtime))
    wait_until("the engine is idle", lambda: sequences_running(server) == 0)
    before = open_files(server)
    body = stream_body(1800)
    for number in range(24):
        headers = sign(server, "POST", STREAM, body)
        with connect(server) as connection:
            request = head(server, "POST", STREAM, {**headers, "Content-Length": str(len(body))})
            connection.sendall(request + (body if number % 3 else body[:20]))
            if number % 3 == 2:
                assert connection.recv(100)
    wait_until("the engine is idle again", lambda: sequences_running(server) == 0)
    # A few connections to the engine may be kept for the next requests.
    wait_until("their files are closed", lambda: open_files(server) <= before + 8)


def test_several_requests_on_one_connection_in_order(server):
    with connect(server) as connection:
        connection.sendall(head(server, "GET", "/healthz", {}) +
                           head(server, "GET", "/no/such", {"Connection": "close"}))
        said = b""
        while piece := connection.recv(65536):
            said += piece
    assert said.count(b"HTTP/1.1 ") == 2
    assert said.index(b" 200") < said.index(b"HTTP/1.1 4")


def open_http_2(connection: socket.socket) -> h2.connection.H2Connection:
    http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    http.initiate_connection()
    connection.sendall(http.data_to_send())
    return http


def http_2_headers(server, method: str, path: str, signed: dict[str, str]) -> list[tuple[str, str]]:
    host, port = server.address
    fields = [(":method", method), (":path", path), (":scheme", "http"),
              (":authority", f"{host}:{port}")]
    return fields + [(name.lower(), value) for name, value in signed.items()
                     if name.lower() != "host"]


def events_until(connection, http, kind) -> list:
    seen = []
    while not any(isinstance(event, kind) for event in seen):
        data = connection.recv(65536)
        assert data, f"closed before {kind.__name__}: {seen}"
        seen += http.receive_data(data)
        connection.sendall(http.data_to_send())
    return seen


def test_http_2_by_prior_knowledge(server):
    with connect(server) as connection:
        http = open_http_2(connection)
        signed = sign(server, "GET", "/foundation-models", b"")
        http.send_headers(1, http_2_headers(server, "GET", "/foundation-models", signed), True)
        connection.sendall(http.data_to_send())
        seen = events_until(connection, http, h2.events.StreamEnded)
    answer = next(event for event in seen if isinstance(event, h2.events.ResponseReceived))
    fields = {bytes(name) if isinstance(name, bytes) else name.encode():
              value if isinstance(value, bytes) else value.encode()
              for name, value in answer.headers}
    assert fields[b":status"] == b"200"


def test_resetting_a_stream_ends_its_work_and_leaves_the_connection(server):
    body = stream_body(1800)
    signed = sign(server, "POST", STREAM, body)
    with connect(server) as connection:
        http = open_http_2(connection)
        http.send_headers(1, http_2_headers(server, "POST", STREAM, signed))
        http.send_data(1, body, end_stream=True)
        connection.sendall(http.data_to_send())
        events_until(connection, http, h2.events.DataReceived)
        http.reset_stream(1)
        http.send_headers(3, http_2_headers(server, "GET", "/healthz", {}), True)
        connection.sendall(http.data_to_send())
        events_until(connection, http, h2.events.StreamEnded)
        wait_until("the engine is idle again", lambda: sequences_running(server) == 0)


def test_a_request_that_asks_for_http_2_by_upgrade(server):
    with connect(server) as connection:
        connection.sendall(head(server, "GET", "/healthz", {
            "Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c",
            "HTTP2-Settings": "AAMAAABkAAQAAP__"}))
        said = connection.recv(65536)
    assert said.startswith((b"HTTP/1.1 101", b"HTTP/1.1 200")), said[:200]
