"""The two sides: how each is started, asked and read. Everything that differs between them is
here."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials

# Of Bedplate's embedded models; another file is added under the other name.
EMBEDDED = {"SmolLM2-135M-Instruct.Q4_1.gguf": "huggingfacetb.smollm2-135m-instruct-v1:0"}
ADDED = "bench.model-v1:0"


class NotStarted(Exception):
    """The server ended, or does not answer."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(url, timeout=2):
                return
        time.sleep(0.05)
    raise NotStarted(f"{url} does not answer; see the log of the server")


def seconds_of(folder):
    """Processor time of the process with this folder in /proc."""
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A running server; `name` is its column in the tables."""

    def __init__(self, name, command, port, ready, log, environment=None):
        self.name, self.port = name, port
        with open(log, "ab") as file:
            # A group of its own to end it by, in this session: the kernel would weigh a session
            # of its own as one beside all others, not thread by thread.
            self.process = subprocess.Popen(command, stdout=file, stderr=file, env=environment,
                                            process_group=0)
        try:
            wait_for(f"http://127.0.0.1:{port}{ready}", self.process)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def processes(self):
        """The folders in /proc of the server and of everything it started."""
        pending = [self.process.pid]
        while pending:
            folder = pathlib.Path(f"/proc/{pending.pop()}")
            yield folder
            with contextlib.suppress(OSError):
                for task in (folder / "task").iterdir():
                    pending += [int(c) for c in (task / "children").read_text().split()]

    def processor_seconds(self):
        return sum(seconds_of(folder) for folder in self.processes())

    def memory_mib(self):
        """Peak resident memory, and what of the memory resident now is mapped from files (the
        weights, on both sides), summed over the processes."""
        sums = {"VmHWM": 0, "RssFile": 0, "RssAnon": 0}
        for folder in self.processes():
            status = (folder / "status").read_text()
            for name in sums:
                sums[name] += int(re.search(rf"{name}:\s+(\d+)", status).group(1))
        return {name: value / 1024 for name, value in sums.items()}

    def http(self, path, headers, body):
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: close",
                 f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Bedplate(Server):
    """The whole of `bedplate serve`: signed ConverseStream over HTTP, the engine behind it."""

    marker = "contentBlockDelta"  # the event's name in its frame

    def __init__(self, program, model, threads, folder):
        port = free_port()
        # Of its own for each start: a model is added once, and no start finds another's prefixes.
        data = pathlib.Path(tempfile.mkdtemp(prefix="bedplate-", dir=folder))
        self.model_id = EMBEDDED.get(model.name, ADDED)
        environment = dict(os.environ, BEDPLATE_DATA_FOLDER=str(data),
                           BEDPLATE_LISTEN_PORT=str(port), BEDPLATE_MODELS_FOLDER=str(model.parent),
                           BEDPLATE_MODELS_WARM_UP=self.model_id, BEDPLATE_ENGINE_THREADS=str(threads))
        if self.model_id == ADDED:
            subprocess.run([program, "models", "add", ADDED, model], env=environment, check=True,
                           stdout=subprocess.DEVNULL)
        self.prepare(environment)
        super().__init__("Bedplate", [program, "serve"], port, "/readyz",
                         pathlib.Path(folder) / "bedplate.log", environment)
        keys = json.loads((data / "credentials.json").read_text())
        self._credentials = botocore.credentials.Credentials(keys["access_key_id"],
                                                             keys["secret_access_key"])

    def prepare(self, environment):
        """What a bench changes before it starts."""

    def body(self, ask):
        return {"system": [{"text": ask.system}],
                "messages": [{"role": "user", "content": [{"text": ask.user}]}],
                "inferenceConfig": {"maxTokens": ask.answer_tokens, "temperature": 0},
                "additionalModelRequestFields": {"ignore_eos": True}}

    def request(self, ask):
        body = json.dumps(self.body(ask)).encode()
        path = f"/model/{urllib.parse.quote(self.model_id, safe='')}/converse-stream"
        signed = botocore.awsrequest.AWSRequest("POST", f"http://127.0.0.1:{self.port}{path}",
                                                data=body,
                                                headers={"content-type": "application/json"})
        botocore.auth.SigV4Auth(self._credentials, "bedrock", "us-east-1").add_auth(signed)
        return self.http(path, dict(signed.headers.items()), body)

    @staticmethod
    def usage(answer):
        """Tokens in and out, by the server's own count."""
        found = re.search(rb'"usage":\{[^{}]*\}', answer)
        usage = json.loads(b"{" + found.group() + b"}")["usage"]
        return usage["inputTokens"], usage["outputTokens"]


class LlamaServer(Server):
    """llama.cpp's server with its OpenAI chat completions."""

    marker = '"delta":{"content":'

    def __init__(self, name, program, model, threads, flags, folder):
        port = free_port()
        command = [program, "-m", str(model), "--host", "127.0.0.1", "--port", str(port),
                   "-t", str(threads), *shlex.split(flags)]
        super().__init__(name, command, port, "/health", pathlib.Path(folder) / "llama-server.log")
        self.flags = flags

    def body(self, ask):
        return {"messages": [{"role": "system", "content": ask.system},
                             {"role": "user", "content": ask.user}],
                "max_tokens": ask.answer_tokens, "temperature": 0, "ignore_eos": True}

    def request(self, ask):
        body = self.body(ask) | {"stream": True, "stream_options": {"include_usage": True}}
        return self.http("/v1/chat/completions", {"Content-Type": "application/json"},
                         json.dumps(body).encode())

    @staticmethod
    def usage(answer):
        found = re.findall(rb'"usage":(\{(?:[^{}]|\{[^{}]*\})*\})', answer)
        usage = json.loads(found[-1])
        return usage["prompt_tokens"], usage["completion_tokens"]
