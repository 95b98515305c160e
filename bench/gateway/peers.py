"""The servers that stand in front of the upstream: how each is started, asked and watched."""

import contextlib
import http.client
import json
import os
import pathlib
import platform
import re
import signal
import socket
import subprocess
import sys
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
    """A running process group. `chat` is where it takes OpenAI's chat completions and the key."""

    chat = ("/v1/chat/completions", "sk-bench")

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
                          "--timeout", "120s", "-s", script, url],
                         capture_output=True, text=True, check=True).stdout
    count, micros, p50, p99, errors = out.split("RESULT ")[1].split()[:5]
    return {"requests": int(count), "rps": int(count) / (int(micros) / 1e6),
            "p50_ms": float(p50) / 1e3, "p99_ms": float(p99) / 1e3, "errors": int(errors)}


def answered_by(upstream_port):
    """How many requests the upstream has answered since it began."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream_port, timeout=10)
    connection.request("GET", "/")
    return json.load(connection.getresponse())["answered"]


def check_answer(peer, stream, deltas=DELTAS):
    """One request, whose answer must be the upstream's, whole."""
    url, headers, body = requests_for(peer, stream)
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("POST", parts.path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    words = text.count(b'" word') if stream else text.count(b"Hello from upstream.")
    if answer.status != 200 or words != (deltas if stream else 1):
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
    peer.chat = ("/openai/v1/chat/completions", credentials["bearer_key"])
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
    path, key = peer.chat
    return (base + path, {"content-type": "application/json", "authorization": f"Bearer {key}"},
            json.dumps(chat))


def measure_once(peer, stream, connections, seconds, upstream_port, folder):
    if stream and peer.name == "litellm":
        seconds *= 4  # a stream of its takes seconds where many are asked for at once
    answered, spent = answered_by(upstream_port), peer.processor_seconds()
    one = wrk(*requests_for(peer, stream), connections, seconds, folder)
    if one["requests"] == 0:
        sys.exit(f"{peer.name} finished no request in {seconds} s: give it more --seconds")
    one["processor_us"] = (peer.processor_seconds() - spent) / one["requests"] * 1e6
    if answered_by(upstream_port) - answered < one["requests"]:
        sys.exit(f"{peer.name} answered requests that never reached the upstream")
    return one


def processor_name():
    names = re.findall(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()
