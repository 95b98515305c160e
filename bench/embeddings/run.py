#!/usr/bin/env python3
"""Bedplate against sentence-transformers and llama-server: texts made into vectors, a second.

    bench/embeddings/run.py [--bin build/release/bin] [--case NAME ...] [--rounds 5]

The same all-MiniLM-L6-v2 on the same processors with as many threads; all sides are up and one is
asked at a time, in an order that changes from round to round, each turn with texts nobody has seen.
Every side's vectors are compared with sentence-transformers'. Tables show medians over the rounds.
`tools/setup/setup --for bench` builds llama-server, `bench/embeddings/setup` brings the library.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import signal
import statistics
import sys
import tempfile

from cases import CASES
from sides import Bedplate, LlamaServer, SentenceTransformers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

from report import processor  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))
# Weights are 16-bit numbers on two sides and 32-bit ones on the third.
COSINE_MIN = 0.999


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--llama-server", type=pathlib.Path,
                        default=CACHE / "llama-build/bin/llama-server")
    parser.add_argument("--python", type=pathlib.Path, default=CACHE / "bench-venv/bin/python",
                        help="the one that has sentence-transformers")
    parser.add_argument("--model", type=pathlib.Path,
                        default=CACHE / "models/all-MiniLM-L6-v2.F16.gguf")
    parser.add_argument("--threads", type=int, default=2, help="computing threads, and processors")
    parser.add_argument("--case", action="append", choices=[case.name for case in CASES])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=20_000, help="of a turn, about")
    return parser.parse_args()


def start_all(args, folder, stack):
    """The first is ours, the last the reference."""
    sides = []
    for start in (lambda: Bedplate(args.bin / "bedplate", args.model.parent, args.threads, folder),
                  lambda: LlamaServer("llama-server", args.llama_server, args.model, args.threads,
                                      "", folder),
                  lambda: LlamaServer("llama-server, 16 slots", args.llama_server, args.model,
                                      args.threads, "-np 16 -c 8192 -b 2048 -ub 2048", folder),
                  lambda: SentenceTransformers(args.python, args.threads)):
        sides.append(start())
        stack.callback(sides[-1].stop)
    return sides


def check(name, batches, expected):
    """A side's vectors point where the reference's do."""
    for batch, wanted in zip(batches, expected, strict=True):
        for one, other in zip(batch, wanted, strict=True):
            cosine = sum(a * b for a, b in zip(one, other, strict=True))
            length = sum(a * a for a in one) ** 0.5 * sum(b * b for b in other) ** 0.5
            if cosine / length < COSINE_MIN:
                raise SystemExit(f"{name} gave another vector: cosine {cosine / length:.4f}")


def compare(case, sides, args):
    """Texts a second, a list for each side."""
    same = case.texts("check", 400)[:4]
    _, expected = sides[-1].turn(same, 1)
    for side in sides:
        check(side.name, side.turn(same, 1)[1], expected)  # a warm-up too
    rates = {side.name: [] for side in sides}
    for round_number in range(args.rounds):
        for i in range(len(sides)):
            side = sides[(i + round_number) % len(sides)]
            batches = case.texts(f"{round_number}/{side.name}", args.tokens)
            seconds, vectors = side.turn(batches, case.clients)
            if [len(each) for each in vectors] != [len(each) for each in batches]:
                raise SystemExit(f"{side.name} did not answer for every text")
            rates[side.name].append(sum(len(each) for each in batches) / seconds)
    return rates


def row(case, rates):
    middle = {name: statistics.median(of) for name, of in rates.items()}
    ours = next(iter(rates))
    cells = [f"{middle[name]:,.0f} ({min(of):,.0f} to {max(of):,.0f})"
             for name, of in rates.items()]
    cells += [f"{middle[ours] / middle[name]:.2f}" for name in list(rates)[1:]]
    return f"| {case.title} | " + " | ".join(cells) + " |"


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # sides end too
    chosen = [case for case in CASES if not args.case or case.name in args.case]
    processors = sorted(os.sched_getaffinity(0))[:args.threads]
    os.sched_setaffinity(0, processors)  # for all sides, and the load beside them
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        sides = start_all(args, folder, stack)
        versions = ", ".join(f"{name} {version}" for name, version in sides[-1].versions.items())
        print(f"{datetime.date.today()}, {processor()}, {len(processors)} processors, "
              f"{args.threads} computing threads, {args.model.name}, {versions}, {args.rounds} "
              f"rounds, about {args.tokens:,} tokens a turn, load average {os.getloadavg()[0]:.1f} "
              "before the run. Texts a second: medians (least to most); ratios of medians.\n")
        names = [side.name for side in sides]
        print("| texts | " + " | ".join(names) + " | " +
              " | ".join(f"Bedplate is x times {name}" for name in names[1:]) + " |")
        print("|---|" + "---:|" * (2 * len(names) - 1), flush=True)
        for case in chosen:
            print(row(case, compare(case, sides, args)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
