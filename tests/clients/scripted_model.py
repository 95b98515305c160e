"""A model for OpenAiUpstream that does with tools what a good one would, for clients' own tests of
what they make of it: it calls the tool that it was shown, with arguments that fit the schema and
come from the question, and says what results told it."""

from __future__ import annotations

import json
import re
from typing import Any


def scripted_model(request: dict) -> dict:
    last = request["messages"][-1]
    text = _text_of(last)
    if last["role"] == "tool":
        return {"content": f"I was told: {text}"}
    tools = [tool["function"] for tool in request.get("tools") or []]
    if not tools:
        return {"content": f"You said: {text}"}
    choice = request.get("tool_choice", "auto")
    name = choice["function"]["name"] if isinstance(choice, dict) else tools[0]["name"]
    schema = next(tool for tool in tools if tool["name"] == name).get("parameters") or {}
    return {"tool_calls": [{"id": f"call_{len(request['messages'])}", "name": name,
                            "arguments": json.dumps(_value(schema, text))}]}


def _text_of(message: dict) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def _value(schema: dict, text: str) -> Any:
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        if choices:
            return _value(choices[0], text)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: _value(member, text)
                for name, member in schema.get("properties", {}).items()}
    if kind == "array":
        return [_value(schema.get("items", {"type": "string"}), text)]
    if kind in ("integer", "number"):
        return int((re.findall(r"\d+", text) or ["0"])[0])
    return {"boolean": True, "null": None}.get(kind, text)
