"""A small server of Anthropic's Messages API for tests, with a function of the test in place of a
model, and another in place of the whole exchange where the test wants a fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from stand_in import Exchange, StandIn, lower_case_headers, send, send_chunked

# What a test's model says to a request: {"content": [blocks], "stop_reason", "cache",
# "citations_first"}; all but the first are optional. `cache` are further counts of its usage;
# `citations_first` streams the citations of a text before it, as some servers do.
Model = Callable[[dict], dict]
KEY = "sk-ant-of-the-test"


def input_tokens(request: dict) -> int:
    """The words of all that shapes the prompt."""
    shaping = [request.get(name) for name in ("system", "messages", "tools", "thinking")]
    return len(json.dumps(shaping).split())


def event(type_: str, **members: object) -> bytes:
    return f"event: {type_}\ndata: {json.dumps({'type': type_, **members})}\n\n".encode()


def _pieces(text: str, size: int = 5) -> Iterator[str]:
    for begin in range(0, len(text), size):
        yield text[begin:begin + size]


def _stop_reason(said: dict) -> str:
    calls = any(block["type"] == "tool_use" for block in said["content"])
    return said.get("stop_reason") or ("tool_use" if calls else "end_turn")


def _text_deltas(block: dict, citations_first: bool) -> list[dict]:
    text = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
    citations = [{"type": "citations_delta", "citation": citation}
                 for citation in block.get("citations") or []]
    return citations + text if citations_first else text + citations


def _deltas(block: dict, citations_first: bool) -> Iterator[dict]:
    if block["type"] == "text":
        yield from _text_deltas(block, citations_first)
    elif block["type"] == "thinking":
        for piece in _pieces(block["thinking"]):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif block["type"] == "tool_use":
        for piece in _pieces(json.dumps(block["input"])):
            yield {"type": "input_json_delta", "partial_json": piece}


def _begun(block: dict) -> dict:
    text = {"text": "", **({"citations": []} if block.get("citations") else {})}
    empty = {"text": text, "thinking": {"thinking": "", "signature": ""},
             "tool_use": {"input": {}}}
    return {**block, **empty.get(block["type"], {})}


def events_of(said: dict, tokens: int) -> Iterator[bytes]:
    """A stream as Anthropic's documentation shows one, with what may come at any time."""
    yield event("message_start", message={
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude",
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": tokens, "output_tokens": 1, **said.get("cache", {})}})
    yield event("ping")
    for index, block in enumerate(said["content"]):
        yield event("content_block_start", index=index, content_block=_begun(block))
        for delta in _deltas(block, said.get("citations_first", False)):
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    yield event("not_thought_of_yet", anything=[1, 2])
    yield event("message_delta", usage={"output_tokens": len(json.dumps(said).split())},
                delta={"stop_reason": _stop_reason(said),
                       "stop_sequence": said.get("stop_sequence")})
    yield event("message_stop")


def send_error(exchange: Exchange, status: int, type_: str, message: str, **headers: str) -> None:
    error = {"type": "error", "error": {"type": type_, "message": message}}
    send(exchange, status, json.dumps(error).encode(), **headers)


def send_events(exchange: Exchange, events: list[bytes], whole: bool = True) -> None:
    send_chunked(exchange, "text/event-stream; charset=utf-8", events, whole)


class AnthropicUpstream(StandIn):
    """Serves `model` at `url` until close(). `requests` are the bodies it was sent, `headers` their
    headers; `fault`, where a test sets it, answers in place of the model."""

    def __init__(self, model: Model):
        self.model = model
        self.requests: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.fault: Callable[[Exchange, dict], None] | None = None
        super().__init__()

    def post(self, exchange: Exchange, body: bytes) -> None:
        request = json.loads(body)
        self.requests.append(request)
        self.paths.append(exchange.path)
        self.headers.append(lower_case_headers(exchange))
        if self.fault is not None:
            self.fault(exchange, request)
            return
        if self.headers[-1].get("x-api-key") != KEY:
            send_error(exchange, 401, "authentication_error", "invalid x-api-key")
            return
        if "anthropic-version" not in self.headers[-1]:
            send_error(exchange, 400, "invalid_request_error", "anthropic-version: header required")
            return
        tokens = input_tokens(request)
        if exchange.path == "/v1/messages/count_tokens":
            send(exchange, 200, json.dumps({"input_tokens": tokens}).encode())
            return
        said = self.model(request)
        if request.get("stream"):
            send_events(exchange, list(events_of(said, tokens)))
            return
        answer = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
                  "content": said["content"], "stop_reason": _stop_reason(said),
                  "stop_sequence": said.get("stop_sequence"),
                  "usage": {"input_tokens": tokens, **said.get("cache", {}),
                            "output_tokens": len(json.dumps(said).split())}}
        send(exchange, 200, json.dumps(answer).encode())
