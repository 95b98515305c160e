"""Objects through boto3: put, get, conditions, ranges, versions, copies, lists."""

from __future__ import annotations

import base64
import datetime
import hashlib
import io
import threading
import time
import urllib.error
import urllib.request
import zlib

import pytest

from s3_support import ODD_KEYS, body_of, empty, fails, new_name, s3_client


@pytest.fixture(scope="module")
def s3(server):
    return s3_client(server)


@pytest.fixture
def bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)


@pytest.fixture
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def test_put_and_get(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentType="text/x-test",
                        CacheControl="no-cache", ContentDisposition="inline",
                        ContentEncoding="identity", ContentLanguage="de",
                        Metadata={"one": "1", "two": "zwei"}, Tagging="a=1&b=x%20y")
    assert put["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert put["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"hello"
    for source in (got, s3.head_object(Bucket=bucket, Key="k")):
        assert source["ContentLength"] == 5
        assert source["ContentType"] == "text/x-test"
        assert source["CacheControl"] == "no-cache"
        assert source["ContentDisposition"] == "inline"
        assert source["ContentLanguage"] == "de"
        assert source["Metadata"] == {"one": "1", "two": "zwei"}
        assert source["ETag"] == put["ETag"]
        assert source["TagCount"] == 2
        assert source["AcceptRanges"] == "bytes"
        assert "VersionId" not in source


def test_an_empty_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert body_of(s3, bucket, "k") == b""
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 0
    with fails("InvalidRange", 416):
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-0")


@pytest.mark.parametrize("size", [1, 65535, 65536, 65537, 524288, 1048577, 20_000_001])
def test_objects_of_many_sizes(s3, bucket, size):
    body = (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert body_of(s3, bucket, "k") == body


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
def test_keys_of_every_shape(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert body_of(s3, bucket, key) == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert copied["CopyObjectResult"]["ETag"]
    assert body_of(s3, bucket, "copy") == key.encode()
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
    assert [each["Key"] for each in answer["Deleted"]] == [key]
    with fails("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key=key)


def test_a_key_that_is_too_long(s3, bucket):
    with fails("KeyTooLongError", 400):
        s3.put_object(Bucket=bucket, Key="x" * 1025, Body=b"")


def test_what_is_not_there(s3, bucket):
    with fails("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")
    with fails("404", 404):
        s3.head_object(Bucket=bucket, Key="k")
    with fails("NoSuchBucket", 404):
        s3.get_object(Bucket=new_name(), Key="k")
    with fails("NoSuchBucket", 404):
        s3.put_object(Bucket=new_name(), Key="k", Body=b"x")
    assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize("asked, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=2-5", 2, 5), ("bytes=5-", 5, 9), ("bytes=-3", 7, 9),
    ("bytes=0-99", 0, 9), ("bytes=-99", 0, 9)])
def test_ranges(s3, bucket, asked, first, last):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert got["Body"].read() == b"0123456789"[first:last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/10"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_ranges_that_are_none(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    for asked in ("bytes=10-", "bytes=-0", "bytes=99-100"):
        with fails("InvalidRange", 416):
            s3.get_object(Bucket=bucket, Key="k", Range=asked)
    for asked in ("bytes=5-2", "lines=1-2", "bytes=0-1,3-4", "bytes=x-y"):
        assert body_of(s3, bucket, "k", Range=asked) == b"0123456789"


def test_a_range_across_frames(s3, bucket):
    body = bytes(i % 251 for i in range(300_000))
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    for first, last in ((65530, 65545), (0, 299_999), (65536, 131071), (131072, 262144)):
        assert body_of(s3, bucket, "k", Range=f"bytes={first}-{last}") == body[first:last + 1]


def test_conditions_of_reading(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    assert body_of(s3, bucket, "k", IfMatch=etag) == b"x"
    assert body_of(s3, bucket, "k", IfNoneMatch='"other"') == b"x"
    assert body_of(s3, bucket, "k", IfModifiedSince=now - hour) == b"x"
    assert body_of(s3, bucket, "k", IfUnmodifiedSince=now + hour) == b"x"
    assert body_of(s3, bucket, "k", IfMatch=etag, IfUnmodifiedSince=now - hour) == b"x"
    with fails("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"other"')
    with fails("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=now - hour)
    with fails("304", 304) as caught:
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["etag"] == etag
    with fails("304", 304):
        s3.head_object(Bucket=bucket, Key="k", IfModifiedSince=now + hour)
    with fails("412", 412):
        s3.head_object(Bucket=bucket, Key="k", IfMatch='"other"')


def test_conditions_of_writing(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with fails("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    with fails("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"other"')
    with fails("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="none", Body=b"2", IfMatch=etag)
    s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=etag)
    assert body_of(s3, bucket, "k") == b"3"
    with fails("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)


def test_one_of_many_writers_makes_the_object(s3, bucket):
    made, refused = [], []

    def put(number):
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=str(number).encode(), IfNoneMatch="*")
            made.append(number)
        except s3.exceptions.ClientError as error:
            refused.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert refused == ["PreconditionFailed"] * 7
    assert body_of(s3, bucket, "k") == str(made[0]).encode()


def test_two_writers_to_one_key_leave_one_of_them_whole(s3, bucket):
    bodies = [bytes([number]) * 3_000_000 for number in range(4)]
    etags = {f'"{hashlib.md5(body).hexdigest()}"': body for body in bodies}

    def put(body):
        for _ in range(3):
            s3.put_object(Bucket=bucket, Key="k", Body=body)

    threads = [threading.Thread(target=put, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for _ in range(10):
        try:
            got = s3.get_object(Bucket=bucket, Key="k")
        except s3.exceptions.NoSuchKey:
            continue
        assert got["Body"].read() == etags[got["ETag"]]
    for thread in threads:
        thread.join()
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == etags[got["ETag"]]


def test_a_reader_reads_on_when_the_object_goes(s3, bucket):
    body = (bytes(range(253)) * 50_000)[:12_000_000]
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    reader = s3.get_object(Bucket=bucket, Key="k")["Body"]
    begin = reader.read(1000)
    s3.delete_object(Bucket=bucket, Key="k")
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")
    assert begin + reader.read() == body


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_kept_and_told(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    expected = {"CRC32": zlib.crc32(b"hello").to_bytes(4, "big"),
                "SHA1": hashlib.sha1(b"hello").digest(),
                "SHA256": hashlib.sha256(b"hello").digest()}[algorithm]
    name = f"Checksum{algorithm}"
    assert base64.b64decode(put[name]) == expected
    assert put["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got[name] == put[name]
    assert got["Body"].read() == b"hello"
    assert name not in s3.head_object(Bucket=bucket, Key="k")
    said = s3.get_object_attributes(Bucket=bucket, Key="k",
                                    ObjectAttributes=["Checksum", "ETag", "ObjectSize"])
    assert said["Checksum"][name] == put[name]
    assert said["ObjectSize"] == 5
    assert said["ETag"] == put["ETag"].strip('"')


@pytest.mark.parametrize("header", ["ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME",
                                    "ChecksumSHA1", "ChecksumSHA256"])
def test_a_wrong_checksum_keeps_nothing(s3, bucket, header):
    size = {"ChecksumCRC64NVME": 8, "ChecksumSHA1": 20, "ChecksumSHA256": 32}.get(header, 4)
    wrong = base64.b64encode(b"\1" * size).decode()
    with fails("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"hello", **{header: wrong})
    with fails("InvalidRequest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"hello", **{header: "short"})
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")


def test_content_md5(s3, bucket):
    right = base64.b64encode(hashlib.md5(b"hello").digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentMD5=right)
    with fails("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"hell0", ContentMD5=right)
    with fails("InvalidDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentMD5="no")
    assert body_of(s3, bucket, "k") == b"hello"


def test_a_client_that_makes_no_checksum(server, bucket):
    old = s3_client(server, request_checksum_calculation="when_required",
                    response_checksum_validation="when_required")
    put = old.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert put["ChecksumCRC64NVME"]  # the server's own
    assert body_of(old, bucket, "k") == b"hello"


def test_metadata_has_a_bound(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2000})
    with fails("MetadataTooLarge", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2048})


def test_object_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b b", "Value": "ü"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    with fails("BadRequest", 400):
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={
            "TagSet": [{"Key": str(i), "Value": ""} for i in range(11)]})
    with fails("NoSuchKey", 404):
        s3.get_object_tagging(Bucket=bucket, Key="none")


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"hello", ContentType="text/a",
                  Metadata={"m": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "from"}
    s3.copy_object(Bucket=bucket, Key="same", CopySource=source)
    same = s3.head_object(Bucket=bucket, Key="same")
    assert (same["ContentType"], same["Metadata"], same["TagCount"]) == ("text/a", {"m": "1"}, 1)
    s3.copy_object(Bucket=bucket, Key="new", CopySource=source, MetadataDirective="REPLACE",
                   ContentType="text/b", Metadata={"n": "2"}, TaggingDirective="REPLACE")
    new = s3.head_object(Bucket=bucket, Key="new")
    assert (new["ContentType"], new["Metadata"], new.get("TagCount")) == ("text/b", {"n": "2"}, None)
    s3.delete_object(Bucket=bucket, Key="from")
    assert body_of(s3, bucket, "same") == body_of(s3, bucket, "new") == b"hello"
    with fails("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="same", CopySource={"Bucket": bucket, "Key": "same"})
    s3.copy_object(Bucket=bucket, Key="same", CopySource={"Bucket": bucket, "Key": "same"},
                   MetadataDirective="REPLACE", Metadata={"x": "y"})
    assert s3.head_object(Bucket=bucket, Key="same")["Metadata"] == {"x": "y"}
    assert body_of(s3, bucket, "same") == b"hello"
    with fails("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="x", CopySource=source)
    with fails("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "same"},
                       CopySourceIfMatch='"other"')


def test_a_copy_with_another_checksum_or_key_is_written_anew(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"hello")
    copied = s3.copy_object(Bucket=bucket, Key="sum", ChecksumAlgorithm="SHA256",
                            CopySource={"Bucket": bucket, "Key": "from"})["CopyObjectResult"]
    assert base64.b64decode(copied["ChecksumSHA256"]) == hashlib.sha256(b"hello").digest()
    s3.copy_object(Bucket=bucket, Key="kms", CopySource={"Bucket": bucket, "Key": "from"},
                   ServerSideEncryption="aws:kms")
    assert s3.head_object(Bucket=bucket, Key="kms")["ServerSideEncryption"] == "aws:kms"
    assert body_of(s3, bucket, "kms") == b"hello"


def test_sse_kms(s3, server, bucket):
    kms = server.client("kms")
    key = kms.create_key()["KeyMetadata"]
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"secret" * 20_000,
                        ServerSideEncryption="aws:kms", SSEKMSKeyId=key["KeyId"])
    assert put["SSEKMSKeyId"] == key["Arn"]
    assert put["ETag"] != f'"{hashlib.md5(b"secret" * 20_000).hexdigest()}"'
    assert body_of(s3, bucket, "k") == b"secret" * 20_000
    kms.disable_key(KeyId=key["KeyId"])
    with fails("KMS.DisabledException", 400):
        s3.get_object(Bucket=bucket, Key="k")
    kms.enable_key(KeyId=key["KeyId"])
    assert body_of(s3, bucket, "k") == b"secret" * 20_000


def test_versions(s3, versioned):
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=str(i).encode())["VersionId"]
           for i in range(3)]
    assert len(set(ids)) == 3
    assert body_of(s3, versioned, "k") == b"2"
    assert body_of(s3, versioned, "k", VersionId=ids[0]) == b"0"
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"]
    with fails("NoSuchKey", 404):
        s3.get_object(Bucket=versioned, Key="k")
    with fails("MethodNotAllowed", 405):
        s3.get_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    listed = s3.list_object_versions(Bucket=versioned)
    assert [each["VersionId"] for each in listed["Versions"]] == ids[::-1]
    assert listed["DeleteMarkers"][0]["IsLatest"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert body_of(s3, versioned, "k") == b"2"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=ids[2])
    assert body_of(s3, versioned, "k") == b"1"
    with fails("NoSuchVersion", 404):
        s3.get_object(Bucket=versioned, Key="k", VersionId=ids[2])
    copied = s3.copy_object(Bucket=versioned, Key="old", CopySource={
        "Bucket": versioned, "Key": "k", "VersionId": ids[0]})
    assert copied["CopySourceVersionId"] == ids[0]
    assert body_of(s3, versioned, "old") == b"0"


def test_suspended_versions(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"null 1")["VersionId"] == "null"
    s3.put_object(Bucket=bucket, Key="k", Body=b"null 2")
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [each["VersionId"] for each in versions] == ["null", kept]
    assert body_of(s3, bucket, "k") == b"null 2"
    assert s3.delete_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    assert body_of(s3, bucket, "k", VersionId=kept) == b"kept"


def test_lists_by_pages(s3, bucket):
    keys = sorted([f"dir{i}/{j}" for i in range(4) for j in range(3)] + ["a", "b", "z/"],
                  key=lambda key: key.encode())
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for size in (1, 2, 3, 100):
        for method in ("list_objects_v2", "list_objects"):
            pages = list(s3.get_paginator(method).paginate(Bucket=bucket,
                                                           PaginationConfig={"PageSize": size}))
            assert [each["Key"] for page in pages for each in page.get("Contents", [])] == keys
            rolled = list(s3.get_paginator(method).paginate(
                Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}))
            assert [each["Key"] for page in rolled for each in page.get("Contents", [])] == ["a", "b"]
            assert [each["Prefix"] for page in rolled for each in page.get("CommonPrefixes", [])] == [
                "dir0/", "dir1/", "dir2/", "dir3/", "z/"]
        pages = list(s3.get_paginator("list_object_versions").paginate(
            Bucket=bucket, PaginationConfig={"PageSize": size}))
        assert [each["Key"] for page in pages for each in page.get("Versions", [])] == keys
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="dir1/")["Contents"]] == [
        "dir1/0", "dir1/1", "dir1/2"]
    assert s3.list_objects_v2(Bucket=bucket, StartAfter="dir3/1", Delimiter="/")["KeyCount"] == 2
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
    with fails("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="of nobody")


def test_many_are_deleted_at_once(s3, bucket):
    for i in range(20):
        s3.put_object(Bucket=bucket, Key=str(i), Body=b"")
    answer = s3.delete_objects(Bucket=bucket, Delete={
        "Objects": [{"Key": str(i)} for i in range(30)], "Quiet": True})
    assert "Deleted" not in answer and "Errors" not in answer
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    with fails("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "x"}] * 1001})


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls(server, s3, bucket, version):
    client = s3_client(server, signature_version=version)
    where = {"Bucket": bucket, "Key": "a b/ü+.txt"}
    url = client.generate_presigned_url("put_object", Params=where)
    put = urllib.request.Request(url, data=b"hello", method="PUT",
                                 headers={"Content-Type": ""} if version == "s3" else {})
    with urllib.request.urlopen(put) as answer:
        assert answer.status == 200
    url = client.generate_presigned_url("get_object", Params={
        **where, "ResponseContentType": "text/x-asked", "ResponseContentDisposition": "attachment"})
    assert ("AWSAccessKeyId" in url) == (version == "s3")
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"
        assert answer.headers["Content-Type"] == "text/x-asked"
        assert answer.headers["Content-Disposition"] == "attachment"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.replace("a%20b", "a%20c"))
    assert caught.value.code == 403
    assert b"SignatureDoesNotMatch" in caught.value.read()
    expired = client.generate_presigned_url("get_object", Params=where, ExpiresIn=1)
    time.sleep(2.1)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(expired)
    assert caught.value.code == 403


def test_files_as_boto3_moves_them(s3, bucket, tmp_path):
    body = (bytes(range(241)) * 75_000)[:18_000_000]
    s3.upload_fileobj(io.BytesIO(body), bucket, "k")  # in parts, several at once
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')
    target = tmp_path / "file"
    s3.download_file(bucket, "k", str(target))
    assert target.read_bytes() == body
