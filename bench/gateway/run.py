#!/usr/bin/env python3
"""The gateway against its peers, all in front of one upstream that answers at once.

    bench/gateway/run.py --bedplate build/release/bin/bedplate --peers build/release/bin \
        [--litellm VENV/bin/litellm] [--seconds 10] [--rounds 3]

Peers take turns within a round, so that a machine whose speed drifts treats them alike; the table
shows the median over the rounds. Load is wrk: one connection and 32. Every Bedplate request is a
Converse (or ConverseStream) call signed by botocore; LiteLLM takes its own chat completions route
with a key, one worker; the Beast proxy checks nothing. Memory is the resident set after the load.
Needs botocore (any environment of the set-up) and wrk.
"""
import argparse
import contextlib
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

import botocore.auth
import botocore.awsrequest
import botocore.credentials

MODEL = "bench.upstream-v1:0"
PROMPT = "Tell me one thing about the sea."


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
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        env=env, start_new_session=True)
        wait_for(port)

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)

    def resident_mib(self):
        """Resident memory of the process and its children, MiB."""
        total, pending = 0, [self.process.pid]
        while pending:
            pid = pending.pop()
            with contextlib.suppress(OSError):
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                total += int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    pending += [int(c) for c in (task / "children").read_text().split()]
        return total / 1024


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
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, url],
                         capture_output=True, text=True, check=True).stdout
    count, micros, p50, p99, errors = out.split("RESULT ")[1].split()[:5]
    return {"rps": int(count) / (int(micros) / 1e6), "p50_ms": float(p50) / 1e3,
            "p99_ms": float(p99) / 1e3, "errors": int(errors)}


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
               BEDPLATE_LISTEN_PORT=str(port), BEDPLATE_LISTEN_THREADS="1")
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


def measure(peers, args, folder):
    results = {}
    for stream in (False, True):
        for connections in (1, 32):
            for peer in peers:  # warm-up, not counted
                wrk(*requests_for(peer, stream), connections, 2, folder)
            for _ in range(args.rounds):
                for peer in peers:
                    one = wrk(*requests_for(peer, stream), connections, args.seconds, folder)
                    results.setdefault((stream, connections, peer.name), []).append(one)
    return results


def report(results, peers):
    print(f"processor: {platform.processor() or platform.machine()}, "
          f"{os.cpu_count()} cores; medians")
    print("\n| work | clients | server | requests/s | p50 ms | p99 ms | errors | requests/s, "
          "Bedplate = 1 |\n|---|---|---|---|---|---|---|---|")
    for (stream, connections, name), runs in results.items():
        middle = {k: statistics.median(r[k] for r in runs) for k in runs[0]}
        ours = statistics.median(r["rps"] for r in results[stream, connections, "bedplate"])
        print(f"| {'ConverseStream, 200 deltas' if stream else 'Converse'} | {connections} | {name}"
              f" | {middle['rps']:,.0f} | {middle['p50_ms']:.3f} | {middle['p99_ms']:.3f}"
              f" | {sum(r['errors'] for r in runs)} | {middle['rps'] / ours:.3f} |")
    print()
    for peer in peers:
        print(f"resident after load: {peer.name} {peer.resident_mib():.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bedplate", required=True, help="the bedplate program")
    parser.add_argument("--peers", required=True, help="folder of gateway_bench_* programs")
    parser.add_argument("--litellm", help="the litellm program")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        def run(peer):
            stack.callback(peer.stop)
            return peer
        upstream_port, proxy_port = free_port(), free_port()
        run(Peer("upstream", [f"{args.peers}/gateway_bench_upstream", str(upstream_port)],
                 upstream_port, folder=folder))
        peers = [run(start_bedplate(args.bedplate, upstream_port, folder)),
                 run(Peer("beast-proxy", [f"{args.peers}/gateway_bench_beast_proxy",
                                          str(proxy_port), str(upstream_port)],
                          proxy_port, folder=folder))]
        if args.litellm:
            peers.append(run(start_litellm(args.litellm, upstream_port, folder)))
        report(measure(peers, args, folder), peers)


if __name__ == "__main__":
    main()
