#!/usr/bin/env python3
"""How much guessed tokens speed answers up, and what they cost where they are refused.

Engines of the same model with and without take turns: one is asked at a time, all with the same
requests, and the order changes from round to round. Prompts are in the cache before a turn, so what
is measured is generation.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import re
import socket
import statistics
import subprocess
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))
CHAT = CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"
TOKENS = 96

FIELDS = ["name", "colour", "weight", "price", "origin", "stock", "supplier", "shelf"]
WORDS = ("amber birch cedar delta ember fjord grove harbor island jasper kelp lagoon meadow north "
         "ocean pebble quartz river stone timber umber valley willow yarrow zephyr").split()


def repeated(number: int) -> dict:
    """A list of made-up records that the answer copies."""
    source = random.Random(number)
    records = "\n".join(
        json.dumps({field: f"{source.choice(WORDS)} {source.randint(10, 999)}"
                    for field in source.sample(FIELDS, 4)}) for _ in range(8))
    return {"prompt": f"Records:\n{records}\n\nThe same records again:\nRecords:\n",
            "temperature": 0}


def free(number: int) -> dict:
    """A story, drawn with a temperature so that it does not run in a circle."""
    source = random.Random(number)
    one, other = source.sample(WORDS, 2)
    return {"prompt": f"A story about the {one} and the {other}.\n\n",
            "temperature": 0.9, "seed": number}


TEXTS = {"repeats its prompt": repeated, "free": free}


class Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


class Engine:
    def __init__(self, program: pathlib.Path, model: pathlib.Path, folder: str, name: str,
                 arguments: list[str]) -> None:
        self.name = name
        self._socket = f"{folder}/{name.replace(' ', '-')}.sock"
        self.process = subprocess.Popen(
            [program, "--model", model, "--listen", f"unix:{self._socket}", *arguments],
            stderr=subprocess.DEVNULL)
        while self._try("GET", "/health")[0] != 200:
            if self.process.poll() is not None:
                raise SystemExit(f"the engine {name} ended")
            time.sleep(0.05)

    def _try(self, method: str, path: str, body: dict | None = None) -> tuple[int, str]:
        connection = Connection(self._socket)
        try:
            connection.request(method, path, json.dumps(body) if body else None)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def complete(self, request: dict, tokens: int) -> int:
        status, body = self._try("POST", "/v1/completions",
                                 {**request, "model": "m", "max_tokens": tokens,
                                  "ignore_eos": True})
        if status != 200:
            raise SystemExit(f"{self.name}: {status} {body}")
        return json.loads(body)["usage"]["completion_tokens"]

    def counts(self) -> tuple[int, int]:
        page = self._try("GET", "/metrics")[1]
        return tuple(int(float(re.search(rf"^bedplate_engine_{name}_tokens_total (\S+)$", page,
                                         re.M)[1])) for name in ("drafted", "accepted"))


def turn(engine: Engine, requests: list[dict]) -> float:
    """Tokens a second of all requests at once."""
    with concurrent.futures.ThreadPoolExecutor(len(requests)) as clients:
        list(clients.map(lambda request: engine.complete(request, 1), requests))
        begin = time.monotonic()
        made = sum(clients.map(lambda request: engine.complete(request, TOKENS), requests))
        return made / (time.monotonic() - begin)


def compare(engines: list[Engine], text: str, clients: int, rounds: int) -> list[str]:
    speeds: dict[str, list[float]] = {engine.name: [] for engine in engines}
    before = {engine.name: engine.counts() for engine in engines}
    for number in range(rounds):
        requests = [TEXTS[text](number * 100 + client) for client in range(clients)]
        for engine in engines[number % len(engines):] + engines[:number % len(engines)]:
            speeds[engine.name].append(turn(engine, requests))
    base = speeds[engines[0].name]
    lines = []
    for engine in engines:
        own = speeds[engine.name]
        ratios = sorted(a / b for a, b in zip(own, base, strict=True))
        drafted, accepted = (now - then for now, then in
                             zip(engine.counts(), before[engine.name], strict=True))
        made = rounds * clients * TOKENS
        lines.append(f"| {text} | {clients} | {engine.name} | {statistics.median(own):.0f} | "
                     f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | "
                     f"{drafted / made:.2f} | {accepted / made:.2f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, default=CHECKOUT / "build/release/bin")
    parser.add_argument("--model", type=pathlib.Path, default=CHAT)
    parser.add_argument("--draft", type=pathlib.Path, help="a draft model to compare as well")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--text", choices=TEXTS, nargs="+", default=list(TEXTS))
    asked = parser.parse_args()
    kinds = {"off": ["--speculation", "off"], "text": ["--speculation", "text"]}
    if asked.draft:
        kinds["draft model"] = ["--speculation", "off", "--draft", str(asked.draft)]
    with tempfile.TemporaryDirectory(prefix="speculation-") as folder:
        engines = [Engine(asked.bin / "bedplate-engine", asked.model, folder, name, arguments)
                   for name, arguments in kinds.items()]
        try:
            print("| text | clients | guesses | tokens/s | ratio to off | drafted a token "
                  "| accepted |")
            print("|---|---|---|---|---|---|---|")
            for text in asked.text:
                for clients in asked.clients:
                    print("\n".join(compare(engines, text, clients, asked.rounds)), flush=True)
        finally:
            for engine in engines:
                engine.process.terminate()
                engine.process.wait()


if __name__ == "__main__":
    main()
