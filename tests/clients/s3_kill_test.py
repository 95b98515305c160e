"""SIGKILL in the middle of puts, completes and copies: what was acknowledged is whole, what was not is
not there, and no file stays that nobody needs."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time

import botocore.exceptions

from bedplate_server import wait_until
from s3_support import s3_client

ROUNDS = int(os.environ.get("BEDPLATE_KILLS", "20"))
PART = 5 << 20
BROKEN = (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectionClosedError,
          botocore.exceptions.HTTPClientError)


def content(seed: str, size: int) -> bytes:
    block = hashlib.sha256(seed.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


class Writer(threading.Thread):
    """Puts, copies and uploads in parts until the server is gone; knows what was acknowledged, and what
    may have been."""

    def __init__(self, server, number: int, round_number: int):
        super().__init__()
        self.s3 = s3_client(server)
        self.name = f"{round_number}-{number}"
        self.random = random.Random(f"{round_number}/{number}")
        self.acknowledged: dict[str, bytes] = {}
        self.open: tuple[str, bytes] | None = None  # begun, and not answered

    def run(self):
        try:
            for step in range(1000):
                self.one(f"{self.name}-{step}")
        except BROKEN:
            pass

    def one(self, key: str):
        kind = self.random.choice(["small", "large", "parts", "copy", "again"])
        body = content(key, self.random.choice([0, 100, 70_000]) if kind != "large" else 3_000_000)
        if kind == "again" and self.acknowledged:
            key = self.random.choice(sorted(self.acknowledged))
        if kind == "copy" and self.acknowledged:
            source = self.random.choice(sorted(self.acknowledged))
            body = self.acknowledged[source]
            self.open = (key, body)
            self.s3.copy_object(Bucket="kills", Key=key, CopySource={"Bucket": "kills", "Key": source})
        elif kind == "parts":
            bodies = [content(key, PART), content(key + "+", 1000)]
            body = b"".join(bodies)
            upload = self.s3.create_multipart_upload(Bucket="kills", Key=key)["UploadId"]
            parts = [{"PartNumber": i, "ETag": self.s3.upload_part(
                Bucket="kills", Key=key, UploadId=upload, PartNumber=i, Body=each)["ETag"]}
                for i, each in enumerate(bodies, 1)]
            self.open = (key, body)
            self.s3.complete_multipart_upload(Bucket="kills", Key=key, UploadId=upload,
                                              MultipartUpload={"Parts": parts})
        else:
            self.open = (key, body)
            self.s3.put_object(Bucket="kills", Key=key, Body=body)
        self.acknowledged[key] = body
        self.open = None


def test_nothing_acknowledged_is_lost(new_server):
    server = new_server()
    s3_client(server).create_bucket(Bucket="kills")
    kept: dict[str, bytes] = {}
    for round_number in range(ROUNDS):
        writers = [Writer(server, number, round_number) for number in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(random.Random(round_number).uniform(0.02, 0.6))
        server.kill()
        for writer in writers:
            writer.join()
        server.start()
        s3 = s3_client(server)
        listed = {each["Key"]: each for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket="kills") for each in page.get("Contents", [])}
        for writer in writers:
            kept |= writer.acknowledged
            if writer.open is None:
                continue
            # Not answered: all of it or nothing of it, whichever it is.
            key, body = writer.open
            if key in listed and s3.get_object(Bucket="kills", Key=key)["Body"].read() == body:
                kept[key] = body
        assert sorted(listed) == sorted(kept)
        touched = [key for writer in writers for key in writer.acknowledged]
        for key in {*touched, *random.Random(round_number).sample(sorted(kept), min(5, len(kept)))}:
            assert s3.get_object(Bucket="kills", Key=key)["Body"].read() == kept[key], key
    s3 = s3_client(server)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket="kills"):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket="kills", Key=upload["Key"], UploadId=upload["UploadId"])
    for key in kept:
        s3.delete_object(Bucket="kills", Key=key)
    server.stop()
    server.start()
    wait_until("every file is swept away", lambda: not any(
        path.is_file() for path in (server.data / "objects/blobs").rglob("*")))
