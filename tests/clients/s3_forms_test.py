"""Forms that browsers send to a bucket, signed by boto3 and sent by requests: what S3 calls POST policy."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import re
import urllib.parse
import zlib

import pytest
import requests

from bedplate_server import wait_until
from principals import Account, Sender, allow
from s3_support import body_of, empty, fails, new_name, s3_client


@pytest.fixture(scope="module")
def s3(server):
    return s3_client(server, signature_version="s3v4")


@pytest.fixture
def bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)


def send(form, content=b"hello", name="a.txt", **fields):
    """What a browser sends: the fields, and the file behind them."""
    return requests.post(form["url"], data=form["fields"] | fields, files={"file": (name, content)},
                         allow_redirects=False, timeout=60)


def code_of(answer) -> tuple[int, str]:
    found = re.search(r"<Code>(\w+)</Code>", answer.text)
    return answer.status_code, found[1] if found else answer.text


def message_of(answer) -> str:
    return re.search(r"<Message>(.*)</Message>", answer.text, re.DOTALL)[1].replace("&quot;", '"')


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_form_puts_an_object(server, s3, bucket, version):
    signer = s3_client(server, signature_version=version)
    form = signer.generate_presigned_post(bucket, "k", ExpiresIn=60)
    assert ("x-amz-signature" in form["fields"]) == (version == "s3v4")
    answer = send(form)
    assert (answer.status_code, answer.text) == (204, "")
    etag = f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert answer.headers["etag"] == etag
    assert answer.headers["location"] == f"/{bucket}/k"
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["ETag"], got["ContentType"]) == (
        b"hello", etag, "binary/octet-stream")


def test_what_a_form_says_of_its_object(s3, bucket):
    fields = {"Content-Type": "text/plain", "Cache-Control": "no-store", "x-amz-meta-who": "änna",
              "Content-Disposition": "attachment", "x-amz-storage-class": "STANDARD_IA",
              "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
              "x-amz-checksum-crc32": base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()}
    conditions = [{name: value} for name, value in fields.items()]
    form = s3.generate_presigned_post(bucket, "k", Fields=fields, Conditions=conditions)
    assert send(form).status_code == 204
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head["ContentType"], head["CacheControl"], head["ContentDisposition"]) == (
        "text/plain", "no-store", "attachment")
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["ChecksumCRC32"] == fields["x-amz-checksum-crc32"]
    assert head["Metadata"]["who"].encode("latin-1").decode() == "änna"
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}]
    assert code_of(send(form, b"another")) == (400, "BadDigest")
    assert body_of(s3, bucket, "k") == b"hello"


@pytest.mark.parametrize("name, key", [
    ("a.txt", "up/a.txt"), (r"C:\folder\b.txt", "up/b.txt"), ("../../etc/passwd", "up/passwd"),
    ("", "up/"), ("ümläut.bin", "up/ümläut.bin")])
def test_the_file_s_name_in_the_key(s3, bucket, name, key):
    form = s3.generate_presigned_post(bucket, "up/${filename}")
    if name:
        answer = send(form, name=name)
    else:
        parts = [(field, (None, value)) for field, value in form["fields"].items()]
        answer = requests.post(form["url"], files=[*parts, ("file", (None, b"hello"))], timeout=60)
    assert answer.status_code == 204, answer.text
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_what_is_answered(s3, bucket):
    def ask(**fields):
        conditions = [{name: value} for name, value in fields.items()]
        return send(s3.generate_presigned_post(bucket, "a b/k", Fields=fields, Conditions=conditions))

    assert ask(success_action_status="200").status_code == 200
    assert ask(success_action_status="400").status_code == 204
    made = ask(success_action_status="201")
    assert made.status_code == 201
    assert made.headers["content-type"] == "application/xml"
    assert f"<PostResponse><Location>/{bucket}/a%20b/k</Location><Bucket>{bucket}</Bucket>" \
           "<Key>a b/k</Key><ETag>" in made.text
    moved = ask(success_action_redirect="https://app.example.com/done?x=1#top")
    assert moved.status_code == 303
    to = urllib.parse.urlsplit(moved.headers["location"])
    assert (to.netloc, to.path, to.fragment) == ("app.example.com", "/done", "top")
    assert urllib.parse.parse_qs(to.query) == {
        "x": ["1"], "bucket": [bucket], "key": ["a b/k"],
        "etag": [f'"{hashlib.md5(b"hello").hexdigest()}"']}
    assert ask(redirect="http://app.example.com").headers["location"].startswith(
        f"http://app.example.com?bucket={bucket}&key=a%20b%2Fk&etag=%22")
    # No address: as if it were not there.
    assert ask(success_action_redirect="javascript:alert(1)").status_code == 204


def test_conditions(s3, bucket):
    form = s3.generate_presigned_post(
        bucket, "user/${filename}", Fields={"Content-Type": "image/png"},
        Conditions=[["starts-with", "$Content-Type", "image/"], ["starts-with", "$x-amz-meta-a", ""],
                    ["content-length-range", 2, 10]])
    assert send(form).status_code == 204
    assert send(form, **{"x-amz-meta-a": "anything", "x-ignore-b": "1"}).status_code == 204
    wrong = send(form, **{"Content-Type": "text/html"})
    assert code_of(wrong) == (403, "AccessDenied")
    assert message_of(wrong) == 'Invalid according to Policy: Policy Condition failed: ' \
                                '["starts-with","$content-type","image/"]'
    assert code_of(send(form, **{"Content-Type": "image/png, text/html"})) == (403, "AccessDenied")
    wrong = send(form, key="elsewhere/k")
    assert code_of(wrong) == (403, "AccessDenied") and "$key" in message_of(wrong)
    wrong = send(form, **{"x-amz-meta-b": "1", "acl": "private"})
    assert code_of(wrong) == (403, "AccessDenied")
    assert message_of(wrong) == "Invalid according to Policy: Extra input fields: x-amz-meta-b, acl"
    assert code_of(send(form, b"x")) == (400, "EntityTooSmall")
    assert code_of(send(form, b"x" * 11)) == (400, "EntityTooLarge")
    assert send(form, b"x" * 10).status_code == 204
    assert {each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]} == {"user/a.txt"}


def test_a_form_of_another_bucket(s3, bucket):
    form = s3.generate_presigned_post(bucket, "k")
    other = new_name()
    s3.create_bucket(Bucket=other)
    wrong = send(form | {"url": form["url"].replace(bucket, other)})
    assert code_of(wrong) == (403, "AccessDenied") and "$bucket" in message_of(wrong)
    empty(s3, other)
    gone = send(form | {"url": form["url"].replace(bucket, other)})
    assert code_of(gone) == (404, "NoSuchBucket")


def signed(server, policy, *, secret=None, **fields):
    """The fields of a policy that is signed as it is."""
    text = base64.b64encode(policy if isinstance(policy, bytes) else json.dumps(policy).encode()).decode()
    secret = secret or server.environment["AWS_SECRET_ACCESS_KEY"]
    signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest())
    return {"key": "k", "AWSAccessKeyId": server.environment["AWS_ACCESS_KEY_ID"],
            "policy": text, "signature": signature.decode()} | fields


def until(**more) -> str:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(**more)
    return later.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("policy, code, words", [
    (b"no json", (400, "InvalidPolicyDocument"), "Invalid JSON"),
    (b"[]", (400, "InvalidPolicyDocument"), "it must be an object"),
    (b"[" * 5000, (400, "InvalidPolicyDocument"), "Invalid JSON"),
    ({"conditions": []}, (400, "InvalidPolicyDocument"), "Policy missing expiration."),
    ({"expiration": "tomorrow", "conditions": []}, (400, "InvalidPolicyDocument"), "tomorrow"),
    ({"expiration": until(hours=1)}, (400, "InvalidPolicyDocument"), "Policy missing conditions."),
    ({"expiration": until(hours=1), "conditions": {}}, (400, "InvalidPolicyDocument"), "must be a List"),
    ({"expiration": until(hours=1), "conditions": [{"key": "k", "acl": "private"}]},
     (400, "InvalidPolicyDocument"), "exactly one property"),
    ({"expiration": until(hours=1), "conditions": [["ends-with", "$key", "k"]]},
     (400, "InvalidPolicyDocument"), "ends-with"),
    ({"expiration": until(hours=1), "conditions": [["eq", "key", "k"]]},
     (400, "InvalidPolicyDocument"), "must have a field"),
    ({"expiration": until(hours=1), "conditions": [["content-length-range", -1, 5]]},
     (400, "InvalidPolicyDocument"), "content-length-range"),
    ({"expiration": until(hours=1), "conditions": [["content-length-range", 6, 5]]},
     (400, "InvalidPolicyDocument"), "content-length-range"),
    ({"expiration": until(seconds=-1), "conditions": [{"key": "k"}]}, (403, "AccessDenied"),
     "Policy expired."),
    ({"expiration": until(hours=1), "conditions": []}, (403, "AccessDenied"), "Extra input fields: key")])
def test_policies_that_are_wrong(server, bucket, policy, code, words):
    answer = send({"url": f"{server.endpoint}/{bucket}", "fields": signed(server, policy)})
    assert code_of(answer) == code, answer.text
    assert words in message_of(answer)


def test_who_signed_it(server, s3, bucket):
    url = f"{server.endpoint}/{bucket}"
    good = {"expiration": until(hours=1), "conditions": [{"key": "k"}]}
    assert send({"url": url, "fields": signed(server, good)}).status_code == 204
    # JSON has no \$, policies do.
    escaped = json.dumps(good).replace("{}", "").replace('"k"', r'"\$k"').encode()
    assert send({"url": url, "fields": signed(server, escaped, key="$k")}).status_code == 204
    for change, code in [({"signature": "AAAA"}, (403, "SignatureDoesNotMatch")),
                         ({"AWSAccessKeyId": "AKIANOBODY"}, (403, "InvalidAccessKeyId")),
                         ({"x-amz-security-token": "none"}, (403, "InvalidAccessKeyId"))]:
        assert code_of(send({"url": url, "fields": signed(server, good, **change)})) == code
    form = s3.generate_presigned_post(bucket, "k")
    def changed(**fields):
        return code_of(send(form | {"fields": form["fields"] | fields}))
    scope = form["fields"]["x-amz-credential"]
    assert changed(**{"x-amz-signature": "0" * 64}) == (403, "SignatureDoesNotMatch")
    assert changed(**{"x-amz-algorithm": "AWS4-ECDSA"}) == (400, "InvalidArgument")
    assert changed(**{"x-amz-credential": "nonsense"}) == (400, "InvalidArgument")
    assert changed(**{"x-amz-credential": scope.replace("/s3/", "/iam/")}) == (400, "InvalidArgument")
    assert changed(**{"x-amz-credential": scope.replace("us-east-1", "eu-west-1")}) == (
        400, "InvalidArgument")
    assert changed(**{"x-amz-date": "yesterday"}) == (400, "InvalidArgument")
    old = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=8)).strftime("%Y%m%dT%H%M%SZ")
    assert changed(**{"x-amz-date": old}) == (403, "AccessDenied")
    fields = dict(form["fields"])
    del fields["x-amz-signature"]
    answer = send(form | {"fields": fields})
    assert code_of(answer) == (400, "InvalidArgument")
    assert "must contain a field named 'X-Amz-Signature'" in message_of(answer)


def test_nobody_s_form(server, s3, bucket):
    form = {"url": f"{server.endpoint}/{bucket}", "fields": {"key": "k"}}
    assert code_of(send(form)) == (403, "AccessDenied")
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
         "Resource": f"arn:aws:s3:::{bucket}/open/*"}]}))
    assert code_of(send(form)) == (403, "AccessDenied")
    assert send(form | {"fields": {"key": "open/k"}}).status_code == 204
    assert body_of(s3, bucket, "open/k") == b"hello"


def test_a_signer_who_may_not(server, s3, bucket):
    """The form is its signer's: what it may not, whoever has the form may not."""
    root = Sender(server, server.environment["AWS_ACCESS_KEY_ID"],
                  server.environment["AWS_SECRET_ACCESS_KEY"])
    user = Account(root).user(allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/mine/*"))
    signer = user("s3", signature_version="s3v4")
    assert send(signer.generate_presigned_post(bucket, "mine/k")).status_code == 204
    refused = send(signer.generate_presigned_post(bucket, "yours/k"))
    assert code_of(refused) == (403, "AccessDenied")
    assert "is not authorized to perform: s3:PutObject" in message_of(refused)
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="yours/k")


def raw(server, bucket, body: bytes, kind="multipart/form-data; boundary=B"):
    return requests.post(f"{server.endpoint}/{bucket}", data=body, headers={"Content-Type": kind},
                         timeout=60)


def part(name: str, value: bytes = b"v", more: str = "") -> bytes:
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


@pytest.mark.parametrize("body, code", [
    (b"", "MalformedPOSTRequest"),
    (b"--C\r\n", "MalformedPOSTRequest"),
    (b"--B--\r\n", "IncorrectNumberOfFilesInPostRequest"),
    (part("key") + b"--B--\r\n", "IncorrectNumberOfFilesInPostRequest"),
    (part("key") + b"--B", "MalformedPOSTRequest"),
    (b"--B\r\n\r\nvalue\r\n--B--\r\n", "MalformedPOSTRequest"),
    (part("") + part("file") + b"--B--", "MalformedPOSTRequest"),
    (part("key") + part("KEY") + part("file") + b"--B--", "InvalidArgument"),
    (part("file") + part("key") + b"--B--", "InvalidArgument"),
    (part("a", b"x" * 30_000) + part("file") + b"--B--", "MaxPostPreDataLengthExceeded"),
    (part("a" * 30_000) + part("file") + b"--B--", "MaxPostPreDataLengthExceeded")])
def test_forms_that_are_none(server, bucket, body, code):
    assert code_of(raw(server, bucket, body)) == (400, code)


def test_a_form_that_is_cut(server, s3, bucket):
    fields = signed(server, {"expiration": until(hours=1), "conditions": [{"key": "k"}]})
    whole = b"".join(part(name, value.encode()) for name, value in fields.items())
    body = whole + part("file", b"x" * 700_000) + b"--B--\r\n"
    assert code_of(raw(server, bucket, body[:-20])) == (400, "MalformedPOSTRequest")
    with fails("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")
    assert raw(server, bucket, body).status_code == 204
    assert body_of(s3, bucket, "k") == b"x" * 700_000


@pytest.mark.parametrize("kind", ["multipart/form-data", "text/plain", "multipart/form-data; boundary=",
                                  "multipart/form-data; boundary=" + "x" * 71])
def test_types_that_are_no_form_s(server, bucket, kind):
    assert code_of(raw(server, bucket, b"--B--", kind))[0] == 400


def test_a_form_to_the_bucket_s_host(server, s3, bucket):
    form = s3.generate_presigned_post(bucket, "k")
    host = f"{bucket}.s3.localhost:{server.address[1]}"
    answer = requests.post(server.endpoint + "/", data=form["fields"], files={"file": ("a", b"hello")},
                           headers={"Host": host}, timeout=60)
    assert answer.status_code == 204, answer.text
    assert body_of(s3, bucket, "k") == b"hello"


def test_a_page_of_elsewhere_sends_a_form(s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["POST"]}]})
    form = s3.generate_presigned_post(bucket, "k")
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("a", b"hello")}, timeout=60,
                           headers={"Origin": "https://app.example.com"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"


def test_a_form_is_encrypted_and_versioned_as_its_bucket_says(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    answer = send(s3.generate_presigned_post(bucket, "k"))
    assert answer.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert answer.headers["x-amz-version-id"] == s3.head_object(Bucket=bucket, Key="k")["VersionId"]
    assert body_of(s3, bucket, "k") == b"hello"


class Slowly:
    """A body of a length that nobody says, in pieces."""

    def __init__(self, *pieces: bytes):
        self.pieces = pieces

    def __iter__(self):
        yield from self.pieces


def test_a_file_in_small_pieces(server, s3, bucket):
    """The boundary may be cut anywhere."""
    fields = signed(server, {"expiration": until(hours=1), "conditions": [{"key": "k"}]})
    content = b"a\r\n--\r\n--A\r\n-" * 3
    body = b"".join(part(name, value.encode()) for name, value in fields.items()) + \
        part("file", content) + b"--B--\r\n"
    for size in (1, 2, 7, 100):
        pieces = [body[at:at + size] for at in range(0, len(body), size)]
        answer = requests.post(f"{server.endpoint}/{bucket}", data=iter(Slowly(*pieces)), timeout=60,
                               headers={"Content-Type": "multipart/form-data; boundary=B"})
        assert answer.status_code == 204, answer.text
        assert body_of(s3, bucket, "k") == content


def test_nothing_of_a_refused_form_stays(new_server):
    server = new_server()
    s3 = s3_client(server, signature_version="s3v4")
    s3.create_bucket(Bucket="forms")
    form = s3.generate_presigned_post("forms", "k", Conditions=[["content-length-range", 0, 1 << 20]])
    assert code_of(send(form, b"x" * (3 << 20))) == (400, "EntityTooLarge")
    assert s3.list_objects_v2(Bucket="forms")["KeyCount"] == 0
    wait_until("no file of it stays", lambda: not any(
        path.is_file() for path in (server.data / "objects/blobs").rglob("*")), 30)
