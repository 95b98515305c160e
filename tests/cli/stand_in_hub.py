"""A hub for tests: a Hugging Face hub and an Ollama registry with files of ours, which can cut,
lie, refuse and redirect."""

from __future__ import annotations

import dataclasses
import hashlib
import http.server
import json
import re
import threading


@dataclasses.dataclass
class Asked:
    """One request, as it came."""

    path: str
    range: str | None
    if_range: str | None
    authorization: str | None


class Hub:
    """Serves `files` (name -> bytes) as repository owner/model and as Ollama model tiny:1b."""

    def __init__(self, files: dict[str, bytes]):
        self.files = files
        self.sha256 = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        self.etag = '"one"'
        self.ranges = True
        self.cuts: list[int] = []  # bytes after which the next answers with a body are cut
        self.token = ""  # that everything needs
        self.blobs_at = ""  # another origin that has the bodies
        self.hold: threading.Event | None = None  # a body stops half-way until this is set
        self.redirect_to = ""
        self.asked: list[Asked] = []
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802 (the library's name)
                hub.asked.append(Asked(self.path, self.headers["range"], self.headers["if-range"],
                                       self.headers["authorization"]))
                hub.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def bodies(self) -> list[Asked]:
        return [one for one in self.asked if "/resolve/" in one.path or "/blobs/" in one.path]

    def answer(self, request):
        path = request.path.partition("?")[0]
        if self.token and request.headers["authorization"] != f"Bearer {self.token}":
            return self.send(request, 401, b"{}")
        if self.redirect_to:
            return self.send(request, 302, b"", {"location": self.redirect_to})
        if path == "/api/models/owner/model/tree/main":
            tree = [{"type": "file", "path": name, "size": len(data),
                     "lfs": {"oid": self.sha256[name], "size": len(data)}}
                    for name, data in self.files.items()]
            return self.send(request, 200, json.dumps(tree).encode())
        if path == "/v2/library/tiny/manifests/1b":
            name, data = next(iter(self.files.items()))
            layers = [{"mediaType": "application/vnd.ollama.image.license", "size": 3,
                       "digest": "sha256:" + "0" * 64},
                      {"mediaType": "application/vnd.ollama.image.model", "size": len(data),
                       "digest": "sha256:" + self.sha256[name]}]
            return self.send(request, 200, json.dumps({"layers": layers}).encode())
        for name, data in self.files.items():
            if path in (f"/owner/model/resolve/main/{name}",
                        f"/v2/library/tiny/blobs/sha256:{self.sha256[name]}"):
                if self.blobs_at:
                    return self.send(request, 302, b"", {"location": self.blobs_at + path})
                return self.body(request, data)
        return self.send(request, 404, b"{}")

    def send(self, request, status: int, body: bytes, headers: dict[str, str] | None = None):
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def body(self, request, data: bytes):
        begin = re.fullmatch(r"bytes=(\d+)-", request.headers["range"] or "")
        same = request.headers["if-range"] in (None, self.etag)
        start = int(begin[1]) if begin and same and self.ranges else 0
        request.send_response(206 if start else 200)
        if start:
            request.send_header("content-range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("etag", self.etag)
        request.send_header("content-length", str(len(data) - start))
        request.end_headers()
        rest = data[start:]
        if self.hold is not None:
            request.wfile.write(rest[:len(rest) // 2])
            self.hold.wait(60)
            rest = rest[len(rest) // 2:]
        if self.cuts:
            request.wfile.write(rest[:self.cuts.pop(0)])
            request.close_connection = True
        else:
            request.wfile.write(rest)
