"""Objects in parts, through boto3."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import uuid

import pytest

from kms_grants_test import client_of
from s3_support import body_of, empty, fails, new_name, s3_client

MIB = 1 << 20
PART = 5 * MIB


@pytest.fixture(scope="module")
def s3(server):
    return s3_client(server)


@pytest.fixture
def bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)


def part_body(number: int, size: int = PART) -> bytes:
    return hashlib.sha256(str(number).encode()).digest() * (size // 32)


def upload(s3, bucket, key, bodies, **how):
    """An upload with these parts, not complete; its id, and what completes it."""
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key, **how)["UploadId"]
    parts = []
    for number, body in enumerate(bodies, 1):
        put = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": put["ETag"]})
    return upload_id, parts


def complete(s3, bucket, key, upload_id, parts, **how):
    return s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id,
                                        MultipartUpload={"Parts": parts}, **how)


def test_parts_become_an_object(s3, bucket):
    bodies = [part_body(1), part_body(2), b"the end"]
    upload_id, parts = upload(s3, bucket, "k", bodies, ContentType="text/parts", Metadata={"a": "b"},
                              Tagging="t=1")
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")
    done = complete(s3, bucket, "k", upload_id, parts)
    md5s = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert done["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(bodies)
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/parts", {"a": "b"}, 1)
    whole = b"".join(bodies)
    for first, last in ((PART - 3, PART + 3), (0, len(whole) - 1), (2 * PART - 1, len(whole) - 1)):
        assert body_of(s3, bucket, "k", Range=f"bytes={first}-{last}") == whole[first:last + 1]


def test_a_lost_answer_of_complete_is_asked_for_again(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [b"one"])
    first = complete(s3, bucket, "k", upload_id, parts)
    assert complete(s3, bucket, "k", upload_id, parts)["ETag"] == first["ETag"]


def test_one_part_of_an_object(s3, bucket):
    bodies = [part_body(1), b"the end"]
    complete(s3, bucket, "k", *upload(s3, bucket, "k", bodies))
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert got["Body"].read() == b"the end"
    assert (got["PartsCount"], got["ContentRange"]) == (2, f"bytes {PART}-{PART + 6}/{PART + 7}")
    assert s3.head_object(Bucket=bucket, Key="k", PartNumber=1)["ContentLength"] == PART
    with fails("416", 416):
        s3.head_object(Bucket=bucket, Key="k", PartNumber=3)
    with fails("InvalidPartNumber", 416):
        s3.get_object(Bucket=bucket, Key="k", PartNumber=3)


def test_parts_that_are_wrong(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [part_body(1), part_body(2)])
    with fails("InvalidPartOrder", 400):
        complete(s3, bucket, "k", upload_id, parts[::-1])
    with fails("InvalidPart", 400):
        complete(s3, bucket, "k", upload_id, [{"PartNumber": 1, "ETag": '"0"'}])
    with fails("InvalidPart", 400):
        complete(s3, bucket, "k", upload_id, [*parts, {"PartNumber": 3, "ETag": parts[0]["ETag"]}])
    with fails("MalformedXML", 400):
        complete(s3, bucket, "k", upload_id, [])
    with fails("NoSuchUpload", 404):
        complete(s3, bucket, "other", upload_id, parts)
    with fails("InvalidArgument", 400):
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=10_001, Body=b"")
    with fails("NoSuchUpload", 404):
        s3.upload_part(Bucket=bucket, Key="k", UploadId="none", PartNumber=1, Body=b"")
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    with fails("NoSuchUpload", 404):
        s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)


def test_parts_that_are_too_small(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [b"small", b"last"])
    with fails("EntityTooSmall", 400):
        complete(s3, bucket, "k", upload_id, parts)
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)


def test_a_part_that_is_put_again_and_one_left_out(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [part_body(1), b"never", b"first"])
    again = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=3, Body=b"second")
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, PART), (2, 5), (3, 6)]
    complete(s3, bucket, "k", upload_id, [parts[0], {"PartNumber": 3, "ETag": again["ETag"]}])
    assert body_of(s3, bucket, "k") == part_body(1) + b"second"


def test_uploads_and_parts_are_listed_by_pages(s3, bucket):
    ids = {}
    for key in ("a", "b/1", "b/2", "c"):
        ids[key], _ = upload(s3, bucket, key, [b"1", b"2", b"3"])
    second, _ = upload(s3, bucket, "a", [])
    for size in (1, 2, 100):
        pages = list(s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": size}))
        seen = [(each["Key"], each["UploadId"]) for page in pages for each in page.get("Uploads", [])]
        assert seen == sorted([*ids.items(), ("a", second)])
        pages = list(s3.get_paginator("list_parts").paginate(
            Bucket=bucket, Key="c", UploadId=ids["c"], PaginationConfig={"PageSize": size}))
        assert [each["PartNumber"] for page in pages for each in page.get("Parts", [])] == [1, 2, 3]
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["b/"]
    # They are no objects, and go with the bucket.
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("algorithm, kind", [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"),
                                             ("SHA1", "COMPOSITE"), ("SHA256", "COMPOSITE")])
def test_checksums_of_parts(s3, bucket, algorithm, kind):
    bodies = [part_body(1), b"the end"]
    name = f"Checksum{algorithm}"
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm,
                                           ChecksumType=kind)["UploadId"]
    parts = []
    for number, body in enumerate(bodies, 1):
        put = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, Body=body,
                             ChecksumAlgorithm=algorithm)
        parts.append({"PartNumber": number, "ETag": put["ETag"], name: put[name]})
    done = complete(s3, bucket, "k", upload_id, parts)
    assert done["ChecksumType"] == kind
    if kind == "COMPOSITE":
        joined = b"".join(base64.b64decode(part[name]) for part in parts)
        s3.put_object(Bucket=bucket, Key="sum", Body=joined, ChecksumAlgorithm=algorithm)
        expected = s3.head_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")[name] + "-2"
    else:
        s3.put_object(Bucket=bucket, Key="sum", Body=b"".join(bodies), ChecksumAlgorithm=algorithm)
        expected = s3.head_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")[name]
    assert done[name] == expected
    said = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert said["ObjectParts"]["TotalPartsCount"] == 2
    if kind == "COMPOSITE":
        assert [part[name] for part in said["ObjectParts"]["Parts"]] == [part[name] for part in parts]


def test_checksum_types_that_do_not_go_together(s3, bucket):
    with fails("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256",
                                   ChecksumType="FULL_OBJECT")
    with fails("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC64NVME",
                                   ChecksumType="COMPOSITE")


def test_a_wrong_checksum_of_the_whole(s3, bucket):
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32",
                                           ChecksumType="FULL_OBJECT")["UploadId"]
    put = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"x",
                         ChecksumAlgorithm="CRC32")
    parts = [{"PartNumber": 1, "ETag": put["ETag"], "ChecksumCRC32": put["ChecksumCRC32"]}]
    with fails("BadDigest", 400):
        complete(s3, bucket, "k", upload_id, parts, ChecksumCRC32="AAAAAA==")
    complete(s3, bucket, "k", upload_id, parts, ChecksumCRC32=put["ChecksumCRC32"])


def test_parts_that_are_copied(s3, bucket):
    source = part_body(7, 12 * MIB)
    s3.put_object(Bucket=bucket, Key="from", Body=source)
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = []
    for number, (first, last) in enumerate([(0, PART - 1), (PART + 5, 2 * PART + 4), (3, 9)], 1):
        copied = s3.upload_part_copy(
            Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "from"}, CopySourceRange=f"bytes={first}-{last}")
        etag = copied["CopyPartResult"]["ETag"]
        assert etag == f'"{hashlib.md5(source[first:last + 1]).hexdigest()}"'
        parts.append({"PartNumber": number, "ETag": etag})
    s3.delete_object(Bucket=bucket, Key="from")
    complete(s3, bucket, "k", upload_id, parts)
    expected = source[:PART] + source[PART + 5:2 * PART + 5] + source[3:10]
    assert body_of(s3, bucket, "k") == expected
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})
    s3.delete_object(Bucket=bucket, Key="k")
    assert body_of(s3, bucket, "copy") == expected
    with fails("InvalidArgument", 400):
        s3.upload_part_copy(Bucket=bucket, Key="k", UploadId="x", PartNumber=0,
                            CopySource={"Bucket": bucket, "Key": "copy"})


def test_ranges_of_copies_that_are_none(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"0123456789")
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    for asked in ("bytes=0-10", "bytes=5-", "bytes=-3", "bytes=7-2", "0-3"):
        with fails("InvalidArgument", 400):
            s3.upload_part_copy(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1,
                                CopySource={"Bucket": bucket, "Key": "from"}, CopySourceRange=asked)


def test_parts_under_a_kms_key(s3, bucket):
    bodies = [part_body(1), b"the end"]
    upload_id, parts = upload(s3, bucket, "k", bodies, ServerSideEncryption="aws:kms")
    complete(s3, bucket, "k", upload_id, parts)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ServerSideEncryption"] == "aws:kms"
    assert got["Body"].read() == b"".join(bodies)


@pytest.fixture(name="limited", scope="module")
def _limited(server):
    """S3 as a user sees it whom some actions of KMS are allowed, and what sets them."""
    iam, name = server.client("iam"), f"user-{uuid.uuid4()}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def allow(*actions):
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["s3:*", *actions], "Resource": "*"}]}))

    yield client_of(server, "s3", key), arn, allow
    iam.delete_user_policy(UserName=name, PolicyName="p")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_what_parts_under_a_kms_key_ask_for(server, s3, bucket, limited):
    """kms:GenerateDataKey begins an upload, kms:Decrypt does the rest, as the user guide has it."""
    client, user, allow = limited
    key = server.client("kms").create_key()["KeyMetadata"]["Arn"]
    under_key = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms",
                 "SSEKMSKeyId": key}
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x" * 10)

    def refused(action, call, **members):
        with fails("AccessDenied", 403) as failure:
            call(**members)
        assert failure.value.response["Error"]["Message"] == (
            f"User: {user} is not authorized to perform: {action} on resource: {key} because no "
            f"identity-based policy allows the {action} action")

    allow("kms:Decrypt")
    refused("kms:GenerateDataKey", client.create_multipart_upload, **under_key)
    allow("kms:GenerateDataKey")
    upload_id = client.create_multipart_upload(**under_key)["UploadId"]
    part = {"Bucket": bucket, "Key": "k", "UploadId": upload_id, "PartNumber": 1}
    copy = part | {"PartNumber": 2, "CopySource": {"Bucket": bucket, "Key": "plain"}}
    refused("kms:Decrypt", client.upload_part, Body=part_body(1), **part)
    refused("kms:Decrypt", client.upload_part_copy, **copy)
    allow("kms:Decrypt")
    parts = [{"PartNumber": 1, "ETag": client.upload_part(Body=part_body(1), **part)["ETag"]},
             {"PartNumber": 2,
              "ETag": client.upload_part_copy(**copy)["CopyPartResult"]["ETag"]}]
    whole = {"Bucket": bucket, "Key": "k", "UploadId": upload_id,
             "MultipartUpload": {"Parts": parts}}
    allow("kms:GenerateDataKey")
    refused("kms:Decrypt", client.complete_multipart_upload, **whole)
    with fails("NoSuchUpload", 404):
        client.complete_multipart_upload(**whole | {"UploadId": "other"})
    allow("kms:Decrypt")
    client.complete_multipart_upload(**whole)
    assert body_of(s3, bucket, "k") == part_body(1) + b"x" * 10


def test_parts_put_at_the_same_time(s3, bucket):
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = {}

    def put(number):
        body = part_body(number)
        etag = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number,
                              Body=body)["ETag"]
        parts[number] = {"PartNumber": number, "ETag": etag}

    threads = [threading.Thread(target=put, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    complete(s3, bucket, "k", upload_id, [parts[number] for number in sorted(parts)])
    assert body_of(s3, bucket, "k") == b"".join(part_body(number) for number in range(1, 9))


def test_a_complete_that_must_not_be_there(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    upload_id, parts = upload(s3, bucket, "k", [b"y"])
    with fails("PreconditionFailed", 412):
        complete(s3, bucket, "k", upload_id, parts, IfNoneMatch="*")
    assert body_of(s3, bucket, "k") == b"x"
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)


def test_checksums_of_parts_without_one_of_the_upload(s3, bucket):
    """As the SDK for JavaScript has it: none when it begins, one for each part, named at the end."""
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    done = s3.upload_part(**upload, PartNumber=1, Body=b"hello", ChecksumAlgorithm="SHA256")
    part = {"PartNumber": 1, "ETag": done["ETag"], "ChecksumSHA256": done["ChecksumSHA256"]}
    wrong = part | {"ChecksumSHA256": base64.b64encode(bytes(32)).decode()}
    with fails("InvalidPart", 400):
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [wrong]})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert body_of(s3, bucket, "k") == b"hello"
