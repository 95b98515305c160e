"""The comparison of two servers: turns of load in turn, and the search for the best flags."""

import argparse
import contextlib
import dataclasses
import fcntl
import os
import pathlib
import signal
import sys
import tempfile
import time

import load
import report
import search
from flags_file import FlagsFile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE", pathlib.Path.home() / ".cache/bedplate"))

MODELS = {"smollm2-135m-instruct": "SmolLM2-135M-Instruct.Q4_1.gguf",
          "qwen2.5-coder-0.5b-instruct": "Qwen2.5-Coder-0.5B-Instruct.Q4.gguf"}

# A turn beside which the machine spent more than this share on other things is done again, so
# many times at most: two computing threads wait for each other at every operation.
OTHERS_MAX = 0.03
ATTEMPTS = 3
LOCK_SECONDS = 60


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


def arguments(description, cases, flags_file, more=lambda parser: None):
    """`more` adds a bench's own arguments."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--llama-server", type=pathlib.Path,
                        default=CACHE / "llama-build/bin/llama-server")
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--model-name", choices=MODELS, default=next(iter(MODELS)),
                       help="one that tools/setup brings (default: %(default)s)")
    model.add_argument("--model", type=pathlib.Path, help="another GGUF file")
    parser.add_argument("--threads", type=int, default=2, help="computing threads, and processors")
    parser.add_argument("--case", action="append", choices=[case.name for case in cases])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--search", action="store_true",
                        help="look for the best flags, only that; goes on where one was cut off")
    parser.add_argument("--combination-seconds", type=float, default=300,
                        help="a combination of flags that answers no faster is not searched on")
    parser.add_argument("--case-minutes", type=float, default=60,
                        help="of the search for one case; the next --search tries the rest")
    parser.add_argument("--flags", type=pathlib.Path,
                        default=ROOT / "build" / flags_file,
                        help="file of what was found for each model and case")
    parser.add_argument("--lock", type=pathlib.Path,
                        help="file to hold a lock on while measuring, where others use the machine")
    more(parser)
    args = parser.parse_args()
    args.model = args.model or CACHE / "models" / MODELS[args.model_name]
    if not args.model.is_file():
        sys.exit(f"{args.model} is absent; `tools/setup/setup --for bench` brings our models")
    return args


class Bench:
    """Starts sides and asks them. `sides` has the classes of both, `asks` makes a turn."""

    def __init__(self, args, folder, sides, asks):
        self._args, self._folder = args, folder
        self._sides, self._asks = sides, asks
        self._load = args.bin / "engine_bench_load"
        self.lock = Lock(args.lock)

    def llama_server(self, name, flags):
        return self._sides.LlamaServer(name, self._args.llama_server, self._args.model,
                                       self._args.threads, flags, self._folder)

    def bedplate(self):
        return self._sides.Bedplate(self._args.bin / "bedplate", self._args.model,
                                    self._args.threads, self._folder)

    def turn(self, side, case, name, seconds_max=None):
        """One turn, once more while the machine does other things."""
        for attempt in range(ATTEMPTS):
            with self.lock:
                turn = load.turn(self._load, side, case, self._asks(case, f"{name}/{attempt}"),
                                 seconds_max)
            if turn.others < OTHERS_MAX:
                break
        return turn

    def search(self, case, file):
        """Goes on with the search for llama-server's best flags."""
        print(f"\n{case.title}: flags of llama-server\n\n| flags | rate |\n|---|---:|")
        found = file.find(case)
        limits = search.Limits(self._args.combination_seconds, 60 * self._args.case_minutes)
        search.Search(case, found, limits, lambda flags: self.llama_server("best", flags),
                      self.turn, lambda line: print(line, flush=True),
                      lambda: file.keep(case, found)).run()
        what = "requests" if case.own else "tokens"
        print(f"\nbest: {found.describe()}, {found.rate:.3g} {what}/s", flush=True)

    @contextlib.contextmanager
    def sides(self, default_flags, best_flags):
        """All of them, started: Bedplate, and llama-server as it comes, but for what the case needs,
        and with the best flags."""
        with contextlib.ExitStack() as stack:
            sides = []
            for start in (self.bedplate, lambda: self.llama_server("defaults", default_flags),
                          lambda: self.llama_server("best flags", best_flags)):
                sides.append(start())
                stack.callback(sides[-1].stop)
            yield sides

    def compare(self, case, best_flags):
        """All turns of all sides, and the memory of each at the end."""
        with self.sides(case.defaults, best_flags) as sides:
            self._warm_up(case, sides)
            measured = report.Measured({side.name: [] for side in sides},
                                       {side.name: [] for side in sides})
            for round_number in range(self._args.rounds):
                for i in range(len(sides)):
                    side = sides[(i + round_number) % len(sides)]
                    name = f"{round_number}/{side.name}"
                    measured.turns[side.name].append(self.turn(side, case, name))
                    if case.beside:
                        measured.beside[side.name].append(self.turn(side, case.beside, name))
            measured.memory = {side.name: side.memory_mib() for side in sides}
            return measured

    def _warm_up(self, case, sides):
        """The same two requests for all, which must be as many tokens for each."""
        two = dataclasses.replace(case, requests=2, clients=min(2, case.clients))
        with self.lock:
            counts = {side.name: load.turn(self._load, side, two, self._asks(two, "warm-up"),
                                           None).tokens_in for side in sides}
        if not case.short and len(set(counts.values())) > 1:
            sys.exit(f"the sides count different tokens in the same requests: {counts}")


@contextlib.contextmanager
def on_processors(count):
    """This process and all it starts on so many processors; the servers end with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    processors = sorted(os.sched_getaffinity(0))[:count]
    os.sched_setaffinity(0, processors)  # for all sides, and the load beside them
    with tempfile.TemporaryDirectory() as folder:
        yield processors, folder


def searched(bench, args, cases):
    """The file of flags, with something for each of the cases."""
    file = FlagsFile(args.flags, args.model.name)
    for case in cases:
        found = file.find(case)
        if not found.complete if args.search else found.flags is None:
            bench.search(case, file)
    return file


def measure(args, cases, sides, asks):
    """What the arguments ask for, of cases, sides and asks."""
    chosen = [case for case in cases if not args.case or case.name in args.case]
    with on_processors(args.threads) as (processors, folder):
        bench = Bench(args, folder, sides, asks)
        # A case is searched as the one whose flags it takes.
        file = searched(bench, args, [next((c for c in cases if c.name == case.flags_of), case)
                                      for case in chosen])
        if args.search:
            return
        print(report.heading(args, processors))
        for case in chosen:
            found = file.find(case)
            measured = bench.compare(case, found.flags)
            print(report.table(case, measured, found.describe()), flush=True)
