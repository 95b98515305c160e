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
import http.client
import json
import os
import pathlib
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

MODEL = "bench.upstream-v1:0"
PROMPT = "Tell me one thing about the sea."
DELTAS = 200
SERVER_PROCESSOR, LOAD_PROCESSOR = "0", "1"
LOAD = ["taskset", "-c", LOAD_PROCESSOR]
SERVER = ["taskset", "-c", SERVER_PROCESSOR]
# At least so many requests a second as one of theirs, at most such a part of their latency and
# memory. The Beast proxy is the least that a proxy can do.
GOALS = {"litellm": {"rps": 100, "p50_ms": 1 / 30, "p99_ms": 1 / 50, "memory": 1 / 10},
         "beast-proxy": {"rps": 0.6}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port} after {seconds} s")


class Peer:
    """A running process group, its URL and the headers and bodies that reach it."""

    def __init__(self, name, command, port, env=None, folder=None):
        self.name, self.port = name, port
        self.log = open(os.path.join(folder, name + ".log"), "wb")
        place = LOAD if name == "upstream" else SERVER
        self.process = subprocess.Popen([*place, *command], stdout=self.log, stderr=self.log,
                                        env=env, start_new_session=True)
        wait_for(port)

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def processes(self):
        """The folders in /proc of the process and its children."""
        pending = [self.process.pid]
        while pending:
            folder = pathlib.Path(f"/proc/{pending.pop()}")
            with contextlib.suppress(OSError):
                for task in (folder / "task").iterdir():
                    pending += [int(c) for c in (task / "children").read_text().split()]
                yield folder

    def resident_mib(self):
        status = "".join((p / "status").read_text() for p in self.processes())
        return sum(int(kib) for kib in re.findall(r"VmRSS:\s+(\d+)", status)) / 1024

    def processor_seconds(self):
        fields = [(p / "stat").read_text().rpartition(")")[2].split() for p in self.processes()]
        return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")


def signed(url, body, access_key, secret_key):
    request = botocore.awsrequest.AWSRequest(
        "POST", url, data=body, headers={"content-type": "application/json"})
    credentials = botocore.credentials.Credentials(access_key, secret_key)
    botocore.auth.SigV4Auth(credentials, "bedrock", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def wrk(url, headers, body, connections, seconds, folder):
    script = os.path.join(folder, "request.lua")
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}"]
    lines += [f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in headers.items()]
    lines.append("""
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration,
      latency:percentile(50), latency:percentile(99),
      e.connect + e.read + e.write + e.status + e.timeout))
end""")
    pathlib.Path(script).write_text("\n".join(lines))
    out = subprocess.run([*LOAD, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                          "--timeout", "60s", "-s", script, url],
                         capture_output=True, text=True, check=True).stdout
    count, micros, p50, p99, errors = out.split("RESULT ")[1].split()[:5]
    return {"requests": int(count), "rps": int(count) / (int(micros) / 1e6),
            "p50_ms": float(p50) / 1e3, "p99_ms": float(p99) / 1e3, "errors": int(errors)}


def answered_by(upstream_port):
    """How many requests the upstream has answered since it began."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream_port, timeout=10)
    connection.request("GET", "/")
    return json.load(connection.getresponse())["answered"]


def check_answer(peer, stream):
    """One request, whose answer must be the upstream's, whole."""
    url, headers, body = requests_for(peer, stream)
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("POST", parts.path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    words = text.count(b'" word') if stream else text.count(b"Hello from upstream.")
    if answer.status != 200 or words != (DELTAS if stream else 1):
        sys.exit(f"{peer.name} answered {answer.status}: {text[:2000]!r}")


def start_litellm(program, upstream_port, folder):
    port = free_port()
    config = os.path.join(folder, "litellm.yaml")
    pathlib.Path(config).write_text(json.dumps({
        "model_list": [{"model_name": MODEL, "litellm_params": {
            "model": "openai/bench", "api_base": f"http://127.0.0.1:{upstream_port}/v1",
            "api_key": "unused"}}],
        "general_settings": {"master_key": "sk-bench"}}))
    env = dict(os.environ, LITELLM_LOG="ERROR", LITELLM_LOCAL_MODEL_COST_MAP="True",
               LITELLM_TELEMETRY="False")
    return Peer("litellm", [program, "--config", config, "--host", "127.0.0.1", "--port",
                            str(port), "--num_workers", "1"], port, env, folder)


def start_bedplate(program, upstream_port, folder):
    port = free_port()
    env = dict(os.environ, BEDPLATE_DATA_FOLDER=os.path.join(folder, "data"),
               BEDPLATE_LISTEN_PORT=str(port), BEDPLATE_SERVER_THREADS="1")
    subprocess.run([program, "models", "add", MODEL, "--url",
                    f"http://127.0.0.1:{upstream_port}/v1", "--upstream-model", "bench"],
                   env=env, check=True, stdout=subprocess.DEVNULL)
    peer = Peer("bedplate", [program, "serve"], port, env, folder)
    credentials = json.loads((pathlib.Path(folder) / "data" / "credentials.json").read_text())
    peer.credentials = credentials
    return peer


def requests_for(peer, stream):
    """URL, headers and body of one request to the peer."""
    base = f"http://127.0.0.1:{peer.port}"
    if peer.name == "bedplate":
        body = json.dumps({"messages": [{"role": "user", "content": [{"text": PROMPT}]}],
                           "inferenceConfig": {"maxTokens": 256, "temperature": 0.5}})
        url = f"{base}/model/{MODEL.replace(':', '%3A')}/" + (
            "converse-stream" if stream else "converse")
        return url, signed(url, body, peer.credentials["access_key_id"],
                           peer.credentials["secret_access_key"]), body
    chat = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}],
            "max_tokens": 256, "temperature": 0.5}
    if stream:
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    return (f"{base}/v1/chat/completions",
            {"content-type": "application/json", "authorization": "Bearer sk-bench"},
            json.dumps(chat))


def measure_once(peer, stream, connections, seconds, upstream_port, folder):
    if stream and peer.name == "litellm":
        seconds *= 4  # a stream of its takes seconds where 32 are asked for at once
    answered, spent = answered_by(upstream_port), peer.processor_seconds()
    one = wrk(*requests_for(peer, stream), connections, seconds, folder)
    if one["requests"] == 0:
        sys.exit(f"{peer.name} finished no request in {seconds} s: give it more --seconds")
    one["processor_us"] = (peer.processor_seconds() - spent) / one["requests"] * 1e6
    if answered_by(upstream_port) - answered < one["requests"]:
        sys.exit(f"{peer.name} answered requests that never reached the upstream")
    return one


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


def processor_name():
    names = re.findall(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


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
