"""What the stand-ins for servers of models have in common: an HTTP server on a port of its own."""

from __future__ import annotations

import http.server
import threading

Exchange = http.server.BaseHTTPRequestHandler


class StandIn:
    """Serves at `url` until close(), each exchange on a thread of its own."""

    def __init__(self) -> None:
        stand_in = self

        class Handler(Exchange):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stand_in.get(self)

            def do_POST(self) -> None:
                stand_in.post(self, self.rfile.read(int(self.headers["content-length"])))

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def get(self, exchange: Exchange) -> None:
        exchange.send_error(404)

    def post(self, exchange: Exchange, body: bytes) -> None:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def lower_case_headers(exchange: Exchange) -> dict[str, str]:
    return {name.lower(): value for name, value in exchange.headers.items()}


def send(exchange: Exchange, status: int, body: bytes, kind: str = "application/json",
         **headers: str) -> None:
    """Underscores in names of headers stand for hyphens."""
    exchange.send_response(status)
    exchange.send_header("content-type", kind)
    exchange.send_header("content-length", str(len(body)))
    for name, value in headers.items():
        exchange.send_header(name.replace("_", "-"), value)
    exchange.end_headers()
    exchange.wfile.write(body)


def send_chunked(exchange: Exchange, kind: str, pieces: list[bytes], whole: bool = True,
                 **headers: str) -> None:
    """`whole`: False ends the connection without the end of the body."""
    exchange.send_response(200)
    exchange.send_header("content-type", kind)
    for name, value in headers.items():
        exchange.send_header(name.replace("_", "-"), value)
    exchange.send_header("transfer-encoding", "chunked")
    exchange.end_headers()
    for each in pieces:
        exchange.wfile.write(f"{len(each):x}\r\n".encode() + each + b"\r\n")
        exchange.wfile.flush()
    if whole:
        exchange.wfile.write(b"0\r\n\r\n")
    else:
        exchange.close_connection = True
