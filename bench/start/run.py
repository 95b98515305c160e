#!/usr/bin/env python3
"""How fast `bedplate serve` starts, what it holds while idle, and how large the programs are.

    bench/start/run.py [--bin build/release/bin] [--runs 20]

Start is measured from the outside: from the moment the program is executed to the first byte of a
200 from GET /readyz, asked for over and over on a connection attempt each. `first` is with an empty data
folder (credentials and database are made), `later` with an existing one. Memory is the kernel's
account of the process (/proc/PID/smaps_rollup) two seconds after the start. Prints a table in Markdown.
"""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Server:
    def __init__(self, program: pathlib.Path, data: pathlib.Path):
        port = free_port()
        environment = {"HOME": str(data), "PATH": os.environ["PATH"]}
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [program, "serve", "--set", f"listen.port={port}", "--set", f"data.folder={data}/data"],
            env=environment, cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not answers(port):
            if self.process.poll() is not None:
                raise SystemExit("the server ended while it started")
            time.sleep(0.0005)
        self.start_ms = (time.perf_counter() - begin) * 1000

    def memory_mib(self) -> dict[str, float]:
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        fields = dict(line.split(":") for line in text.splitlines()[1:])
        read = lambda name: int(fields[name].split()[0]) / 1024
        return {"resident": read("Rss"), "of it anonymous": read("Anonymous"),
                "proportional": read("Pss")}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def size_rows(folder: pathlib.Path) -> list[tuple[str, str]]:
    rows = []
    for name in ("bedplate", "bedplate-engine"):
        program = folder / name
        if not program.exists():
            continue
        with tempfile.NamedTemporaryFile() as stripped:
            subprocess.run(["strip", "-o", stripped.name, program], check=True)
            small = os.path.getsize(stripped.name)
        rows.append((f"size of {name}", f"{program.stat().st_size / 2**20:.1f} MiB, stripped "
                                        f"{small / 2**20:.1f} MiB"))
    return rows


def show(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ms ({min(values):.0f} to {max(values):.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--runs", type=int, default=20)
    arguments = parser.parse_args()
    first, later, memory = [], [], {}
    for _ in range(arguments.runs):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="bedplate-start-"))
        try:
            for times in (first, later):
                server = Server(arguments.bin.resolve() / "bedplate", folder)
                times.append(server.start_ms)
                if not memory and times is later:
                    time.sleep(2)
                    memory = server.memory_mib()
                server.stop()
        finally:
            shutil.rmtree(folder)
    rows = [("start, first", show(first)), ("start, later", show(later))]
    rows += [(f"idle memory, {name}", f"{amount:.1f} MiB") for name, amount in memory.items()]
    rows += size_rows(arguments.bin)
    print(f"| {arguments.runs} runs | median (range) |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
