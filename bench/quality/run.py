#!/usr/bin/env python3
"""Perplexity over a text under the types of the KV cache, beside F16.

    bench/quality/run.py TEXT [--model FILE] [--types f16 bf16 q8_0] [--chunks 40] [--rows 1]

TEXT is a plain text of some length, as WikiText-2's test split. README.md says what is computed.
Build `quality_bench` with -DBEDPLATE_BENCH=ON, release preset.
"""

import argparse
import datetime
import json
import math
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))
sys.path.insert(0, str(ROOT / "bench/engine"))

import report  # noqa: E402


def table(rows):
    base = rows[0]["type"].upper()
    yield (f"| cache | perplexity (standard error) | beside {base} (standard error) | "
           "attention by our kernels |")
    yield "|---|---:|---:|---|"
    for row in rows:
        low = row["log_ratio_error"]
        yield (f"| {row['type'].upper()} | {row['perplexity']:.3f} ({row['standard_error']:.3f}) | "
               f"{100 * math.expm1(row['log_ratio']):+.3f} % ({100 * low:.3f}) | "
               f"{'yes' if row['attention_taken'] else 'no, ggml'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--model", type=pathlib.Path,
                        default=CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--types", nargs="+", default=["f16", "bf16", "q8_0"])
    parser.add_argument("--chunks", type=int, default=40, help="of 512 tokens")
    parser.add_argument("--rows", type=int, default=1,
                        help="positions of a sequence computed at a time, 1 as in generation")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    done = subprocess.run(
        [args.bin / "quality_bench", args.model, args.text, str(args.threads), str(args.chunks),
         str(args.rows), *args.types], check=True, stdout=subprocess.PIPE)
    head, *rows = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"{datetime.date.today()}, {report.processor()}, {args.model.name}, {args.text.name}: "
          f"{head['chunks']} chunks of 512 tokens, {rows[0]['scored']:,} tokens scored, {args.rows} "
          f"of a sequence at a time; attention {head['attention']}, products "
          f"{head['products']}\n")
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
