#!/usr/bin/env python3
"""Bedplate against llama-server: eight agents that use tools, side by side.

    bench/agents/run.py --model-name qwen2.5-coder-0.5b-instruct [--rounds 3] [--search]

Each agent has the same system prompt and tools, a task of its own, and four turns: a question, then
the results of three calls of tools. What it called and what came back is written beforehand, so
that both servers are asked the same; what the model answers is its own, up to 48 tokens. The rate
is requests a second. Everything else is as in bench/engine, whose parts these are. The model must
be one that uses tools: `tools/setup/setup --for bench` brings this one.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

import comparison  # noqa: E402

import agents  # noqa: E402

if __name__ == "__main__":
    comparison.measure(comparison.arguments(__doc__, agents.CASES, "bench-agents-search.json"),
                       agents.CASES, agents, agents.asks)
