#!/usr/bin/env python3
"""Bedplate against llama-server: tokens a second, time to the first token, memory.

    bench/engine/run.py [--model-name NAME] [--case NAME ...] [--rounds 5] [--search]

Bedplate is the whole of `bedplate serve` (signed ConverseStream); llama-server is built from the
source archive Bedplate links. Same model file, threads and processors; both are up all the time
and only one is asked at once, in turn, each turn with prompts nobody has seen. llama-server runs
twice: as it comes, and with the flags found best for the model and case: --search looks for them
(minutes for each case), keeps each result in a file, and goes on after it was cut off. Tables show
medians over the rounds, and which of the case's goals are met.
Build with -DBEDPLATE_BENCH=ON; `tools/setup/setup --for bench` builds llama-server.
"""

import comparison
import servers
from cases import CASES, asks

if __name__ == "__main__":
    comparison.measure(comparison.arguments(__doc__, CASES, "bench-engine-search.json"), CASES,
                       servers, asks)
