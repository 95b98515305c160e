"""Objects at another server (`objects.url`): through our own client of S3, which jobs use, and what
this server's own operations of S3 say then."""

import contextlib
import filecmp
import os
import pathlib
import subprocess
import time
from xml.etree import ElementTree

import botocore.exceptions
import pytest

from bedplate_server import PATIENCE_S, PROGRAMS, BedplateServer
from s3_support import ODD_KEYS, QUARANTINE_MIB, s3_client
from tls_test import make_certificate

MIB = 1 << 20


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """The server that the objects are at."""
    server = BedplateServer(tmp_path_factory.mktemp("other")).start()
    s3_client(server).create_bucket(Bucket="data")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def driver(other, tmp_path_factory):
    """The words that start it."""
    secret = tmp_path_factory.mktemp("secret") / "key"
    secret.write_text(other.environment["AWS_SECRET_ACCESS_KEY"])
    return [PROGRAMS / "object_store_driver", other.endpoint,
            other.environment["AWS_ACCESS_KEY_ID"], secret]


@pytest.fixture(scope="module")
def drive(driver):
    def run(*words, given=b"", fails=False, secret_file=driver[-1]):
        done = subprocess.run([*driver[:-1], secret_file, *words], input=given,
                              capture_output=True, timeout=PATIENCE_S, check=False)
        assert (done.returncode != 0) == fails, done.stderr.decode()
        return done.stderr.decode() if fails else done.stdout

    return run


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])
def test_what_is_written_is_what_others_read_and_the_other_way(other, drive, size):
    content = os.urandom(size)
    drive("write", "data", "written", given=content)
    got = s3_client(other).get_object(Bucket="data", Key="written")
    assert got["Body"].read() == content
    assert got["ContentType"] == "text/x-driven"
    assert ("-" in got["ETag"]) == (size > 8 * MIB)
    assert drive("read", "data", "written") == content
    facts = drive("look", "data", "written").decode().split()
    assert facts[0] == str(size) and facts[1] == got["ETag"].strip('"')
    assert int(facts[2]) == int(got["LastModified"].timestamp()) * 1000


def test_keys_of_every_shape(other, drive):
    s3 = s3_client(other)
    keys = {key for key in ODD_KEYS if len(key.encode()) <= 1000}
    for key in keys:
        drive("write", "data", "odd/" + key, given=key.encode())
    names = sorted(("odd/" + key for key in keys), key=str.encode)
    listed = [entry.split(" ", 3) for entry in
              drive("list", "data", "odd/").decode().split("\0")[:-1]]
    assert [entry[3] for entry in listed] == names
    for key in ("odd/per%cent", "odd/../up", "odd/plus+plus"):
        assert s3.get_object(Bucket="data", Key=key)["Body"].read().decode() == key[4:]
    drive("delete", "data", "odd/..")
    drive("delete", "data", "odd/..")
    assert "NoSuchKey 404" in drive("look", "data", "odd/..", fails=True)


def peak_memory(command, **streams) -> int:
    """Bytes resident at most, of a program that succeeds."""
    peak = 0
    process = subprocess.Popen(command, **streams)
    while process.poll() is None:
        with contextlib.suppress(ValueError, IndexError, OSError):  # it has just ended
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]) * 1024)
        time.sleep(0.02)
    assert process.returncode == 0
    return peak


