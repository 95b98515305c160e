"""Asks with native bodies, of models at a URL that call tools."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from openai_upstream import OpenAiUpstream

METRICS = "amazon-bedrock-invocationMetrics"
SCHEMA = {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]}


def weather_model(request: dict) -> dict:
    """Asks for the weather where it has tools, and then says what it was told."""
    told = [turn["content"] for turn in request["messages"] if turn["role"] == "tool"]
    if told:
        return {"content": "I was told: " + "; ".join(told)}
    if request.get("tools"):
        return {"reasoning_content": "A town.", "content": "Let me see.",
                "tool_calls": [{"id": "call_1", "name": "get_weather",
                                "arguments": json.dumps({"town": "Zürich"})}]}
    return {"content": "Grüezi", "finish_reason": "length"}


@contextlib.contextmanager
def serving(server, families: dict[str, str]) -> Iterator[OpenAiUpstream]:
    """Adds a model for each id, with the bodies of its family."""
    upstream = OpenAiUpstream(weather_model)
    for model, family in families.items():
        server.run("models", "add", model, "--url", upstream.url, "--family", family)
    yield upstream
    for model in families:
        server.run("models", "remove", model)
    upstream.close()


def invoke(client, model: str, body: dict) -> tuple[dict, dict]:
    """The answer, and the headers."""
    answer = client.invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(answer["body"].read()), answer["ResponseMetadata"]["HTTPHeaders"]


def stream(client, model: str, body: dict) -> list[dict]:
    answer = client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
