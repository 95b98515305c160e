"""Objects by the AWS SDK for JavaScript, whose checksums come behind the body in chunks."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import zlib

import pytest

from bedplate_server import CACHE, PATIENCE_S
from s3_support import empty, new_name, s3_client

CLIENT = pathlib.Path(__file__).resolve().parent / "javascript/s3.mjs"


@pytest.fixture
def run(server):
    s3 = s3_client(server)
    bucket = new_name()
    s3.create_bucket(Bucket=bucket)

    def run_task(task: str) -> dict:
        done = subprocess.run([CACHE / "node/bin/node", CLIENT, task, bucket], text=True,
                              capture_output=True, timeout=PATIENCE_S, check=False,
                              env=server.client_variables())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield run_task
    empty(s3, bucket)


def test_put_and_get(run):
    answer = run("put")["result"]
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    assert answer == {"sent": crc, "text": "hello", "checksum": crc, "type": "text/plain",
                      "metadata": {"who": "me"}}


def test_a_stream(run):
    answer = run("stream")["result"]
    assert answer["same"]
    assert answer["pieceCount"] > 1
    assert (answer["range"], answer["of"]) == ("011", "bytes 70000-70002/2800040")


def test_an_upload_in_parts(run):
    answer = run("parts")["result"]
    assert answer["same"]
    assert answer["etag"].endswith('-3"')
    assert answer["checksums"] == ["string"] * 3


def test_a_list_by_pages(run):
    assert run("list")["result"] == {"count": 25, "deleted": 25}


def test_an_object_that_is_not_there(run):
    error = run("missing")["error"]
    assert (error["name"], error["status"]) == ("NotFound", 404)
