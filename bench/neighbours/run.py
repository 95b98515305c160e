#!/usr/bin/env python3
"""How much slower answers get beside other work: tokens a second beside 0, 1 and 2 busy processes.

    bench/neighbours/run.py [--model-name NAME] [--case NAME] [--seconds 30] [--rounds 1] [--search]

Bedplate and llama-server, as it comes and with its best flags, are asked in turn, alone and beside
processes that each keep a processor busy. Everything else is as in bench/engine, whose parts these
are.
"""

import contextlib
import dataclasses
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

import comparison  # noqa: E402
import load  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402
from cases import Case, asks  # noqa: E402

LOOPS = (0, 1, 2)
CASES = [Case("one", "one client, prompts of 100 tokens", 1, 4, 4, 64, 128),
         Case("eight", "8 clients, prompts of 100 tokens", 8, 16, 16, 64, 128)]


@dataclasses.dataclass(frozen=True)
class Result:
    rate: float    # tokens a second
    share: float   # of the processors' time that the server had
    others: float  # of the machine's that neither server, load nor loops had


@contextlib.contextmanager
def busy(count):
    """So many processes that compute without end, in this session, at the same weight."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield loops
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def seconds_of(loop):
    return servers.seconds_of(pathlib.Path(f"/proc/{loop.pid}"))


def ask(args, bench, side, case, count, name, requests):
    """One turn beside `count` loops."""
    case = dataclasses.replace(case, requests=requests, prefixes=requests)
    with bench.lock, busy(count) as loops:
        time.sleep(0.5 if count else 0)  # till they run
        of_loops = -sum(map(seconds_of, loops))
        of_server, begin = -side.processor_seconds(), time.monotonic()
        turn = load.turn(args.bin / "engine_bench_load", side, case,
                         asks(case, f"{side.name}/{count}/{name}"))
        of_loops += sum(map(seconds_of, loops))
        of_server += side.processor_seconds()
        processors = (time.monotonic() - begin) * args.threads
    return Result(turn.rate(case), of_server / processors,
                  max(0.0, turn.others - of_loops / processors))


def fair_share(threads, loops):
    """Of all processors' time, for so many threads at equal weights."""
    return threads / (threads + loops)


def measure(args, bench, case, sides):
    """Results by side and number of loops."""
    results = {(side.name, count): [] for side in sides for count in LOOPS}
    # Twice: the first is a warm-up. How fast a side is decides how many requests take the time.
    rates = {side.name: [ask(args, bench, side, case, 0, f"warm-up/{n}", case.clients).rate
                         for n in range(2)][1] for side in sides}
    for number in range(args.rounds):
        for count in LOOPS:
            for i in range(len(sides)):
                side = sides[(i + number) % len(sides)]
                tokens = rates[side.name] * fair_share(args.threads, count) * args.seconds
                requests = max(case.clients, round(tokens / case.answer_tokens))
                result = ask(args, bench, side, case, count, number, requests)
                print(side.name, count, result, file=sys.stderr, flush=True)
                results[side.name, count].append(result)
    return results


def table(args, case, results, best_flags):
    others = max(result.others for of in results.values() for result in of)
    yield f"\n### {case.name}: {case.title}\n"
    yield (f"{case.answer_tokens} tokens out each; best flags {best_flags}; work that is none of "
           f"this took at most {others:.1%} of the machine\n")
    yield ("| server | busy processes | tokens/s | of its speed alone | fair share | processor "
           "time it had | lost more than its fair share |")
    yield "|---|---:|---:|---:|---:|---:|---|"

    def middle(name, count, figure):
        return statistics.median(getattr(result, figure) for result in results[name, count])

    for name, count in results:
        rate, share = (middle(name, count, figure) for figure in ("rate", "share"))
        fair, kept = fair_share(args.threads, count), rate / middle(name, 0, "rate")
        lost = "" if count == 0 else "no" if kept >= fair else f"yes, {fair - kept:.0%} more"
        yield (f"| {name} | {count} | {rate:.0f} | {kept:.0%} | {fair:.0%} | {share:.0%} "
               f"| {lost} |")


def main():
    args = comparison.arguments(__doc__, CASES, "bench-neighbours-search.json",
                                lambda parser: parser.add_argument(
                                    "--seconds", type=float, default=30, help="about, for a turn"))
    chosen = [case for case in CASES if not args.case or case.name in args.case]
    with comparison.on_processors(args.threads) as (processors, folder):
        bench = comparison.Bench(args, folder, servers, asks)
        file = comparison.searched(bench, args, chosen)
        if args.search:
            return
        print(report.heading(args, processors))
        for case in chosen:
            found = file.find(case)
            with bench.sides(case.defaults, found.flags) as sides:
                results = measure(args, bench, case, sides)
            print("\n".join(table(args, case, results, found.describe())), flush=True)


if __name__ == "__main__":
    main()
