"""Who may call: signatures in all their forms, bearer keys, and each way they can be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from asking import text_of, user
from bedplate_server import CHAT, REGION
from chunked_signing import chunked_request, trailing_request
from raw_http import send, send_signed, sign

LIST = "/foundation-models"
CONVERSE = f"/model/{CHAT}/converse"
BODY = json.dumps({"messages": [user("Hello")], "inferenceConfig": {"maxTokens": 4}}).encode()


def refused(answer, status: int, kind: str, *parts: str) -> None:
    assert answer.error[:2] == (status, kind), answer
    for part in parts:
        assert part in answer.error[2], answer
    assert answer.headers.get("x-amzn-requestid"), answer


def test_a_good_signature(server):
    assert send_signed(server, "GET", LIST).status == 200
    assert send_signed(server, "POST", CONVERSE, BODY).status == 200


def test_no_signature_at_all(server):
    refused(send(server, "GET", LIST), 403, "MissingAuthenticationTokenException")


def test_an_unknown_access_key(server):
    refused(send_signed(server, "GET", LIST, access_key="AKIAIOSFODNN7EXAMPLE"), 403,
            "UnrecognizedClientException", "security token")


def test_a_wrong_secret(server):
    refused(send_signed(server, "GET", LIST, secret_key="x" * 40), 403,
            "InvalidSignatureException", "does not match the signature you provided")


def test_a_body_that_is_not_the_one_signed(server):
    headers = sign(server, "POST", CONVERSE, BODY)
    answer = send(server, "POST", CONVERSE, BODY.replace(b"Hello", b"Jello"), headers)
    refused(answer, 403, "InvalidSignatureException")


def test_a_path_or_header_that_is_not_the_one_signed(server):
    headers = sign(server, "GET", LIST, b"")
    refused(send(server, "GET", LIST + "?byProvider=x", None, headers), 403,
            "InvalidSignatureException")
    headers = sign(server, "GET", LIST, b"", headers={"X-Amz-Note": "one"})
    refused(send(server, "GET", LIST, None, {**headers, "X-Amz-Note": "two"}), 403,
            "InvalidSignatureException")


def test_a_scope_of_another_region(server):
    refused(send_signed(server, "GET", LIST, region="eu-west-1"), 403,
            "InvalidSignatureException", "us-east-1", "eu-west-1")


def test_a_scope_of_another_service(server):
    answer = send_signed(server, "GET", LIST, service="execute-api")
    assert answer.status in (403, 404), answer
    if answer.status == 403:
        refused(answer, 403, "InvalidSignatureException", "bedrock", "execute-api")


@pytest.mark.parametrize("hours_ago", [1, 24 * 400])
def test_an_expired_date(server, hours_ago):
    refused(send_signed(server, "GET", LIST, hours_ago=hours_ago), 403,
            "InvalidSignatureException", "Signature expired", "is now earlier than")


def test_a_date_to_come(server):
    refused(send_signed(server, "GET", LIST, hours_ago=-1), 403,
            "InvalidSignatureException", "Signature not yet current", "is still later than")


@pytest.mark.parametrize("header", [
    "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256 ,,,=,=",
    "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=zz",
    "Basic YTpi", "\x01" * 20, "AWS4-HMAC-SHA256 " + "x" * 8000])
def test_headers_that_are_no_signature(server, header):
    answer = send(server, "GET", LIST, None, {"Authorization": header})
    assert answer.status in (400, 403), answer
    if answer.text:
        assert answer.headers["x-amzn-errortype"], answer


def test_a_presigned_address(server):
    credentials = botocore.credentials.Credentials(
        server.environment["AWS_ACCESS_KEY_ID"], server.environment["AWS_SECRET_ACCESS_KEY"])
    request = botocore.awsrequest.AWSRequest(method="GET", url=server.endpoint + LIST)
    botocore.auth.SigV4QueryAuth(credentials, "bedrock", REGION, expires=60).add_auth(request)
    address = request.url.removeprefix(server.endpoint)
    assert send(server, "GET", address).status == 200
    refused(send(server, "GET", address[:-1] + ("0" if address[-1] != "0" else "1")), 403,
            "InvalidSignatureException")


def test_an_unsigned_payload(server):
    headers = sign(server, "POST", CONVERSE, BODY,
                   headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    assert send(server, "POST", CONVERSE, BODY, headers).status == 200


def pieces() -> list[bytes]:
    return [BODY[:20], BODY[20:50], BODY[50:]]


def test_signed_chunks(server):
    headers, chunks = chunked_request(server, CONVERSE, pieces())
    answer = send(server, "POST", CONVERSE, b"".join(chunks), headers)
    assert answer.status == 200, answer
    assert text_of(answer.json())


@pytest.mark.parametrize("name, spoil", [
    ("replayed", lambda chunks: [chunks[0], chunks[0], *chunks[1:]]),
    ("swapped", lambda chunks: [chunks[1], chunks[0], *chunks[2:]]),
    ("changed", lambda chunks: [chunks[0], chunks[1].replace(b"text", b"tent"), *chunks[2:]]),
    ("left out", lambda chunks: [chunks[0], *chunks[2:]]),
])
def test_chunks_out_of_their_chain(server, name, spoil):
    headers, chunks = chunked_request(server, CONVERSE, pieces())
    spoiled = spoil(chunks)
    assert spoiled != chunks
    answer = send(server, "POST", CONVERSE, b"".join(spoiled), headers)
    refused(answer, 403, "InvalidSignatureException", "chunk")


def test_chunks_that_never_end(server):
    headers, chunks = chunked_request(server, CONVERSE, pieces())
    answer = send(server, "POST", CONVERSE, b"".join(chunks[:-1]), headers)
    assert answer.status in (400, 403), answer
    assert answer.headers["x-amzn-errortype"], answer


def checksum(algorithm: str, body: bytes) -> str:
    if algorithm == "crc32":
        return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    return base64.b64encode(hashlib.new(algorithm, body).digest()).decode()


@pytest.mark.parametrize("algorithm", ["crc32", "sha1", "sha256"])
def test_a_checksum_behind_the_body(server, algorithm):
    name = f"x-amz-checksum-{algorithm}"
    headers, sent = trailing_request(server, CONVERSE, BODY, name, checksum(algorithm, BODY))
    answer = send(server, "POST", CONVERSE, sent, headers)
    assert answer.status == 200 and text_of(answer.json()), answer
    answer = send(server, "POST", CONVERSE, sent.replace(b"Hello", b"Jello"), headers)
    refused(answer, 400, "ValidationException", name, algorithm.upper(), "did not match",
            checksum(algorithm, BODY))


def test_a_checksum_of_an_algorithm_that_does_not_exist(server):
    headers, sent = trailing_request(server, CONVERSE, BODY, "x-amz-checksum-md5", "AAAA")
    refused(send(server, "POST", CONVERSE, sent, headers), 400, "ValidationException",
            "x-amz-checksum-md5", "unsupported")


def test_a_checksum_that_was_announced_and_does_not_come(server):
    headers, sent = trailing_request(server, CONVERSE, BODY, "x-amz-checksum-crc32", "AAAA")
    without = sent[:sent.rindex(b"x-amz-checksum")] + b"\r\n"
    refused(send(server, "POST", CONVERSE, without, headers), 400, "ValidationException",
            "x-amz-checksum-crc32")


def test_a_bearer_key(server):
    """boto3 sends one over TLS only; tls_test.py has that."""
    headers = {"Authorization": f"Bearer {server.bearer_key}", "Content-Type": "application/json"}
    assert send(server, "GET", LIST, None, headers).status == 200
    answer = send(server, "POST", CONVERSE, BODY, headers)
    assert answer.status == 200 and text_of(answer.json())


def test_a_wrong_bearer_key(server):
    wrong = "x" + server.bearer_key[1:]
    answer = send(server, "GET", LIST, None, {"Authorization": f"Bearer {wrong}"})
    refused(answer, 403, "AccessDeniedException")
    assert wrong not in answer.text


def test_secrets_are_in_no_log(server):
    send_signed(server, "GET", LIST)
    send(server, "GET", LIST, None, {"Authorization": f"Bearer {server.bearer_key}"})
    for secret in (server.environment["AWS_SECRET_ACCESS_KEY"], server.bearer_key):
        assert secret not in server.log()
