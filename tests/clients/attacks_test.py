"""Ways in that were found by reading: each is shut."""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from asking import failure_of
from principals import Account, allow, assume, deny, new_name, policy, two_accounts


@pytest.fixture(name="accounts", scope="module")
def _accounts(tmp_path_factory):
    with two_accounts(tmp_path_factory.mktemp("attacks")) as accounts:
        yield accounts


@pytest.fixture(name="home")
def _home(accounts) -> Account:
    return accounts[0]


def refused(call, code: str, *parts: str, **members):
    failure = failure_of(call, **members)
    assert failure.code == code, failure
    for part in parts:
        assert part in failure.message, failure.message


def _bucket(account: Account, **objects: bytes) -> str:
    name = new_name("b")
    account.root("s3").create_bucket(Bucket=name)
    for key, body in objects.items():
        account.root("s3").put_object(Bucket=name, Key=key, Body=body)
    return name


def _open_to(account: Account, bucket: str, other: str, *actions: str):
    account.root("s3").put_bucket_policy(Bucket=bucket, Policy=policy(
        {"Effect": "Allow", "Principal": {"AWS": other}, "Action": list(actions),
         "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}))


def _fetch(url: str, method: str = "GET") -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


# S3 and the keys of KMS

@pytest.mark.parametrize("named", ["id", "alias"])
def test_a_guest_does_not_use_a_key_of_the_owner_by_a_name_of_its_own(accounts, named):
    home, other = accounts
    bucket = _bucket(home)
    _open_to(home, bucket, other.number, "s3:*")
    guest = other.user(allow("s3:*", "kms:*"))("s3")
    key = home.root("kms").create_key()["KeyMetadata"]["KeyId"]
    alias = f"alias/{new_name()}"
    home.root("kms").create_alias(AliasName=alias, TargetKeyId=key)
    if named == "alias":
        other.root("kms").create_alias(
            AliasName=alias, TargetKeyId=other.root("kms").create_key()["KeyMetadata"]["KeyId"])
    members = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms",
               "SSEKMSKeyId": key if named == "id" else alias}
    if named == "id":
        refused(guest.put_object, "KMS.NotFoundException", other.number, Body=b"x", **members)
        refused(guest.create_multipart_upload, "KMS.NotFoundException", other.number, **members)
    else:  # it is the guest's key, and nobody else's
        used = guest.put_object(Body=b"x", **members)["SSEKMSKeyId"]
        assert used.split(":")[4] == other.number
        made = guest.create_multipart_upload(**members)
        assert made["SSEKMSKeyId"].split(":")[4] == other.number
        guest.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=made["UploadId"])


def _upload(s3, **members) -> None:
    upload = s3.create_multipart_upload(**members)["UploadId"]
    where = {name: members[name] for name in ("Bucket", "Key")} | {"UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=b"x", **where)["ETag"]
    s3.complete_multipart_upload(
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]}, **where)


@pytest.mark.parametrize("key", [None, "alias"])
def test_an_upload_in_parts_is_read_with_its_key_alone(accounts, key):
    home, other = accounts
    bucket = _bucket(home)
    _open_to(home, bucket, other.number, "s3:GetObject")
    members = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms"}
    if key:
        members["SSEKMSKeyId"] = f"alias/{new_name()}"
        for account in accounts:  # the same name for a key of each
            kms = account.root("kms")
            kms.create_alias(AliasName=members["SSEKMSKeyId"],
                             TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    _upload(home.root("s3"), **members)
    found = home.root("s3").get_object(Bucket=bucket, Key="k")
    assert found["Body"].read() == b"x"
    assert ":key/" in found["SSEKMSKeyId"]
    guest = other.user(allow("s3:*", "kms:*"))("s3")
    refused(guest.get_object, "AccessDenied", Bucket=bucket, Key="k")


def test_an_alias_that_is_moved_does_not_move_what_it_encrypted(home):
    bucket = _bucket(home)
    kms = home.root("kms")
    alias = f"alias/{new_name()}"
    first, second = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName=alias, TargetKeyId=first)
    _upload(home.root("s3"), Bucket=bucket, Key="k", ServerSideEncryption="aws:kms",
            SSEKMSKeyId=alias)
    kms.update_alias(AliasName=alias, TargetKeyId=second)
    reader = home.user(allow("s3:*"), allow("kms:*", on=f"arn:aws:kms:*:*:key/{second}"))("s3")
    refused(reader.get_object, "AccessDenied", "kms:Decrypt", first, Bucket=bucket, Key="k")


def test_a_disabled_key_closes_its_objects_at_once(home):
    bucket = _bucket(home)
    kms, s3 = home.root("kms"), home.root("s3")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms",
                  SSEKMSKeyId=key)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    kms.disable_key(KeyId=key)
    assert failure_of(s3.get_object, Bucket=bucket, Key="k").code == "KMS.DisabledException"
    source = {"Bucket": bucket, "Key": "k"}
    assert failure_of(s3.copy_object, Bucket=bucket, Key="c", CopySource=source,
                      ServerSideEncryption="AES256").code == "KMS.DisabledException"
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert failure_of(s3.get_object, Bucket=bucket, Key="k").code == "KMS.KMSInvalidStateException"


