"""What the agents ask, and the two sides that answer: tools and conversations in the words of each."""

import dataclasses
import json
import random

import servers
import texts
from cases import Case
from servers import LlamaServer as EngineLlamaServer

TURNS = 4


# The longest conversation is some 1,600 tokens: what the best flags must leave room for.
CASES = [Case("agents", f"8 agents, {TURNS} turns each, one system prompt and six tools", 8,
              8 * TURNS, 1, 1600, 48, own=True, short=True)]


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    description: str
    arguments: tuple[str, ...]

    def schema(self):
        return {"type": "object",
                "properties": {name: {"type": "string", "description": f"the {name} to use"}
                               for name in self.arguments},
                "required": list(self.arguments)}


TOOLS = [
    Tool("search_documents", "Finds documents of the company by words in them.", ("query",)),
    Tool("read_document", "Returns the text of one document.", ("document_id",)),
    Tool("get_weather", "Tells the weather of a city on a day.", ("city", "day")),
    Tool("list_orders", "Lists the orders of a customer since a day.", ("customer", "since")),
    Tool("convert_currency", "Converts an amount of money.", ("amount", "source", "target")),
    Tool("send_message", "Sends a message to a colleague.", ("recipient", "text")),
]


@dataclasses.dataclass(frozen=True)
class Step:
    """A call that the agent made, and what came back."""
    tool: Tool
    arguments: dict
    result: str


@dataclasses.dataclass(frozen=True)
class Ask:
    system: str
    task: str
    steps: tuple[Step, ...]
    answer_tokens: int


def asks(case, turn):
    """All turns of all agents, the first of each first; `turn` (any text) makes them new."""
    system = texts.text(f"{case.name}/{turn}/system", 400)
    agents = [_steps(f"{case.name}/{turn}/{agent}") for agent in range(case.clients)]
    return [Ask(system, texts.question(f"{case.name}/{turn}/task/{number % case.clients}"),
                tuple(agents[number % case.clients][:number // case.clients]), case.answer_tokens)
            for number in range(case.requests)]


def _steps(seed):
    draw = random.Random(seed)
    steps = []
    for number in range(TURNS - 1):
        tool = draw.choice(TOOLS)
        arguments = {name: texts.text(f"{seed}/{number}/{name}", 3) for name in tool.arguments}
        steps.append(Step(tool, arguments, texts.text(f"{seed}/{number}/result", 120)))
    return steps


class Bedplate(servers.Bedplate):
    def body(self, ask):
        messages = [{"role": "user", "content": [{"text": ask.task}]}]
        for number, step in enumerate(ask.steps):
            messages += [
                {"role": "assistant", "content": [{"toolUse": {
                    "toolUseId": f"call-{number}", "name": step.tool.name,
                    "input": step.arguments}}]},
                {"role": "user", "content": [{"toolResult": {
                    "toolUseId": f"call-{number}", "content": [{"text": step.result}]}}]}]
        return {"system": [{"text": ask.system}], "messages": messages,
                "toolConfig": {"tools": [{"toolSpec": {
                    "name": tool.name, "description": tool.description,
                    "inputSchema": {"json": tool.schema()}}} for tool in TOOLS]},
                "inferenceConfig": {"maxTokens": ask.answer_tokens, "temperature": 0}}


class LlamaServer(EngineLlamaServer):
    marker = '"delta":{"content":"\n"delta":{"tool_calls":'

    def __init__(self, name, program, model, threads, flags, folder):
        super().__init__(name, program, model, threads, f"--jinja {flags}".strip(), folder)

    def body(self, ask):
        messages = [{"role": "system", "content": ask.system},
                    {"role": "user", "content": ask.task}]
        for number, step in enumerate(ask.steps):
            messages += [
                {"role": "assistant", "content": None, "tool_calls": [{
                    "id": f"call-{number}", "type": "function", "function": {
                        "name": step.tool.name, "arguments": json.dumps(step.arguments)}}]},
                {"role": "tool", "tool_call_id": f"call-{number}", "content": step.result}]
        return {"messages": messages,
                "tools": [{"type": "function", "function": {
                    "name": tool.name, "description": tool.description,
                    "parameters": tool.schema()}} for tool in TOOLS],
                "max_tokens": ask.answer_tokens, "temperature": 0}
