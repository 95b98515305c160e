"""Tags of objects in conditions, what readers are told of delete markers, clocks that are off."""

from __future__ import annotations

import datetime
import json

import botocore.auth
import pytest

from principals import allow, deny, root_of
from raw_http import send
from s3_support import body_of, empty, fails, new_name, s3_client, send_s3, sign_s3

BLUE = {"StringEquals": {"s3:ExistingObjectTag/team": "blue"}}


@pytest.fixture(scope="module")
def s3(server):
    return s3_client(server)


@pytest.fixture
def bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)


def test_the_tags_of_an_object_are_conditions(server, s3, bucket):
    for key, tagging in [("blue", "team=blue"), ("red", "team=red"), ("none", "")]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Tagging=tagging)
    reader = root_of(server).user(allow("s3:GetObject", "s3:PutObjectTagging",
                                        on=f"arn:aws:s3:::{bucket}/*", **BLUE))("s3")
    assert body_of(reader, bucket, "blue") == b"x"
    for key in ("red", "none", "missing"):
        with fails("AccessDenied", 403):
            reader.get_object(Bucket=bucket, Key=key)
    # Its own tags decide, not those that it is to have.
    with fails("AccessDenied", 403):
        reader.put_object_tagging(Bucket=bucket, Key="red",
                                  Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    s3.put_object_tagging(Bucket=bucket, Key="red",
                          Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    assert body_of(reader, bucket, "red") == b"x"


def test_the_tags_of_the_version_that_is_asked_for(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", Tagging="team=blue")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", Tagging="team=red")
    reader = root_of(server).user(allow("s3:GetObject", "s3:GetObjectVersion",
                                        on=f"arn:aws:s3:::{bucket}/*", **BLUE))("s3")
    assert body_of(reader, bucket, "k", VersionId=first) == b"1"
    with fails("AccessDenied", 403):
        reader.get_object(Bucket=bucket, Key="k")


def test_tags_in_the_bucket_s_policy(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="secret", Body=b"x", Tagging="team=blue")
    s3.put_object(Bucket=bucket, Key="open", Body=b"x")
    user = root_of(server).user(allow("s3:GetObject"))
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        deny("s3:GetObject", on=f"arn:aws:s3:::{bucket}/*", **BLUE) | {"Principal": {"AWS": user.arn}}]}))
    reader = user("s3")
    assert body_of(reader, bucket, "open") == b"x"
    with fails("AccessDenied", 403):
        reader.get_object(Bucket=bucket, Key="secret")
    s3.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_told_of_a_delete_marker(server, s3, bucket, method):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    answer = send_s3(server, method, f"/{bucket}/k")
    assert answer.status == 404
    assert answer.headers["x-amz-delete-marker"] == "true"
    assert answer.headers["x-amz-version-id"] == marker
    answer = send_s3(server, method, f"/{bucket}/k?versionId={marker}")
    assert answer.status == 405
    assert answer.headers["x-amz-delete-marker"] == "true"
    assert answer.headers["allow"] == "DELETE"
    assert answer.headers["last-modified"].endswith("GMT")
    assert "x-amz-delete-marker" not in send_s3(server, method, f"/{bucket}/none").headers
    # Who may not list is told of no key.
    reader = root_of(server).user(allow("s3:GetObject"))
    headers = sign_s3(server, method, f"/{bucket}/k", access_key=reader.key, secret_key=reader.secret)
    answer = send(server, method, f"/{bucket}/k", None, headers)
    assert answer.status == 403
    assert "x-amz-delete-marker" not in answer.headers


@pytest.mark.parametrize("minutes, status", [(-14, 200), (14, 200), (-16, 403), (16, 403)])
def test_clocks_that_are_off(server, bucket, monkeypatch, minutes, status):
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime",
                        lambda remove_tzinfo=True: then.replace(tzinfo=None))
    headers = sign_s3(server, "GET", f"/{bucket}")
    assert then.strftime("%Y%m%dT%H%M") in headers["X-Amz-Date"]
    answer = send(server, "GET", f"/{bucket}", None, headers)
    assert answer.status == status, answer.text
    assert ("<Code>RequestTimeTooSkewed</Code>" in answer.text) == (status == 403)
