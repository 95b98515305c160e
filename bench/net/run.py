#!/usr/bin/env python3
"""Our HTTP server and client against bare Beast: processor time and requests a second.

    bench/net/run.py --programs build/release/bin [--seconds 3] [--rounds 5]

Both sides have one thread on one processor, the load (wrk, 32 connections) has the other. They take
turns within a round, and the table shows medians: processor time a request is what the servers
themselves spend, and hardly moves when the machine is busy with other things.
"""
import argparse
import contextlib
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port}")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(port, seconds, connections):
    out = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency",
         f"http://127.0.0.1:{port}/"], check=True, capture_output=True, text=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(out)
    return requests, rate


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        def start(name, *arguments):
            process = subprocess.Popen(
                ["taskset", "-c", "0", options.programs / name, *map(str, arguments)])
            stack.callback(process.wait)
            stack.callback(process.terminate)
            wait_for(arguments[0])
            return process.pid, arguments[0]

        upstream = start("net_bench_beast", free_port())
        sides = {
            ("answer", "bedplate"): start("net_bench_bedplate", free_port()),
            ("answer", "beast"): start("net_bench_beast", free_port()),
            ("proxy", "bedplate"): start("net_bench_bedplate", free_port(), upstream[1]),
            ("proxy", "beast"): start("net_bench_beast", free_port(), upstream[1]),
        }
        costs = {side: [] for side in sides}
        rates = {side: [] for side in sides}
        for _ in range(options.rounds):
            for side, (pid, port) in sides.items():
                before = processor_seconds(pid)
                requests, rate = load(port, options.seconds, options.connections)
                costs[side].append((processor_seconds(pid) - before) / requests * 1e6)
                rates[side].append(rate)

    print("| work | side | processor time a request, us | requests a second |")
    print("|---|---|---|---|")
    for side in sides:
        print(f"| {side[0]} | {side[1]} | {statistics.median(costs[side]):.2f} "
              f"| {statistics.median(rates[side]):.0f} |")
    for work in ("answer", "proxy"):
        ours, theirs = ((statistics.median(costs[work, who])) for who in ("bedplate", "beast"))
        print(f"{work}: bedplate spends {ours / theirs:.2f} x the processor time of beast")


if __name__ == "__main__":
    main()
