"""The sides: how each is started and asked for vectors. Everything that differs is here."""

import collections
import json
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))

from servers import Server, free_port  # noqa: E402

# A body of Cohere Embed carries up to 96 texts; the embedded model answers to its id.
MODEL_ID = "cohere.embed-english-v3"
EMBEDDED = "sentence-transformers.all-minilm-l6-v2-v1:0"


class HttpSide(Server):
    """A server that is asked over connections that stay open, with requests made ahead."""

    def turn(self, batches, clients):
        """Seconds from the first request to the last answer, and the vectors of each batch."""
        requests = [self.request(batch) for batch in batches]
        waiting = collections.deque(enumerate(requests))
        answers = [b""] * len(requests)

        failures = []

        def ask():
            connection = self._connect()
            try:
                while waiting:
                    place, request = waiting.popleft()
                    connection.sendall(request)
                    answers[place], stays = _body(connection)
                    if not stays:
                        connection.close()
                        connection = self._connect()
            except IndexError:
                pass  # another client took the last one
            except (OSError, Unanswered) as failure:
                failures.append(f"{self.name}, request {place} of {len(requests)}: {failure}")
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _ in range(clients)]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begin
        if failures:
            raise SystemExit("\n".join(failures))
        return seconds, [self.vectors(json.loads(answer)) for answer in answers]

    def _connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def raw(self, path, headers, body):
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}",
                 f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Unanswered(Exception):
    """A request that got no answer, or not one with vectors."""


def _body(connection):
    """The body of the next answer, and whether the server keeps the connection (llama-server keeps
    one for a hundred requests). Raises Unanswered."""
    data = connection.recv(1 << 16)
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 16)
        if not more:
            raise Unanswered("the server closed its connection")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Unanswered(f"answered {data[:600]!r}")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                  if line.lower().startswith(b"content-length:"))
    parts, left = [body], length - len(body)
    while left > 0:
        parts.append(connection.recv(min(left, 1 << 20)))
        if not parts[-1]:
            raise Unanswered("the server closed its connection within an answer")
        left -= len(parts[-1])
    return b"".join(parts), b"connection: close" not in head.lower()


class Bedplate(HttpSide):
    """The whole of `bedplate serve`: signed InvokeModel over HTTP, the engine behind it."""

    def __init__(self, program, models, threads, folder):
        port = free_port()
        data = pathlib.Path(folder) / "bedplate"
        settings = pathlib.Path(folder) / "bedplate.toml"
        settings.write_text(f'[bindings]\n"{MODEL_ID}" = {{ model = "{EMBEDDED}" }}\n')
        environment = dict(os.environ, BEDPLATE_DATA_FOLDER=str(data),
                           BEDPLATE_LISTEN_PORT=str(port), BEDPLATE_MODELS_FOLDER=str(models),
                           BEDPLATE_ENGINE_THREADS=str(threads))
        super().__init__("Bedplate", [program, "--config", settings, "serve"], port, "/readyz",
                         pathlib.Path(folder) / "bedplate.log", environment)
        keys = json.loads((data / "credentials.json").read_text())
        self._credentials = botocore.credentials.Credentials(keys["access_key_id"],
                                                             keys["secret_access_key"])

    def request(self, batch):
        body = json.dumps({"texts": batch, "input_type": "search_document"}).encode()
        path = f"/model/{urllib.parse.quote(MODEL_ID, safe='')}/invoke"
        request = botocore.awsrequest.AWSRequest(
            "POST", f"http://127.0.0.1:{self.port}{path}", data=body,
            headers={"Content-Type": "application/json"})
        botocore.auth.SigV4Auth(self._credentials, "bedrock", "us-east-1").add_auth(request)
        return self.raw(path, dict(request.headers.items()), body)

    @staticmethod
    def vectors(answer):
        return answer["embeddings"]


class LlamaServer(HttpSide):
    def __init__(self, name, program, model, threads, flags, folder):
        port = free_port()
        super().__init__(name, [program, "-m", str(model), "--host", "127.0.0.1", "--port",
                                str(port), "-t", str(threads), "--embedding", *shlex.split(flags)],
                         port, "/health", pathlib.Path(folder) / "llama-server.log")

    def request(self, batch):
        body = json.dumps({"input": batch, "encoding_format": "float"}).encode()
        return self.raw("/v1/embeddings", {"Content-Type": "application/json"}, body)

    @staticmethod
    def vectors(answer):
        return [entry["embedding"] for entry in sorted(answer["data"], key=lambda e: e["index"])]


class SentenceTransformers:
    """The library in a process of its own, without HTTP: texts and vectors go over a pipe, outside
    of the time that is taken."""

    name = "sentence-transformers"

    def __init__(self, python, threads):
        script = pathlib.Path(__file__).with_name("sentence_transformers_side.py")
        self.process = subprocess.Popen([python, script, str(threads)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.versions = json.loads(self.process.stdout.readline())

    def turn(self, batches, clients):
        json.dump({"batches": batches, "clients": clients}, self.process.stdin)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["seconds"], answer["vectors"]

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
