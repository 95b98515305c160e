"""The comparison of two servers: turns of load in turn, and the search for the best flags."""

import argparse
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

import load
import report
import search

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))

# A turn beside which the machine spent more than this share on other things is done again, so
# many times at most: two computing threads wait for each other at every operation.
OTHERS_MAX = 0.03
ATTEMPTS = 3
LOCK_SECONDS = 300


class Lock:
    """A lock file that this run shares the machine by: kept over several turns, given up between
    two when it was held for long."""

    def __init__(self, path):
        self._file = path.open("a") if path else None
        self._since = None

    def __enter__(self):
        if self._file and self._since is None:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._since = time.monotonic()

    def __exit__(self, *_):
        if self._file and time.monotonic() - self._since > LOCK_SECONDS:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._since = None


def arguments(description, cases, flags_file):
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--llama-server", type=pathlib.Path,
                        default=CACHE / "llama-build/bin/llama-server")
    parser.add_argument("--model", type=pathlib.Path,
                        default=CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--threads", type=int, default=2, help="computing threads, and processors")
    parser.add_argument("--case", action="append", choices=[case.name for case in cases])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--search", action="store_true", help="look for the best flags, only that")
    parser.add_argument("--flags", type=pathlib.Path,
                        default=ROOT / "build" / flags_file,
                        help="file of the best flags found for each case")
    parser.add_argument("--lock", type=pathlib.Path,
                        help="file to hold a lock on while measuring, where others use the machine")
    return parser.parse_args()


class Bench:
    """Starts sides and asks them. `sides` has the classes of both, `asks` makes a turn."""

    def __init__(self, args, folder, sides, asks):
        self._args, self._folder = args, folder
        self._sides, self._asks = sides, asks
        self._load = args.bin / "engine_bench_load"
        self._lock = Lock(args.lock)

    def llama_server(self, name, flags):
        return self._sides.LlamaServer(name, self._args.llama_server, self._args.model,
                                   self._args.threads, flags, self._folder)

    def bedplate(self):
        return self._sides.Bedplate(self._args.bin / "bedplate", self._args.model,
                                self._args.threads, self._folder)

    def turn(self, side, case, name, seconds_max=None):
        """One turn, once more while the machine does other things."""
        for attempt in range(ATTEMPTS):
            with self._lock:
                turn = load.turn(self._load, side, case, self._asks(case, f"{name}/{attempt}"),
                                 seconds_max)
            if turn.others < OTHERS_MAX:
                break
        return turn

    def search(self, case):
        """The best flags for llama-server, by trial."""
        print(f"\n{case.title}: flags of llama-server\n\n| flags | rate |\n|---|---:|")
        flags, rate = search.search(case, lambda flags: self.llama_server("best", flags), self.turn,
                                    lambda line: print(line, flush=True))
        what = "requests" if case.own else "tokens"
        print(f"\nbest: `{flags}`, {rate:.3g} {what}/s", flush=True)
        return flags

    def compare(self, case, best_flags):
        """All turns of all sides, and the memory of each at the end."""
        with contextlib.ExitStack() as stack:
            sides = []
            for start in (self.bedplate, lambda: self.llama_server("defaults", ""),
                          lambda: self.llama_server("best flags", best_flags)):
                sides.append(start())
                stack.callback(sides[-1].stop)
            for side in sides:  # warm-up, not counted
                self.turn(side, dataclasses.replace(case, requests=2), f"warm-up/{side.name}")
            turns = {side.name: [] for side in sides}
            for round_number in range(self._args.rounds):
                for i in range(len(sides)):
                    side = sides[(i + round_number) % len(sides)]
                    turns[side.name].append(self.turn(side, case, f"{round_number}/{side.name}"))
            return turns, {side.name: side.memory_mib() for side in sides}


def measure(args, cases, sides, asks):
    """What the arguments ask for, of cases, sides and asks."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))  # servers end too
    chosen = [case for case in cases if not args.case or case.name in args.case]
    processors = sorted(os.sched_getaffinity(0))[:args.threads]
    os.sched_setaffinity(0, processors)  # for all sides, and the load beside them
    found = json.loads(args.flags.read_text()) if args.flags.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args, folder, sides, asks)
        for case in chosen:
            if args.search or case.name not in found:
                found[case.name] = bench.search(case)
                args.flags.write_text(json.dumps(found, indent=2) + "\n")
        if args.search:
            return
        print(report.heading(args, processors))
        for case in chosen:
            turns, memory = bench.compare(case, found[case.name])
            print(report.table(case, turns, memory, found[case.name]), flush=True)