def test_a_large_object_passes_in_little_memory(driver, tmp_path):
    size, most = 600 * MIB, (64 + QUARANTINE_MIB) * MIB
    given, got = tmp_path / "given", tmp_path / "got"
    with given.open("wb") as file:
        for _ in range(size // MIB):
            file.write(os.urandom(MIB))
    with given.open("rb") as file:
        written = peak_memory([*driver, "write", "data", "large"], stdin=file)
    with got.open("wb") as file:
        read = peak_memory([*driver, "read", "data", "large"], stdout=file)
    assert filecmp.cmp(given, got, shallow=False)
    assert 0 < written < most and 0 < read < most


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The same under TLS: the words that start the client of it, and whom to trust."""
    folder = tmp_path_factory.mktemp("secure")
    certificate, key = make_certificate(folder)
    server = BedplateServer(folder, tls__certificate=certificate, tls__key=key)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CA_BUNDLE", str(certificate))
        s3_client(server).create_bucket(Bucket="secure")
    secret = folder / "secret"
    secret.write_text(server.environment["AWS_SECRET_ACCESS_KEY"])
    yield [PROGRAMS / "object_store_driver", server.endpoint,
           server.environment["AWS_ACCESS_KEY_ID"], secret], certificate
    server.stop()


@pytest.mark.parametrize("size", [1, 20 * MIB])
def test_objects_over_https(secure, size):
    driver, trusted = secure
    content = os.urandom(size)
    environment = os.environ | {"SSL_CERT_FILE": str(trusted)}
    assert driver[1].startswith("https://")

    def run(*words, given=b""):
        return subprocess.run([*driver, *words], input=given, env=environment, check=True,
                              capture_output=True, timeout=PATIENCE_S).stdout

    run("write", "secure", "key", given=content)
    assert run("read", "secure", "key") == content
    assert run("look", "secure", "key").split()[0] == str(size).encode()
    run("delete", "secure", "key")


def test_a_server_that_nobody_vouches_for_gets_nothing(secure, tmp_path):
    driver, _ = secure
    other, _ = make_certificate(tmp_path)
    for trusted in (other, None):
        environment = {name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"}
        done = subprocess.run([*driver, "read", "secure", "key"], capture_output=True,
                              timeout=PATIENCE_S, check=False,
                              env=environment | ({"SSL_CERT_FILE": str(trusted)} if trusted else {}))
        assert done.returncode != 0 and b"certificate" in done.stderr.lower(), done.stderr
        assert driver[3].read_bytes() not in done.stderr


def test_refusals_are_told_by_name_and_without_secrets(drive, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-secret")
    said = drive("read", "data", "written", fails=True, secret_file=wrong)
    assert "SignatureDoesNotMatch 403" in said and "not-the-secret" not in said
    assert "NoSuchBucket 404" in drive("list", "no-bucket-here", "", fails=True)
    assert "NoSuchKey 404" in drive("read", "data", "nothing", fails=True)


def test_answers_have_the_roots_of_s3(other):
    """Which boto3 does not look at, and other clients do."""
    s3 = s3_client(other)
    roots = []
    s3.meta.events.register("after-call.s3", lambda http_response, **_: roots.append(
        ElementTree.fromstring(http_response.content).tag.rpartition("}")[2]))
    s3.list_buckets()
    s3.list_objects(Bucket="data")
    s3.list_objects_v2(Bucket="data")
    s3.list_object_versions(Bucket="data")
    s3.list_multipart_uploads(Bucket="data")
    upload = {"Bucket": "data", "Key": "key", "UploadId": s3.create_multipart_upload(
        Bucket="data", Key="key")["UploadId"]}
    s3.list_parts(**upload)
    s3.get_bucket_versioning(Bucket="data")
    assert roots == ["ListAllMyBucketsResult", "ListBucketResult", "ListBucketResult",
                     "ListVersionsResult", "ListMultipartUploadsResult",
                     "InitiateMultipartUploadResult", "ListPartsResult", "VersioningConfiguration"]


def test_its_own_operations_of_s3_are_not_there_then(other, tmp_path):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(other.environment["AWS_SECRET_ACCESS_KEY"] + "\n")
    server = BedplateServer(tmp_path, objects__url=other.endpoint,
                            objects__access_key_id=other.environment["AWS_ACCESS_KEY_ID"],
                            objects__secret_key_file=secret)
    server.start()
    try:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            s3_client(server).list_buckets()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    finally:
        server.stop()


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the-secret")
    secret.chmod(0o644)
    server = BedplateServer(tmp_path, objects__url="http://127.0.0.1:9", objects__access_key_id="A",
                            objects__secret_key_file=secret)
    with pytest.raises(AssertionError, match="secret"):
        server.start()
