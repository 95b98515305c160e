"""Content of Converse's messages, put together from a stream as a client does it."""

from __future__ import annotations

import json


def _add(block: dict, delta: dict) -> None:
    if "text" in delta:
        assert "citationsContent" not in block, "text behind its citations"
        block["text"] = block.get("text", "") + delta["text"]
    elif "citation" in delta:
        if "text" in block:
            block["citationsContent"] = {"content": [{"text": block.pop("text")}], "citations": []}
        block["citationsContent"]["citations"].append(delta["citation"])
    elif "reasoningContent" in delta:
        thought = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
        for name, value in delta["reasoningContent"].items():
            thought[name] = thought.get(name, "") + value
    else:
        block["toolUse"]["input"] += delta["toolUse"]["input"]


def assembled(events: list[dict]) -> tuple[list[dict], str]:
    """The content and the stop reason of a stream. Asserts the order that Bedrock keeps."""
    names = [next(iter(event)) for event in events]
    assert names[0] == "messageStart" and names[-2:] == ["messageStop", "metadata"], names
    content: list[dict] = []
    open_block = None
    for event in events[1:-2]:
        (name, value), = event.items()
        index = value["contentBlockIndex"]
        if name == "contentBlockStop":
            assert index == open_block, event
            open_block = None
            continue
        if open_block is None:
            assert index == len(content), event
            open_block = index
            content.append({})
        assert index == open_block, event
        if name == "contentBlockStart":
            content[-1] = {"toolUse": {**value["start"]["toolUse"], "input": ""}}
        else:
            _add(content[-1], value["delta"])
    assert open_block is None
    for block in content:
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return content, events[-2]["messageStop"]["stopReason"]