def test_the_context_of_an_object_is_its_own(home):
    bucket = _bucket(home)
    key = home.root("kms").create_key()["KeyMetadata"]["Arn"]
    only_a = home.user(allow("s3:*"), allow("kms:*", on=key, StringEquals={
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/a"}))("s3")
    members = {"Bucket": bucket, "Body": b"x", "ServerSideEncryption": "aws:kms",
               "SSEKMSKeyId": key}
    only_a.put_object(Key="a", **members)
    refused(only_a.put_object, "AccessDenied", Key="b", **members)
    told = base64.b64encode(
        json.dumps({"aws:s3:arn": f"arn:aws:s3:::{bucket}/a"}).encode()).decode()
    refused(only_a.put_object, "AccessDenied", Key="b", SSEKMSEncryptionContext=told, **members)


# Versions, tags, policies of buckets

def test_an_empty_version_is_asked_for_as_none(home):
    bucket = _bucket(home, k=b"x")
    objects = f"arn:aws:s3:::{bucket}/*"
    anna = home.user(allow("s3:*"), deny("s3:GetObject", "s3:DeleteObject", on=objects))("s3")
    for method in ("get_object", "head_object", "delete_object"):
        url = anna.generate_presigned_url(method, Params={"Bucket": bucket, "Key": "k",
                                                          "VersionId": ""})
        assert "versionId=" in url
        verb = {"g": "GET", "h": "HEAD", "d": "DELETE"}[method[0]]
        assert _fetch(url, verb) == 403, method
    assert home.root("s3").head_object(Bucket=bucket, Key="k")


def test_tags_go_with_a_copy_only_for_who_may_read_them(home):
    bucket = _bucket(home)
    s3 = home.root("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="secret=1")
    source = {"Bucket": bucket, "Key": "k"}
    anna = home.user(allow("s3:GetObject", "s3:PutObject"))("s3")
    refused(anna.copy_object, "AccessDenied", "s3:GetObjectTagging", Bucket=bucket, Key="c",
            CopySource=source)
    may = home.user(allow("s3:GetObject", "s3:PutObject", "s3:GetObjectTagging"))("s3")
    refused(may.copy_object, "AccessDenied", "s3:PutObjectTagging", Bucket=bucket, Key="c",
            CopySource=source)
    assert anna.copy_object(Bucket=bucket, Key="c", CopySource=source, TaggingDirective="REPLACE")
    assert s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"] == []


def test_only_the_owner_says_the_policy_of_a_bucket(accounts):
    home, other = accounts
    bucket = _bucket(home)
    _open_to(home, bucket, other.number, "s3:*")
    guest = other.user(allow("s3:*"))("s3")
    assert guest.list_objects_v2(Bucket=bucket)
    refused(guest.get_bucket_policy, "MethodNotAllowed", Bucket=bucket)
    refused(guest.delete_bucket_policy, "MethodNotAllowed", Bucket=bucket)
    refused(guest.put_bucket_policy, "MethodNotAllowed", Bucket=bucket, Policy=policy(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}"}))


def test_a_condition_that_nothing_meets_too_leaves_a_policy_public(home):
    bucket = _bucket(home, k=b"x")
    s3 = home.root("s3")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
        "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                 "Resource": f"arn:aws:s3:::{bucket}/*"}
    for operator in ("ForAllValues:StringEquals", "StringEqualsIfExists"):
        refused(s3.put_bucket_policy, "AccessDenied", Bucket=bucket, Policy=policy(
            statement | {"Condition": {operator: {"aws:PrincipalAccount": home.number}}}))
    assert _fetch(f"{home.root.server.endpoint}/{bucket}/k") == 403


# Signatures

def test_a_url_of_one_bucket_opens_no_other(home):
    """The signed Host is one bucket's; the request's own target, in absolute form, another's."""
    ours, theirs = _bucket(home, k=b"ours"), _bucket(home, k=b"theirs")
    anna = home.user(allow("s3:*"))
    port = urllib.parse.urlsplit(anna.server.endpoint).port
    signer = anna("s3", s3={"addressing_style": "path"}, signature_version="s3v4")
    signer.meta.events.register(
        "before-sign.s3", lambda request, **_: setattr(
            request, "url", f"http://{ours}.s3.localhost:{port}/k"))
    url = urllib.parse.urlsplit(signer.generate_presigned_url(
        "get_object", Params={"Bucket": ours, "Key": "k"}))
    target = f"{url.path}?{url.query}"

    def ask(said: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.putrequest("GET", said, skip_host=True)
        connection.putheader("Host", f"{ours}.s3.localhost:{port}")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()

    assert ask(target) == (200, b"ours")
    status, body = ask(f"http://{theirs}.s3.localhost:{port}{target}")
    assert status == 403 and b"SignatureDoesNotMatch" in body, body


def test_a_url_of_version_2_is_known_as_one(home):
    bucket = _bucket(home, k=b"x")
    s3 = home.root("s3", signature_version="s3", s3={"addressing_style": "path"})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert "AWSAccessKeyId=" in url and _fetch(url) == 200
    assert _fetch(s3.generate_presigned_url("list_objects", Params={"Bucket": bucket})
                  + "&encryption=") == 403
    for key, value in (("s3:authType", "REST-QUERY-STRING"), ("s3:signatureversion", "AWS")):
        home.root("s3").put_bucket_policy(Bucket=bucket, Policy=policy(
            {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
             "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": {"StringEquals": {key: value}}}))
        assert _fetch(url) == 403, key
        assert home.root("s3").get_object(Bucket=bucket, Key="k")


def test_a_stranger_holds_little_of_the_memory_for_bodies(home):
    url = home.root.server.endpoint

    def send(bytes_more: int) -> tuple[int, bytes]:
        form = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=session"
        form += f"&RoleArn=arn:aws:iam::{home.number}:role/r&WebIdentityToken=" + "a" * bytes_more
        request = urllib.request.Request(url, method="POST", data=form.encode(), headers={
            "content-type": "application/x-www-form-urlencoded"})
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request)
        return refusal.value.code, refusal.value.read()

    status, body = send(10_000)
    assert status == 400 and b"InvalidIdentityToken" in body
    status, body = send(100_000)
    assert status in (400, 413) and b"InvalidIdentityToken" not in body and b"65536" in body, body


# Contexts and grants

def test_pairs_that_differ_in_case_alone_are_refused(home):
    kms = home.root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    anna = home.user()
    kms.create_grant(KeyId=key, GranteePrincipal=anna.arn, Operations=["Encrypt", "Decrypt"],
                     Constraints={"EncryptionContextEquals": {"Team": "blue"}})
    assert anna("kms").encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"Team": "blue"})
    for context in ({"Team": "red", "team": "blue"}, {"team": "red", "Team": "blue"}):
        refused(anna("kms").encrypt, "ValidationException", "case", KeyId=key, Plaintext=b"x",
                EncryptionContext=context)
    tags = [{"TagKey": "Team", "TagValue": "blue"}, {"TagKey": "team", "TagValue": "red"}]
    refused(kms.tag_resource, "ValidationException", KeyId=key, Tags=tags)


def test_a_grant_to_a_role_does_not_free_its_sessions(home):
    kms = home.root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    anna = home.user(allow("sts:AssumeRole"))
    role = home.role({"AWS": anna.arn})
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Encrypt"])
    assert assume(anna, role)("kms").encrypt(KeyId=key, Plaintext=b"x")
    limited = assume(anna, role, Policy=policy(allow("s3:*")))
    refused(limited("kms").encrypt, "AccessDeniedException", "session policy", KeyId=key,
            Plaintext=b"x")


# Users

def test_a_credential_without_its_user_is_the_callers_own(home):
    iam = home.iam
    name = new_name()
    iam.create_user(UserName=name)
    made = iam.create_service_specific_credential(
        UserName=name, ServiceName="bedrock.amazonaws.com")["ServiceSpecificCredential"]
    named = {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
    anna = home.user(allow("sts:AssumeRole"), allow("iam:*", on="arn:aws:iam::*:user/u-*"),
                     UserName="u-" + new_name())
    role = home.role({"AWS": anna.arn}, allow("iam:*"),
                     deny("iam:*", on=f"arn:aws:iam::{home.number}:user/{name}"))
    session = assume(anna, role)("iam")
    refused(session.reset_service_specific_credential, "AccessDenied", UserName=name, **named)
    refused(session.reset_service_specific_credential, "ValidationError", "userName", **named)
    refused(session.delete_service_specific_credential, "ValidationError", **named)
    refused(session.update_service_specific_credential, "ValidationError", Status="Inactive",
            **named)
    refused(anna("iam").delete_service_specific_credential, "NoSuchEntity", **named)
    only_own = home.user(allow("iam:*", on="arn:aws:iam::*:user/${aws:username}"))("iam")
    assert only_own.list_service_specific_credentials()["ServiceSpecificCredentials"] == []
    refused(only_own.list_service_specific_credentials, "AccessDenied", AllUsers=True)


def test_a_key_is_administered_in_its_own_account_alone(accounts):
    """Whatever the key's policy says; using it is another thing."""
    home, other = accounts
    kms = home.root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    everything = policy(*({"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                           "Principal": {"AWS": f"arn:aws:iam::{account.number}:root"}}
                          for account in accounts))
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=everything)
    guest = other.user(allow("kms:*"))("kms")
    assert guest.encrypt(KeyId=key, Plaintext=b"x")
    for call, members in (
            (guest.get_key_policy, {}), (guest.put_key_policy, {"Policy": everything}),
            (guest.disable_key, {}), (guest.schedule_key_deletion, {"PendingWindowInDays": 7}),
            (guest.enable_key_rotation, {}),
            (guest.tag_resource, {"Tags": [{"TagKey": "a", "TagValue": "b"}]})):
        refused(call, "AccessDeniedException", "another account", KeyId=key, **members)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
