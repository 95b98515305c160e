#!/usr/bin/env python3
"""The gateway against its peers, all in front of one upstream that answers at once.

    bench/gateway/run.py --bedplate build/release/bin/bedplate --peers build/release/bin \
        [--litellm VENV/bin/litellm] [--seconds 5] [--rounds 3]

Peers take turns within a round, so that a machine whose speed drifts treats them alike; the table
shows medians over the rounds. The peer that is measured has the first processor for itself; wrk
(one connection, and 32) and the upstream share the second. Every request to Bedplate is a Converse
or ConverseStream call that botocore signed when the run began; the signature is verified each time
it is sent again. LiteLLM takes its own chat completions route with a key, one worker; the Beast
proxy checks nothing. Before the load each peer answers once, and the answer is looked at; after
each run the upstream must have counted as many requests as were answered. Memory is the resident
set after the load. Needs botocore (any environment of the set-up) and wrk.
"""
import argparse
import contextlib
import os
import statistics
import tempfile
import time

from peers import (DELTAS, Peer, check_answer, free_port, measure_once, processor_name, requests_for,
                   start_bedplate, start_litellm, wrk)

# At least so many requests a second as one of theirs, at most such a part of their latency and
# memory. The Beast proxy is the least that a proxy can do.
GOALS = {"litellm": {"rps": 100, "p50_ms": 1 / 30, "p99_ms": 1 / 50, "memory": 1 / 10},
         "beast-proxy": {"rps": 0.6}}


def measure(peers, args, upstream_port, folder):
    results = {}
    for peer in peers:
        check_answer(peer, stream=False)
        check_answer(peer, stream=True)
    for stream in (False, True):
        for connections in (1, 32):
            for peer in peers:  # warm-up, not counted
                wrk(*requests_for(peer, stream), connections, 1, folder)
            for _ in range(args.rounds):
                for peer in peers:
                    one = measure_once(peer, stream, connections, args.seconds, upstream_port,
                                       folder)
                    results.setdefault((stream, connections, peer.name), []).append(one)
    return {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            for key, runs in results.items()}


def work_name(stream, connections):
    work = f"ConverseStream, {DELTAS} deltas" if stream else "Converse"
    return f"{work} | {connections}"


def report(results, peers):
    print(f"{processor_name()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}\n")
    print("| work | clients | server | requests/s | p50 ms | p99 ms | processor time a request, us"
          " | errors |\n|---|---|---|---|---|---|---|---|")
    for (stream, connections, name), run in results.items():
        print(f"| {work_name(stream, connections)} | {name} | {run['rps']:,.1f}"
              f" | {run['p50_ms']:.3f} | {run['p99_ms']:.3f} | {run['processor_us']:,.1f}"
              f" | {run['errors']:.0f} |")
    memory = {peer.name: peer.resident_mib() for peer in peers}
    print("\nresident after the load: "
          + ", ".join(f"{name} {mib:.1f} MiB" for name, mib in memory.items()))
    print("\n| work | clients | against | what | Bedplate / theirs | goal | |"
          "\n|---|---|---|---|---|---|---|")
    for (stream, connections, name), theirs in results.items():
        ours = results[stream, connections, "bedplate"]
        for what, goal in GOALS.get(name, {}).items():
            if what != "memory":
                judge(work_name(stream, connections), name, what, ours[what] / theirs[what], goal)
    for name, goals in GOALS.items():
        if "memory" in goals and name in memory:
            judge("all | ", name, "memory", memory["bedplate"] / memory[name], goals["memory"])


def judge(work, name, what, ratio, goal):
    met = ratio >= goal if what == "rps" else ratio <= goal
    sign = ">=" if what == "rps" else "<="
    print(f"| {work} | {name} | {what} | {ratio:.3g} | {sign} {goal:.3g}"
          f" | {'met' if met else 'missed'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bedplate", required=True, help="the bedplate program")
    parser.add_argument("--peers", required=True, help="folder of gateway_bench_* programs")
    parser.add_argument("--litellm", help="the litellm program")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        def run(peer):
            stack.callback(peer.stop)
            return peer
        upstream_port, proxy_port = free_port(), free_port()
        run(Peer("upstream", [f"{args.peers}/gateway_bench_upstream", str(upstream_port),
                              str(DELTAS)], upstream_port, folder=folder))
        peers = [run(start_bedplate(args.bedplate, upstream_port, folder)),
                 run(Peer("beast-proxy", [f"{args.peers}/gateway_bench_beast_proxy",
                                          str(proxy_port), str(upstream_port)],
                          proxy_port, folder=folder))]
        if args.litellm:
            peers.append(run(start_litellm(args.litellm, upstream_port, folder)))
        report(measure(peers, args, upstream_port, folder), peers)


if __name__ == "__main__":
    main()
