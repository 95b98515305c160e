#!/usr/bin/env python3
"""Bedplate and LiteLLM in front of one upstream, with many clients, and Bedplate for ten minutes.

    bench/upstream/run.py --bedplate build/release/bin/bedplate --peers build/release/bin \
        --litellm VENV/bin/litellm [--seconds 5] [--rounds 3] [--soak-seconds 600]

The servers, the upstream and the load are those of bench/gateway (`peers.py`). Bedplate is asked in
two ways: Converse and ConverseStream, signed, and its OpenAI facade with a bearer key, which is the
very request that LiteLLM gets. After the comparison 256 clients ask Bedplate, half for streams, for
ten minutes, while its memory is read every second.
"""
import argparse
import contextlib
import copy
import os
import pathlib
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gateway"))

from peers import (Peer, check_answer, free_port, measure_once, processor_name,  # noqa: E402
                   requests_for, start_bedplate, start_litellm, wrk)

CLIENTS = (32, 256)
DELTAS = 50
# At least so many requests a second as one of LiteLLM's, at most such a part of its latency.
GOALS = {"rps": 100, "p99_ms": 1 / 50}
# Memory is flat if the last minute's highest is at most so much above the second minute's.
GROWTH_MAX = 1.02
MINUTE = 60


def measure(peers, args, upstream_port, folder):
    results = {}
    for stream in (False, True):
        for peer in peers:
            check_answer(peer, stream, DELTAS)
        for clients in CLIENTS:
            for peer in peers:  # warm-up, not counted
                wrk(*requests_for(peer, stream), clients, 1, folder)
            for _ in range(args.rounds):
                for peer in peers:
                    results.setdefault((stream, clients, peer.name), []).append(
                        measure_once(peer, stream, clients, args.seconds, upstream_port, folder))
    return {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            for key, runs in results.items()}


def soak(bedplate, seconds, folder):
    """Memory for each second of two loads side by side, and how many requests were answered."""
    done = []
    end = time.monotonic() + seconds

    def load(stream):
        with tempfile.TemporaryDirectory(dir=folder) as own:
            while (left := end - time.monotonic()) >= 1:
                # Signed anew each minute: a signature is good for five.
                done.append(wrk(*requests_for(bedplate, stream), CLIENTS[-1] // 2,
                                round(min(left, MINUTE)), own))

    loads = [threading.Thread(target=load, args=(stream,)) for stream in (False, True)]
    for each in loads:
        each.start()
    memory = []
    while any(each.is_alive() for each in loads):
        memory.append(bedplate.resident_mib())
        time.sleep(1)
    return memory, sum(run["requests"] for run in done), sum(run["errors"] for run in done)


def work(stream):
    return f"streams of {DELTAS} deltas" if stream else "whole answers"


def report(results):
    print("| work | clients | server | requests/s | p50 ms | p99 ms | processor time a request, us"
          " | errors |\n|---|---|---|---|---|---|---|---|")
    for (stream, clients, name), run in results.items():
        print(f"| {work(stream)} | {clients} | {name} | {run['rps']:,.1f} | {run['p50_ms']:.2f}"
              f" | {run['p99_ms']:.2f} | {run['processor_us']:,.1f} | {run['errors']:.0f} |")
    print("\n| work | clients | Bedplate by | what | Bedplate / LiteLLM | goal | |"
          "\n|---|---|---|---|---|---|---|")
    for (stream, clients, name), run in results.items():
        if name == "litellm":
            continue
        theirs = results[stream, clients, "litellm"]
        for what, goal in GOALS.items():
            ratio = run[what] / theirs[what]
            met = ratio >= goal if what == "rps" else ratio <= goal
            print(f"| {work(stream)} | {clients} | {name} | {what} | {ratio:.3g}"
                  f" | {'>=' if what == 'rps' else '<='} {goal:.3g}"
                  f" | {'met' if met else 'missed'} |")


def report_soak(memory, requests, errors):
    minutes = [max(memory[at:at + MINUTE]) for at in range(0, len(memory) - MINUTE + 1, MINUTE)]
    print(f"\n{len(memory)} s of load, {requests:,} requests, {errors} errors; resident, the "
          f"highest of each minute in MiB: {', '.join(f'{mib:.1f}' for mib in minutes)}")
    if len(minutes) > 2:
        growth = minutes[-1] / minutes[1]
        print(f"last minute to second: {growth:.3f}, goal <= {GROWTH_MAX}: "
              f"{'met' if growth <= GROWTH_MAX else 'missed'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bedplate", required=True, help="the bedplate program")
    parser.add_argument("--peers", required=True, help="folder of gateway_bench_* programs")
    parser.add_argument("--litellm", help="the litellm program; without it, only the ten minutes")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak-seconds", type=int, default=600)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        def run(peer):
            stack.callback(peer.stop)
            return peer
        upstream_port = free_port()
        run(Peer("upstream", [f"{args.peers}/gateway_bench_upstream", str(upstream_port),
                              str(DELTAS)], upstream_port, folder=folder))
        bedplate = run(start_bedplate(args.bedplate, upstream_port, folder))
        facade = copy.copy(bedplate)
        bedplate.name, facade.name = "bedplate", "bedplate, OpenAI facade"
        print(f"{processor_name()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}, "
              f"{args.rounds} rounds of {args.seconds} s\n")
        if args.litellm:
            litellm = run(start_litellm(args.litellm, upstream_port, folder))
            report(measure([bedplate, facade, litellm], args, upstream_port, folder))
            litellm.stop()
        if args.soak_seconds:
            report_soak(*soak(bedplate, args.soak_seconds, folder))


if __name__ == "__main__":
    main()
