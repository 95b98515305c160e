#!/usr/bin/env python3
"""What a JSON schema costs: tokens a second within answers that are held to one, and of free text.

    bench/structured/run.py [--rounds 5] [--llama-server PROGRAM]

One server of each kind is asked for free text and for JSON by a schema in turn, with prompts it has
not seen; a rate is that of an answer between its first token and its last. Everything else is as in
bench/engine, whose parts these are.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

import comparison  # noqa: E402
import load  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
import texts  # noqa: E402
from cases import Case  # noqa: E402

ANSWER_TOKENS = 128
SCHEMA = {
    "type": "array", "minItems": 8,
    "items": {
        "type": "object", "additionalProperties": False,
        "required": ["name", "kind", "age", "tags", "address"],
        "properties": {
            "name": {"type": "string"}, "age": {"type": "integer"},
            "kind": {"type": "string", "enum": ["person", "animal", "plant"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "address": {"type": "object", "additionalProperties": False,
                        "required": ["street", "city"],
                        "properties": {"street": {"type": "string"},
                                       "city": {"type": "string"}}}}}}
CASES = [Case(f"{clients}", f"{clients} at once", clients, requests, requests, 100,
              ANSWER_TOKENS, short=True) for clients, requests in ((1, 8), (8, 16))]


@dataclasses.dataclass(frozen=True)
class Ask:
    system: str
    user: str
    answer_tokens: int
    schema: bool


def asks(case, turn, schema):
    return [Ask(texts.text(f"{turn}/{number}", case.prefix_tokens),
                "List whoever is in this text, as JSON." if schema else
                "Tell a long story about this text.", case.answer_tokens, schema)
            for number in range(case.requests)]


class Bedplate(servers.Bedplate):
    def prepare(self, environment):
        # How well the next tokens are guessed depends on the text, and the two are different texts.
        environment["BEDPLATE_ENGINE_SPECULATION"] = "off"

    def body(self, ask):
        body = super().body(ask)
        if ask.schema:
            del body["additionalModelRequestFields"]  # JSON ends where it ends
            body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {
                "jsonSchema": {"name": "people", "schema": json.dumps(SCHEMA)}}}}
        return body


class LlamaServer(servers.LlamaServer):
    def body(self, ask):
        body = super().body(ask)
        if ask.schema:
            del body["ignore_eos"]
            body["response_format"] = {"type": "json_schema", "json_schema": {
                "name": "people", "schema": SCHEMA}}
        return body


def measure(program, server, case, rounds):
    rates = {False: [], True: []}
    for number in range(-1, rounds):  # the first is a warm-up
        for schema in rates:
            turn = load.turn(program, server, case,
                             asks(case, f"{server.name}/{case.name}/{number}/{schema}", schema))
            if number >= 0:
                rates[schema].append(turn.answer_rate)
    free, held = (statistics.median(rates[schema]) for schema in (False, True))
    print(f"| {server.name} | {case.title} | {free:.0f} ({min(rates[False]):.0f} to "
          f"{max(rates[False]):.0f}) | {held:.0f} ({min(rates[True]):.0f} to "
          f"{max(rates[True]):.0f}) | {100 * (1 - held / free):.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=comparison.ROOT / "build/release/bin")
    parser.add_argument("--llama-server", type=pathlib.Path,
                        default=comparison.CACHE / "llama-build/bin/llama-server")
    parser.add_argument("--model", type=pathlib.Path,
                        default=comparison.CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    processors = sorted(os.sched_getaffinity(0))[:args.threads]
    os.sched_setaffinity(0, processors)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        sides = []
        for start in (
                lambda: Bedplate(args.bin / "bedplate", args.model, args.threads, folder),
                lambda: LlamaServer("llama-server", args.llama_server, args.model, args.threads,
                                    "-np 8 -c 8192", folder)):
            sides.append(start())
            stack.callback(sides[-1].stop)
        print(report.heading(args, processors) + "\n")
        print("| server | requests | free text, tokens/s | by a schema | what the schema costs |")
        print("|---|---|---:|---:|---:|")
        for case in CASES:
            for side in sides:
                measure(args.bin / "engine_bench_load", side, case, args.rounds)


if __name__ == "__main__":
    main()
