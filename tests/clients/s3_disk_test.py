"""A disk that takes no more, by the limit that the system puts on the files of a process: puts are
refused, what was acknowledged is whole, and all goes on when there is room again."""

from __future__ import annotations

import contextlib
import os
import resource
import threading

import botocore.exceptions
import pytest

from bedplate_server import wait_until
from s3_support import body_of, fails, s3_client

MIB = 1 << 20


@contextlib.contextmanager
def files_of_at_most(server, size: int):
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    yield
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)


@pytest.fixture
def server(new_server):
    server = new_server()
    s3_client(server).create_bucket(Bucket="disk")
    return server


def blobs(server) -> int:
    return sum(path.is_file() for path in (server.data / "objects/blobs").rglob("*"))


def test_an_object_that_the_disk_does_not_take(server):
    s3 = s3_client(server)
    s3.put_object(Bucket="disk", Key="k", Body=b"old" * MIB)
    s3.put_object(Bucket="disk", Key="big", Body=b"big" * (2 * MIB))
    upload = s3.create_multipart_upload(Bucket="disk", Key="m")["UploadId"]
    part = {"Bucket": "disk", "Key": "m", "UploadId": upload}
    first = s3.upload_part(**part, PartNumber=1, Body=b"1" * (5 * MIB))["ETag"]
    with files_of_at_most(server, 4 * MIB):
        with fails("InsufficientStorage", 507):
            s3.put_object(Bucket="disk", Key="k", Body=b"new" * (2 * MIB))
        with fails("InsufficientStorage", 507):
            s3.put_object(Bucket="disk", Key="other", Body=b"new" * (2 * MIB))
        with fails("InsufficientStorage", 507):
            s3.upload_part(**part, PartNumber=2, Body=b"2" * (5 * MIB))
        # A checksum of another kind has the copy written anew.
        with fails("InsufficientStorage", 507):
            s3.copy_object(Bucket="disk", Key="copy", CopySource="disk/big", ChecksumAlgorithm="SHA256")
        s3.put_object(Bucket="disk", Key="small", Body=b"fits")
    assert body_of(s3, "disk", "k") == b"old" * MIB
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="disk")["Contents"]] == ["big", "k", "small"]
    assert [each["PartNumber"] for each in s3.list_parts(**part)["Parts"]] == [1]
    # What was written of those that were refused is gone.
    wait_until("no file of a refused put stays", lambda: blobs(server) == 4)
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": first}]})
    s3.put_object(Bucket="disk", Key="other", Body=b"new" * (2 * MIB))
    assert body_of(s3, "disk", "other") == b"new" * (2 * MIB)


def test_a_database_that_the_disk_does_not_take(server):
    """No file may grow at all, the database's neither, while four clients put."""
    acknowledged: dict[str, bytes] = {}
    refused: set[str] = set()
    codes: set[int] = set()
    enough = threading.Event()

    def put(writer: int):
        s3 = s3_client(server)
        for step in range(10_000):
            key, body = f"{writer}/{step}", os.urandom(50 * (step % 40))
            try:
                s3.put_object(Bucket="disk", Key=key, Body=body)
                acknowledged[key] = body
            except botocore.exceptions.ClientError as error:
                codes.add(error.response["ResponseMetadata"]["HTTPStatusCode"])
                refused.add(key)
            if enough.is_set():
                return

    writers = [threading.Thread(target=put, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    wait_until("some were put", lambda: len(acknowledged) > 50)
    with files_of_at_most(server, 1000):
        wait_until("some were refused", lambda: len(refused) > 50)
    before = len(acknowledged)
    wait_until("some were put again", lambda: len(acknowledged) > before + 50)
    enough.set()
    for writer in writers:
        writer.join()
    assert codes <= {500, 503, 507}
    for again in range(2):
        s3 = s3_client(server)
        listed = {each["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="disk")
                  for each in page.get("Contents", [])}
        assert listed == acknowledged.keys()
        assert not listed & refused
        for key, body in acknowledged.items():
            assert body_of(s3, "disk", key) == body
        wait_until("every file is an object's", lambda: blobs(server) == len(acknowledged))
        if again == 0:
            server.stop()
            server.start()
