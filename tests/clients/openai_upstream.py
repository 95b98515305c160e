"""A small OpenAI-compatible server for tests, with a function of the test in place of a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from stand_in import Exchange, StandIn, send

# What a test's model says to a request: {"content", "reasoning_content", "tool_calls",
# "thinking_blocks", "finish_reason", "cached_tokens", "reasoning_tokens", "failure"}, each
# optional; a call is {"id", "name", "arguments"}; a failure is the words that end a stream early.
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


def _send(exchange: Exchange, answer: dict) -> None:
    send(exchange, 200, json.dumps(answer).encode())


class OpenAiUpstream(StandIn):
    """Serves `model` at `url` until close(). `requests` are the bodies it was sent. `names` is what
    it says of GET /models; nothing: status 404."""

    def __init__(self, model: Model, names: list[str] | None = None):
        self.model = model
        self.names = names
        self.requests: list[dict] = []
        super().__init__()

    @property
    def url(self) -> str:
        return super().url + "/v1"

    def get(self, exchange: Exchange) -> None:
        if self.names is None or not exchange.path.endswith("/models"):
            exchange.send_error(404)
            return
        _send(exchange, {"object": "list", "data": [{"id": name} for name in self.names]})

    def post(self, exchange: Exchange, body: bytes) -> None:
        request = json.loads(body)
        self.requests.append(request)
        if exchange.path.endswith("/tokenize"):
            _send(exchange, {"count": prompt_tokens(request)})
            return
        said = self.model(request)
        usage = {"prompt_tokens": prompt_tokens(request),
                 "completion_tokens": len(json.dumps(said).split())}
        if "cached_tokens" in said:
            usage["prompt_tokens_details"] = {"cached_tokens": said["cached_tokens"]}
        if "reasoning_tokens" in said:
            usage["completion_tokens_details"] = {"reasoning_tokens": said["reasoning_tokens"]}
        if not request["stream"]:
            _send(exchange, {"id": "c", "object": "chat.completion", "model": "m",
                             "choices": [_whole(said)], "usage": usage})
            return
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in _deltas(said)]
        choices.append({"index": 0, "delta": {}, "finish_reason": _finish_reason(said)})
        chunks = [{"id": "c", "model": "m", "choices": [choice]} for choice in choices]
        chunks.append({"id": "c", "model": "m", "choices": [], "usage": usage})
        if "failure" in said:
            chunks[-2:] = [{"error": {"message": said["failure"]}}]
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
        send(exchange, 200, "".join(lines).encode(), "text/event-stream")
