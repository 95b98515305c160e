"""The servers that keep objects: how each is started, filled and asked."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials

from peers import Peer, free_port

BUCKET = "bench"
LISTED = "listed"  # the bucket whose keys are listed
CACHE = pathlib.Path(os.environ.get("BEDPLATE_CACHE") or pathlib.Path.home() / ".cache/bedplate")


class Nothing:
    """The body of an answer that nobody gave."""

    def stream(self, **_):
        return iter(())


class Server:
    """A peer, a boto3 client for it, and heads of requests as that client makes them."""

    def __init__(self, peer, access_key, secret_key):
        self.peer, self.name = peer, peer.name
        self.url = f"http://127.0.0.1:{peer.port}"
        self.credentials = botocore.credentials.Credentials(access_key, secret_key)
        self.client = boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            config=botocore.config.Config(s3={"addressing_style": "path"}))
        for bucket in (BUCKET, LISTED):
            self.client.create_bucket(Bucket=bucket)

    def heads(self, operation, all_arguments):
        """The heads of the requests that boto3 would send, signed now. Nothing is sent."""
        made = []

        def take(request, **_):
            made.append(head_of(request))
            return botocore.awsrequest.AWSResponse(request.url, 200, {}, Nothing())

        events = self.client.meta.events
        events.register_first("before-send.s3", take)
        try:
            for arguments in all_arguments:
                getattr(self.client, operation)(**arguments)
        finally:
            events.unregister("before-send.s3", take)
        return made

    def fill_heads(self, bucket, keys, body):
        """Of puts of one body: many, and quickly."""
        signer = botocore.auth.S3SigV4Auth(self.credentials, "s3", "us-east-1")
        for key in keys:
            request = botocore.awsrequest.AWSRequest(
                "PUT", f"{self.url}/{bucket}/{key}", data=body)
            signer.add_auth(request)
            yield head_of(request, length=len(body))

    def check(self, body):
        """What was put must come back."""
        self.client.put_object(Bucket=BUCKET, Key="check", Body=body)
        got = self.client.get_object(Bucket=BUCKET, Key="check")["Body"].read()
        if got != body:
            sys.exit(f"{self.name} gives other bytes than it was given")

    def pages(self):
        """The arguments of each page of the list of all keys; and how many keys these are."""
        arguments, keys = [{"Bucket": LISTED}], 0
        while True:
            page = self.client.list_objects_v2(**arguments[-1])
            keys += page["KeyCount"]
            if not page["IsTruncated"]:
                return arguments, keys
            arguments.append({"Bucket": LISTED, "ContinuationToken": page["NextContinuationToken"]})


def head_of(request, length=None):
    parts = urllib.parse.urlsplit(request.url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    fields = {"Host": parts.netloc}
    for name, value in request.headers.items():
        # The load does not wait for leave to send.
        if name.lower() not in ("expect", "host"):
            fields[name] = value.decode() if isinstance(value, bytes) else value
    if length is not None:
        fields["Content-Length"] = str(length)
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def start_bedplate(program, folder):
    port = free_port()
    env = dict(os.environ, BEDPLATE_DATA_FOLDER=os.path.join(folder, "bedplate"),
               BEDPLATE_LISTEN_PORT=str(port), BEDPLATE_SERVER_THREADS="0")
    peer = Peer("bedplate", [program, "serve"], port, env, folder)
    root = json.loads((pathlib.Path(folder) / "bedplate/credentials.json").read_text())
    return peer, root["access_key_id"], root["secret_access_key"]


def start_minio(program, folder):
    port = free_port()
    env = dict(os.environ, MINIO_ROOT_USER="benchbench", MINIO_ROOT_PASSWORD="benchbench",
               MINIO_BROWSER="off", MINIO_UPDATE="off", MINIO_CALLHOME_ENABLE="off")
    data = os.path.join(folder, "minio")
    os.mkdir(data)
    peer = Peer("minio", [str(program), "server", "--address", f"127.0.0.1:{port}", data], port,
                env, folder)
    return peer, "benchbench", "benchbench"


def start_moto(program, folder):
    port = free_port()
    return Peer("moto", [str(program), "-H", "127.0.0.1", "-p", str(port)], port, None,
                folder), "testing", "testing"


def run_load(program, port, clients, seconds, body, heads, status=200):
    """Requests, seconds, p50 and p99 in ms, bytes of the answers' bodies."""
    lines = b"".join(b"%d\n%s" % (len(head), head) for head in heads)
    done = subprocess.run([program, str(port), str(clients), str(seconds), body, str(status)],
                          input=lines, stdout=subprocess.PIPE, check=True).stdout.split()
    requests, took, p50, p99, received = (float(field) for field in done)
    return {"requests": requests, "rps": requests / took, "p50_ms": p50, "p99_ms": p99,
            "received": received}
