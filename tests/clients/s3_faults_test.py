"""What no SDK sends to S3: by hand, over raw HTTP."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import time
import urllib.parse
import zlib

import pytest

from bedplate_server import wait_until
from raw_http import connect, head, send
from s3_support import QUARANTINE_MIB, body_of, empty, fails, new_name, s3_client, send_s3, sign_s3

UNSIGNED = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}


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
def request_s3(server):
    def ask(method, path, body=b"", **how):
        return send_s3(server, method, path, body, **how)

    return ask


def code_of(answer) -> tuple[int, str]:
    found = re.search(r"<Code>(\w+)</Code>", answer.text)
    return answer.status, found[1] if found else answer.text


def test_an_error_is_as_s3_writes_it(request_s3, bucket):
    answer = request_s3("GET", f"/{bucket}/none")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>')
    assert f"<Resource>/{bucket}/none</Resource>" in answer.text
    assert f"<RequestId>{answer.headers['x-amz-request-id']}</RequestId>" in answer.text
    assert request_s3("HEAD", f"/{bucket}/none").text == ""


def test_signatures_of_nobody(server, request_s3, bucket):
    assert code_of(request_s3("GET", f"/{bucket}", secret_key="wrong")) == (403, "SignatureDoesNotMatch")
    assert code_of(request_s3("GET", f"/{bucket}", access_key="AKIANOBODY")) == (
        403, "InvalidAccessKeyId")
    assert code_of(request_s3("GET", f"/{bucket}", region="eu-west-1"))[0] == 403
    assert code_of(send(server, "GET", f"/{bucket}/k")) == (403, "AccessDenied")


def test_a_body_that_is_not_what_was_signed(server, s3, request_s3, bucket):
    wrong = {"X-Amz-Content-SHA256": hashlib.sha256(b"another").hexdigest()}
    assert code_of(request_s3("PUT", f"/{bucket}/k", b"body", headers=wrong)) == (
        400, "XAmzContentSHA256Mismatch")
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")


def test_a_body_that_is_cut(server, s3, bucket):
    headers = sign_s3(server, "PUT", f"/{bucket}/k", b"",
                   headers={**UNSIGNED, "Content-Length": "1000000"})
    headers["Content-Length"] = "1000000"
    with connect(server) as connection:
        connection.sendall(head(server, "PUT", f"/{bucket}/k", headers) + b"x" * 700_000)
    blobs = server.data / "objects/blobs"
    wait_until("nothing of it stays", lambda: not any(
        path.is_file() for path in blobs.rglob("*")), 30)
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")


def chunked(body: bytes, trailer: bytes, *, length: int | None = None) -> tuple[dict, bytes]:
    headers = {"X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
               "Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32",
               "X-Amz-Decoded-Content-Length": str(len(body) if length is None else length)}
    return headers, b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(body), body, trailer)


def put_chunked(server, bucket, headers, body):
    path = f"/{bucket}/k"
    return send(server, "PUT", path, body,
                {**sign_s3(server, "PUT", path, b"", headers=headers)})


def test_a_checksum_behind_the_body(server, s3, bucket):
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big"))
    headers, body = chunked(b"hello", b"x-amz-checksum-crc32:" + crc)
    answer = put_chunked(server, bucket, headers, body)
    assert answer.status == 200, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == crc.decode()
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"hello"
    assert "ContentEncoding" not in got


@pytest.mark.parametrize("trailer, length, code", [
    (b"x-amz-checksum-crc32:AAAAAA==", None, "BadDigest"),
    (b"x-amz-checksum-crc32:no", None, "InvalidRequest"),
    (b"x-amz-checksum-sha1:AAAA", None, "IncompleteBody"),
    (b"x-amz-checksum-crc32:AAAAAA==", 6, "IncompleteBody"),
    (b"x-amz-checksum-crc32:AAAAAA==", 4, "IncompleteBody")])
def test_chunks_that_are_wrong(server, s3, bucket, trailer, length, code):
    headers, body = chunked(b"hello", trailer, length=length)
    assert code_of(put_chunked(server, bucket, headers, body)) == (400, code)
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")


def test_a_checksum_that_is_announced_and_does_not_come(server, bucket):
    headers, body = chunked(b"hello", b"")
    body = b"5\r\nhello\r\n0\r\n\r\n"
    assert code_of(put_chunked(server, bucket, headers, body)) == (400, "MalformedTrailerError")


@pytest.mark.parametrize("document", [b"", b"<", b"<a/>", b"no xml", b"<Delete><Object/></Delete>",
                                      b"<Delete>" + b"<a>" * 2000, b"<!DOCTYPE a [<!ENTITY x 'y'>]><Delete/>",
                                      b"\xff\xfe<Delete/>"])
def test_documents_that_are_none(request_s3, bucket, document):
    status, code = code_of(request_s3("POST", f"/{bucket}?delete", document))
    assert (status, code) in [(400, "MalformedXML"), (400, "InvalidArgument")]


def test_a_digest_that_is_not_of_the_document(request_s3, bucket):
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert code_of(request_s3("POST", f"/{bucket}?delete", document,
                              headers={"Content-MD5": md5})) == (400, "BadDigest")
    assert request_s3("POST", f"/{bucket}?delete", document).status == 200


@pytest.mark.parametrize("path", ["/%ff", "/k%00", "/k%zz", "/" + "x" * 1025])
def test_keys_that_are_none(request_s3, bucket, path):
    status, _ = code_of(request_s3("PUT", f"/{bucket}{path}", b"x"))
    assert status in (400, 403)


def test_paths_are_taken_as_they_are(request_s3, s3, bucket):
    """No dots are followed and no slashes dropped, on the way in or out."""
    for path in ("/../../../etc/passwd", "//a//b", "/./x", "/a/%2F/b"):
        assert request_s3("PUT", f"/{bucket}{path}", path.encode()).status == 200
        key = urllib.parse.unquote(path[1:])
        assert body_of(s3, bucket, key) == path.encode()
        assert request_s3("GET", f"/{bucket}{path}").text == path


def test_a_bucket_by_its_host(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b/k", Body=b"hello")
    for suffix in ("s3.localhost", "localhost"):
        host = f"{bucket}.{suffix}:{server.address[1]}"
        headers = sign_s3(server, "GET", "/a%20b/k", headers={"Host": host})
        answer = send(server, "GET", "/a%20b/k", None, headers)
        assert (answer.status, answer.text) == (200, "hello"), suffix
    headers = sign_s3(server, "GET", "/", headers={"Host": "s3.localhost"})
    assert f"<Name>{bucket}</Name>" in send(server, "GET", "/", None, headers).text


def test_everybody_may_where_the_policy_says_so(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello")
    assert code_of(send(server, "GET", f"/{bucket}/k")) == (403, "AccessDenied")
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy="""{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/*"}]}""" % bucket)
    assert send(server, "GET", f"/{bucket}/k").text == "hello"
    assert code_of(send(server, "PUT", f"/{bucket}/k", b"x")) == (403, "AccessDenied")
    assert code_of(send(server, "GET", f"/{bucket}/none")) == (403, "AccessDenied")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
        "RestrictPublicBuckets": True})
    assert code_of(send(server, "GET", f"/{bucket}/k")) == (403, "AccessDenied")


def test_a_body_over_the_bound(new_server):
    server = new_server(limits__object_bytes_max=1 << 20)
    s3 = s3_client(server)
    s3.create_bucket(Bucket="bounded")
    s3.put_object(Bucket="bounded", Key="k", Body=b"x" * (1 << 20))
    with fails("EntityTooLarge", 400):
        s3.put_object(Bucket="bounded", Key="k", Body=b"x" * ((1 << 20) + 1))
    assert s3.head_object(Bucket="bounded", Key="k")["ContentLength"] == 1 << 20


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


LARGE_MIB = int(os.environ.get("BEDPLATE_LARGE_MIB", "512"))  # 5120: the largest of one put


def test_large_objects_take_no_memory(new_server):
    """How much more the server holds meanwhile does not grow with what goes in and out."""
    server = new_server()
    s3 = s3_client(server)
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="warm", Body=b"x" * (4 << 20))
    body_of(s3, "large", "warm")
    before = resident_bytes(server.pid)
    size, piece = LARGE_MIB << 20, b"\5" * (1 << 20)
    headers = sign_s3(server, "PUT", "/large/k", b"",
                   headers={**UNSIGNED, "Content-Length": str(size)})
    headers["Content-Length"] = str(size)
    most = 0
    with connect(server, 300) as connection:
        connection.sendall(head(server, "PUT", "/large/k", headers))
        for _ in range(size // len(piece)):
            connection.sendall(piece)
            most = max(most, resident_bytes(server.pid))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    reader = s3.get_object(Bucket="large", Key="k")["Body"]
    got = 0
    while data := reader.read(1 << 20):
        got += len(data)
        most = max(most, resident_bytes(server.pid))
    assert got == size
    print(f"{LARGE_MIB} MiB in and out: {before >> 20} MiB resident before, {most >> 20} MiB at most")
    assert most - before < (64 + QUARANTINE_MIB) << 20


def test_a_slow_reader_does_not_fill_the_server(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * (64 << 20))
    before = resident_bytes(server.pid)
    headers = sign_s3(server, "GET", f"/{bucket}/k")
    readers = []
    for _ in range(8):
        connection = socket.create_connection(server.address, 60)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(head(server, "GET", f"/{bucket}/k", headers))
        assert connection.recv(10)
        readers.append(connection)
    time.sleep(1)
    assert resident_bytes(server.pid) - before < 64 << 20
    for connection in readers:
        connection.close()


def test_pages_of_elsewhere_by_the_bucket_s_rules(server, s3, bucket):
    def preflight(origin, method="PUT", headers="content-type"):
        return send(server, "OPTIONS", f"/{bucket}/k", None, {
            "Origin": origin, "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers})

    assert code_of(preflight("https://a.example.com")) == (403, "AccessForbidden")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"],
         "AllowedHeaders": ["content-*"], "ExposeHeaders": ["etag"], "MaxAgeSeconds": 60}]})
    answer = preflight("https://a.example.com")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://a.example.com"
    assert answer.headers["access-control-allow-methods"] == "GET, PUT"
    assert answer.headers["access-control-max-age"] == "60"
    assert preflight("https://a.example.org").status == 403
    assert preflight("https://a.example.com", method="DELETE").status == 403
    assert preflight("https://a.example.com", headers="content-type, x-other").status == 403
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    headers = sign_s3(server, "GET", f"/{bucket}/k", headers={"Origin": "https://a.example.com"})
    answer = send(server, "GET", f"/{bucket}/k", None, headers)
    assert answer.headers["access-control-allow-origin"] == "https://a.example.com"
    assert answer.headers["access-control-expose-headers"] == "etag"
    headers = sign_s3(server, "GET", f"/{bucket}/k", headers={"Origin": "https://elsewhere.org"})
    assert "access-control-allow-origin" not in send(server, "GET", f"/{bucket}/k", None, headers).headers
