"""What the engine of a running server is doing, from its own metrics page."""

from __future__ import annotations

import http.client
import pathlib
import re
import socket

from bedplate_server import CHAT, BedplateServer


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("engine", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def sequences_running(server: BedplateServer, model_id: str = CHAT) -> int:
    """Requests that the model's engine computes now or will: 0 means that it is idle."""
    command = pathlib.Path(f"/proc/{server.engine_pid(model_id)}/cmdline").read_text()
    connection = _UnixConnection(re.search(r"unix:([^\0]+)", command)[1])
    try:
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
    finally:
        connection.close()
    gauges = re.findall(r"(?m)^bedplate_engine_(?:running|waiting) (\d+)", page)
    assert len(gauges) == 2, page
    return sum(map(int, gauges))
