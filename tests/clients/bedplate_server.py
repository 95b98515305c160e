"""A real `bedplate serve` for tests: a data folder of its own, a free port, the packaged models."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import time
import urllib.request
from typing import Any

import boto3
import botocore.config

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("BEDPLATE_TEST_PROGRAMS") or CHECKOUT / "build/release/bin")
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE") or pathlib.Path.home() / ".cache/bedplate")

CHAT = "huggingfacetb.smollm2-135m-instruct-v1:0"
EMBEDDINGS = "sentence-transformers.all-minilm-l6-v2-v1:0"
REGION = "us-east-1"

# How long a step may take before the test gives up on it. A sanitizer build on a busy machine is
# slow; nothing measures these.
PATIENCE_S = 120
_SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:")


def wait_until(what: str, condition, patience_s: float = PATIENCE_S) -> Any:
    """The first true value of `condition`; an AssertionError naming `what` if it never comes."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {patience_s} s: {what}")


class BedplateServer:
    """One server and its data folder. A folder can be served again after its server ended. `words`
    are the command that serves."""

    def __init__(self, folder: pathlib.Path, *, words: tuple[str, ...] = ("serve",),
                 **settings: object):
        self._words = words
        self.data = folder / "data"
        self.log_path = folder / "server.log"
        self._settings = {"listen.port": 0, "data.folder": self.data,
                          "models.folder": CACHE / "models", "log.format": "json"}
        self.change(**settings)
        self._process: subprocess.Popen | None = None
        self.environment: dict[str, str] = {}

    def _command(self, *words: str) -> list[str]:
        command = [str(PROGRAMS / "bedplate"), *words]
        for name, value in self._settings.items():
            command += ["--set", f"{name}={value}"]
        return command

    def change(self, **settings: object) -> None:
        """Settings for the next start."""
        self._settings |= {name.replace("__", "."): value for name, value in settings.items()}

    def start(self) -> BedplateServer:
        assert self._process is None, "it runs already"
        said = self.log_path.with_name("said.txt")
        with self.log_path.open("ab") as log, said.open("ab") as output:
            # AWS_* variables of the machine would be taken for an upstream's.
            environment = {name: value for name, value in os.environ.items()
                           if not name.startswith("AWS_")}
            self._process = subprocess.Popen(self._command(*self._words), stdout=output,
                                             stderr=log, env=environment)
        wait_until(f"the server is ready; its log: {self.log_path}", self._is_ready)
        self.environment = self._client_environment()
        return self

    def _is_ready(self) -> bool:
        assert self._process is not None
        ended = self._process.poll()
        assert ended is None, f"bedplate serve ended with {ended}:\n{self.log()[-4000:]}"
        try:
            document = json.loads((self.data / "server.json").read_text(encoding="utf-8"))
            if document["pid"] != self._process.pid:
                return False
            # Whose certificate it is matters to the tests' clients, not to this question.
            with urllib.request.urlopen(document["endpoint"] + "/readyz", timeout=5,
                                        context=ssl._create_unverified_context()) as answer:
                return answer.status == 200
        except (OSError, ValueError, KeyError):
            return False

    def run(self, *words: str) -> str:
        """What `bedplate WORDS` prints; fails the test if the command fails."""
        done = subprocess.run(self._command(*words), capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, f"bedplate {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def _client_environment(self) -> dict[str, str]:
        """What a user pastes: the export lines of `bedplate env --bearer`."""
        lines = re.findall(r"(?m)^export (\w+)='?([^'\n]*)'?$", self.run("env", "--bearer"))
        return dict(lines)

    @property
    def endpoint(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"]

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.endpoint.rpartition("//")[2].rsplit(":", 1)
        return host, int(port)

    @property
    def bearer_key(self) -> str:
        return self.environment["AWS_BEARER_TOKEN_BEDROCK"]

    def client_variables(self) -> dict[str, str]:
        """The environment of a client program: the machine's, with what `bedplate env` says and
        without any key or profile of the machine's user."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        said = {name: value for name, value in self.environment.items()
                if name != "AWS_BEARER_TOKEN_BEDROCK"}
        return {**kept, **said, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def client(self, service: str, **overrides: Any) -> Any:
        """A boto3 client that tries once, so that each error is seen."""
        options = {"retries": {"max_attempts": 0, "mode": "standard"}, "read_timeout": 600,
                   "connect_timeout": 60} | overrides
        session = boto3.session.Session(
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"])
        return session.client(service, endpoint_url=self.endpoint,
                              config=botocore.config.Config(**options))

    def engine_pid(self, model_id: str) -> int:
        """The process that runs a model now, alone or as an adapter; 0 when none does."""
        for engine in json.loads(self.run("status", "--json")).get("engines", []):
            models = [engine["model_id"]] + [adapter["model_id"] for adapter in engine["adapters"]]
            if model_id in models:
                return engine["pid"] or 0
        return 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Asks it to stop, as an operator would; it has to end well and clean."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"did not stop; log:\n{self.log()[-4000:]}") from None
        finally:
            self._process = None
        report = _SANITIZER.search(self.log())
        assert report is None, self.log()[max(0, report.start() - 200):][:8000]
        assert status == 0, f"ended with {status}:\n{self.log()[-4000:]}"

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None
