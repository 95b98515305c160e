"""What the tests of S3 share: clients, buckets, keys of every shape."""

from __future__ import annotations

import contextlib
import uuid

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest

from bedplate_server import PROGRAMS, BedplateServer
from raw_http import send

# AddressSanitizer keeps 256 MiB of what was freed, to catch who uses it still, and notes an eighth
# of all memory beside it.
QUARANTINE_MIB = 320 if "asan" in str(PROGRAMS) else 0

# Keys that are paths, patterns, escapes or markup somewhere, and none of it here.
ODD_KEYS = ["plain", "with space", "a/b/c", "/leading", "trailing/", "double//slash", "..", "../up",
            "./here", ".", "a/../../etc/passwd", "per%cent", "plus+plus", "q?uery=1&x=2", "ha#sh",
            "semi;colon", "quo\"te", "back\\slash", "ümläut", "日本語/キー", "emoji-🍽", "tab\there",
            "<xml>&amp;", "new\nline", "'single'", "~tilde~", "(paren)*star!", "x" * 1024,
            "ä" * 512, "C:\\con", "a" + "/" * 200 + "b", "é", "é"]


def s3_client(server: BedplateServer, **overrides):
    """A client as a user has it, that tries once."""
    s3 = overrides.pop("s3", {})
    options = {"retries": {"max_attempts": 0}, "s3": s3} | overrides
    return boto3.client(
        "s3", endpoint_url=server.endpoint, region_name=server.environment["AWS_REGION"],
        aws_access_key_id=server.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.environment["AWS_SECRET_ACCESS_KEY"],
        config=botocore.config.Config(**options))


def sign_s3(server: BedplateServer, method: str, path: str, body: bytes = b"", *,
            headers: dict[str, str] | None = None, access_key: str | None = None,
            secret_key: str | None = None, region: str | None = None) -> dict[str, str]:
    """The headers of a request that is signed as S3 has it: the path as it stands."""
    credentials = botocore.credentials.Credentials(
        access_key or server.environment["AWS_ACCESS_KEY_ID"],
        secret_key or server.environment["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest(method=method, url=server.endpoint + path, data=body,
                                             headers=headers or {})
    request.context["payload_signing_enabled"] = True
    signer = botocore.auth.S3SigV4Auth(credentials, "s3", region or server.environment["AWS_REGION"])
    given = (headers or {}).get("X-Amz-Content-SHA256")
    if given:
        signer.payload = lambda _: given
    signer.add_auth(request)
    return dict(request.headers.items())


def send_s3(server: BedplateServer, method: str, path: str, body: bytes = b"", **how):
    return send(server, method, path, body, sign_s3(server, method, path, body, **how))


def new_name(prefix: str = "test") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def empty(client, bucket: str) -> None:
    """Deletes all versions and uploads of a bucket, and it."""
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            client.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    client.delete_bucket(Bucket=bucket)


@contextlib.contextmanager
def fails(code: str, status: int | None = None):
    """The block must fail with that error of S3."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        yield caught
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer
    if status is not None:
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer


def body_of(client, bucket: str, key: str, **how) -> bytes:
    return client.get_object(Bucket=bucket, Key=key, **how)["Body"].read()
