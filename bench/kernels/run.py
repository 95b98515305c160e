#!/usr/bin/env python3
"""Our attention kernels against ggml's own code, in one process, interleaved.

    bench/kernels/run.py [--bin build/release/bin] [--model FILE] [--threads 2] [--rounds 5]

Two tables in Markdown: the operation alone (processor time, one thread), then a whole model
(tokens a second, and processor time for a token). Build with -DBEDPLATE_BENCH=ON, release preset.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def lines(*command: object) -> list[dict]:
    done = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def print_operation(rows: list[dict]) -> None:
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    print("| shape | " + " | ".join(f"{v}, µs" for v in variants)
          + " | " + " | ".join(f"{v} is x times ggml" for v in variants[1:]) + " |")
    print("|---|" + "---:|" * (2 * len(variants) - 1))
    for shape in dict.fromkeys(row["shape"] for row in rows):
        of = {row["variant"]: row for row in rows if row["shape"] == shape}
        print(f"| {shape} | " + " | ".join(f"{of[v]['us']:.0f}" for v in variants) + " | "
              + " | ".join(f"{of[v]['ratio']:.1f}" for v in variants[1:]) + " |")


def print_model(rows: list[dict]) -> None:
    print("| scenario | variant | tokens/s best | median | processor ms/token |")
    print("|---|---|---:|---:|---:|")
    for row in rows:
        print(f"| {row['scenario']} | {row['variant']} | {row['best']:.0f} | {row['median']:.0f} | "
              f"{row['cpu_ms']:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--model", type=pathlib.Path,
                        default=CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{datetime.date.today()}, {processor()}, {os.cpu_count()} cores, load average {load:.1f} "
          f"before the run\n")
    print_operation(lines(arguments.bin / "attention_bench", 4 * arguments.rounds))
    print(f"\n{arguments.model.name}, {arguments.threads} threads:\n")
    print_model(lines(arguments.bin / "kernels_bench", arguments.model, arguments.threads,
                      arguments.rounds))


if __name__ == "__main__":
    main()
