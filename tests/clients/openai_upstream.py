"""A small OpenAI-compatible server for tests, with a function of the test in place of a model."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator

# What a test's model says to a request: {"content", "reasoning_content", "tool_calls",
# "thinking_blocks", "finish_reason", "cached_tokens"}, each optional; a call is {"id", "name",
# "arguments"}.
Model = Callable[[dict], dict]


def prompt_tokens(request: dict) -> int:
    """The words of all that a chat template would see."""
    return len(json.dumps([request["messages"], request.get("tools")]).split())


def _pieces(text: str, size: int = 3) -> Iterator[str]:
    for begin in range(0, len(text), size):
        yield text[begin:begin + size]


def _finish_reason(said: dict) -> str:
    return said.get("finish_reason") or ("tool_calls" if said.get("tool_calls") else "stop")


def _call(call: dict, **more: object) -> dict:
    return {"id": call["id"], "type": "function", **more,
            "function": {"name": call["name"], "arguments": call["arguments"]}}


def _whole(said: dict) -> dict:
    message = {"role": "assistant", "content": said.get("content")}
    if "reasoning_content" in said:
        message["reasoning_content"] = said["reasoning_content"]
    if "thinking_blocks" in said:
        message["thinking_blocks"] = said["thinking_blocks"]
    if "tool_calls" in said:
        message["tool_calls"] = [_call(call) for call in said["tool_calls"]]
    return {"index": 0, "message": message, "finish_reason": _finish_reason(said)}


def _deltas(said: dict) -> Iterator[dict]:
    for piece in _pieces(said.get("reasoning_content", "")):
        yield {"reasoning_content": piece}
    for block in said.get("thinking_blocks", []):
        yield {"thinking_blocks": [block]}
    for piece in _pieces(said.get("content") or ""):
        yield {"content": piece}
    for index, call in enumerate(said.get("tool_calls", [])):
        yield {"tool_calls": [_call({**call, "arguments": ""}, index=index)]}
        for piece in _pieces(call["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


class OpenAiUpstream:
    """Serves `model` at `url` until close(). `requests` are the bodies it was sent. `names` is what
    it says of GET /models; nothing: status 404."""

    def __init__(self, model: Model, names: list[str] | None = None):
        self.model = model
        self.names = names
        self.requests: list[dict] = []
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if upstream.names is None or not self.path.endswith("/models"):
                    self.send_error(404)
                    return
                upstream._send(self, {"object": "list",
                                      "data": [{"id": name} for name in upstream.names]})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                upstream._answer(self, json.loads(body))

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, exchange: http.server.BaseHTTPRequestHandler, request: dict) -> None:
        self.requests.append(request)
        if exchange.path.endswith("/tokenize"):
            self._send(exchange, {"count": prompt_tokens(request)})
            return
        said = self.model(request)
        usage = {"prompt_tokens": prompt_tokens(request),
                 "completion_tokens": len(json.dumps(said).split())}
        if "cached_tokens" in said:
            usage["prompt_tokens_details"] = {"cached_tokens": said["cached_tokens"]}
        if not request["stream"]:
            self._send(exchange, {"id": "c", "object": "chat.completion", "model": "m",
                                  "choices": [_whole(said)], "usage": usage})
            return
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in _deltas(said)]
        choices.append({"index": 0, "delta": {}, "finish_reason": _finish_reason(said)})
        chunks = [{"id": "c", "model": "m", "choices": [choice]} for choice in choices]
        chunks.append({"id": "c", "model": "m", "choices": [], "usage": usage})
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
        self._send_bytes(exchange, "".join(lines).encode(), "text/event-stream")

    def _send(self, exchange: http.server.BaseHTTPRequestHandler, answer: dict) -> None:
        self._send_bytes(exchange, json.dumps(answer).encode(), "application/json")

    @staticmethod
    def _send_bytes(exchange: http.server.BaseHTTPRequestHandler, body: bytes, kind: str) -> None:
        exchange.send_response(200)
        exchange.send_header("content-type", kind)
        exchange.send_header("content-length", str(len(body)))
        exchange.end_headers()
        exchange.wfile.write(body)
