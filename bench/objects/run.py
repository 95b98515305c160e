#!/usr/bin/env python3
"""Objects of Bedplate against MinIO and moto's server.

    bench/objects/run.py --bedplate build/release/bin/bedplate --load build/release/bin/objects_bench_load
        [--minio PROGRAM] [--moto PROGRAM] [--folder FOLDER] [--works put,get,list]
        [--sizes 1KiB,1MiB,64MiB] [--keys 100000] [--seconds 3] [--rounds 3] [--lock FILE]

Puts and gets of three sizes and the list of many keys, with 1 and with 16 clients. All requests are
what boto3 makes of them, signed when a round begins, and sent by `load.cc`, which shares the
machine with the server. Servers take turns within a round; the tables show medians. Needs boto3 (any
environment of the set-up) and bench/objects/setup. --lock: a file that is held locked in each round,
for other work of the machine to wait for.
"""
import argparse
import contextlib
import fcntl
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "gateway"))

import peers  # noqa: E402
from peers import processor_name  # noqa: E402
from servers import (BUCKET, CACHE, LISTED, Server, run_load, start_bedplate,  # noqa: E402
                     start_minio, start_moto)

GOALS = {"minio": 1, "moto": 20}  # Bedplate's requests a second, at least, to theirs
CLIENTS = (1, 16)
SIZES = {"1KiB": 1 << 10, "1MiB": 1 << 20, "64MiB": 64 << 20}
# Keys that are put and got in turn.
RING = {"1KiB": 512, "1MiB": 64, "64MiB": 16}


class Bench:
    def __init__(self, args, folder, servers):
        self.args, self.folder, self.servers = args, folder, servers
        self.results = {}

    def body(self, size):
        path = os.path.join(self.folder, size)
        if not os.path.exists(path):
            pathlib.Path(path).write_bytes(os.urandom(SIZES[size]))
        return path

    @contextlib.contextmanager
    def quiet(self):
        if not self.args.lock:
            yield
            return
        with open(self.args.lock, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self, server, clients, seconds, body, heads):
        spent = server.peer.processor_seconds()
        one = run_load(self.args.load, server.peer.port, clients, seconds, body, heads)
        one["processor_us"] = (server.peer.processor_seconds() - spent) / one["requests"] * 1e6
        return one

    def rounds(self, work, make):
        """`make(server)` gives body and heads, signed anew each time, and the bytes of an answer's
        body where they are known."""
        for clients in CLIENTS:
            with self.quiet():
                for turn in range(self.args.rounds + 1):
                    for server in self.servers:
                        # The first turn warms up and is not counted.
                        self.round(work, clients, server, make, self.args.seconds if turn else 1,
                                   counted=turn > 0)

    def round(self, work, clients, server, make, seconds, counted):
        body, heads, size = make(server)
        one = self.load(server, clients, seconds, body, heads)
        if size is not None and one["received"] != one["requests"] * size:
            sys.exit(f"{server.name} sent {one['received']:.0f} bytes as {one['requests']:.0f} "
                     f"bodies of {size}")
        print(f"{work}, {clients} clients, {server.name}: {one['rps']:.1f} requests/s"
              f"{'' if counted else ', warming up'}", file=sys.stderr, flush=True)
        if counted:
            self.results.setdefault((work, clients, server.name), []).append(one)

    def put(self, size):
        content = pathlib.Path(self.body(size)).read_bytes()
        requests = [{"Bucket": BUCKET, "Key": f"{size}/{i:04}", "Body": content}
                    for i in range(RING[size])]
        for server in self.servers:
            server.check(content)
        self.rounds(f"put {size}", lambda server: (
            self.body(size), server.heads("put_object", requests), None))

    def get(self, size):
        content = pathlib.Path(self.body(size)).read_bytes()
        keys = [{"Bucket": BUCKET, "Key": f"{size}/{i:04}"} for i in range(RING[size])]
        for server in self.servers:
            for key in keys:
                server.client.put_object(Body=content, **key)
        self.rounds(f"get {size}", lambda server: (
            "", server.heads("get_object", keys), SIZES[size]))

    def list(self):
        one_byte = os.path.join(self.folder, "byte")
        pathlib.Path(one_byte).write_bytes(b"x")
        keys = [f"logs/{i // 1000:04}/{i % 1000:04}.json" for i in range(self.args.keys)]
        for server in self.servers:
            began = time.monotonic()
            for at in range(0, len(keys), 10_000):
                some = list(server.fill_heads(LISTED, keys[at:at + 10_000], b"x"))
                with self.quiet():
                    run_load(self.args.load, server.peer.port, 16, 0, one_byte, some)
            print(f"{server.name}: {len(keys)} keys put in {time.monotonic() - began:.0f} s",
                  file=sys.stderr)

        def make(server):
            pages, count = server.pages()
            if count != len(keys):
                sys.exit(f"{server.name} lists {count} of {len(keys)} keys")
            return "", server.heads("list_objects_v2", pages), None

        self.rounds(f"a page of a list of {len(keys):,} keys", make)


def report(bench):
    medians = {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
               for key, runs in bench.results.items()}
    print(f"{processor_name()}, {os.cpu_count()} processors, shared by all, "
          f"{time.strftime('%Y-%m-%d')}, {bench.args.rounds} rounds of {bench.args.seconds} s\n")
    print("| work | clients | server | requests/s | p50 ms | p99 ms | processor time a request, us"
          " |\n|---|---|---|---|---|---|---|")
    for (work, clients, name), run in medians.items():
        print(f"| {work} | {clients} | {name} | {run['rps']:,.1f} | {run['p50_ms']:,.2f}"
              f" | {run['p99_ms']:,.2f} | {run['processor_us']:,.0f} |")
    print("\n| work | clients | Bedplate / | ratio | goal | |\n|---|---|---|---|---|---|")
    for (work, clients, name), run in medians.items():
        if name == "bedplate":
            continue
        ratio = medians[work, clients, "bedplate"]["rps"] / run["rps"]
        print(f"| {work} | {clients} | {name} | {ratio:.2f} | >= {GOALS[name]}"
              f" | {'met' if ratio >= GOALS[name] else 'missed'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bedplate", required=True, help="the bedplate program")
    parser.add_argument("--load", required=True, help="the objects_bench_load program")
    parser.add_argument("--minio", default=CACHE / "bench-minio/minio", help="the minio program")
    parser.add_argument("--moto", default=CACHE / "bench-moto/bin/moto_server",
                        help="the moto_server program; '' for none, as with --minio")
    parser.add_argument("--folder", help="where the servers keep their data")
    parser.add_argument("--works", default="put,get,list")
    parser.add_argument("--sizes", default="1KiB,1MiB,64MiB")
    parser.add_argument("--keys", type=int, default=100_000, help="of the list")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lock", help="a file that is held locked meanwhile")
    args = parser.parse_args()
    peers.SERVER, peers.LOAD = [], []
    folder = tempfile.mkdtemp(dir=args.folder)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        servers = []
        for program, start in ((args.bedplate, start_bedplate), (args.minio, start_minio),
                               (args.moto, start_moto)):
            if program:
                started = start(program, folder)
                stack.callback(started[0].stop)
                servers.append(Server(*started))
        bench = Bench(args, folder, servers)
        works = args.works.split(",")
        for work in ("put", "get"):
            for size in args.sizes.split(",") if work in works else ():
                getattr(bench, work)(size)
        if "list" in works:
            bench.list()
        report(bench)


if __name__ == "__main__":
    main()
