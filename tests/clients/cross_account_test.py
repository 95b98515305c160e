"""Two accounts on one server: what one lets the other do takes both, and nothing else shows."""

from __future__ import annotations

import json

import pytest

from asking import converse, failure_of
from bedplate_server import CHAT
from principals import allow, assume, new_name, policy, two_accounts

MODEL = f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"


@pytest.fixture(name="accounts", scope="module")
def _accounts(tmp_path_factory):
    with two_accounts(tmp_path_factory.mktemp("accounts")) as accounts:
        yield accounts


def _refused(call, code, *parts, **members):
    failure = failure_of(call, **members)
    assert failure.code == code, failure
    for part in parts:
        assert part in failure.message, failure.message


def test_a_bucket_takes_both_accounts(accounts):
    home, other = accounts
    mine = home.root("s3")
    bucket = new_name("b")
    mine.create_bucket(Bucket=bucket)
    mine.put_object(Bucket=bucket, Key="a", Body=b"a")
    objects = f"arn:aws:s3:::{bucket}/*"
    guest = other.user(allow("s3:*", on=objects))
    # Not told why: whose it is, and whether it is there.
    for sender in (guest, other.root):
        failure = failure_of(sender("s3").get_object, Bucket=bucket, Key="a")
        assert (failure.code, failure.message) == ("AccessDenied", "Access Denied")
        failure = failure_of(sender("s3").get_object, Bucket=bucket, Key="none")
        assert (failure.code, failure.message) == ("AccessDenied", "Access Denied")
    mine.put_bucket_policy(Bucket=bucket, Policy=policy(
        {"Effect": "Allow", "Principal": {"AWS": other.number}, "Action": "s3:GetObject",
         "Resource": objects}))
    assert guest("s3").get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
    assert other.root("s3").get_object(Bucket=bucket, Key="a")
    _refused(other.user()("s3").get_object, "AccessDenied", Bucket=bucket, Key="a")
    _refused(guest("s3").put_object, "AccessDenied", Bucket=bucket, Key="b", Body=b"b")
    _refused(other.root("s3").get_bucket_policy, "AccessDenied", Bucket=bucket)
    mine.delete_object(Bucket=bucket, Key="a")
    mine.delete_bucket(Bucket=bucket)


def test_a_key_takes_both_accounts(accounts):
    home, other = accounts
    kms = home.root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    guest = other.user(allow("kms:*"))
    failure = failure_of(guest("kms").decrypt, CiphertextBlob=sealed)
    assert failure.code == "AccessDeniedException"
    assert "on the resource associated with this ciphertext" in failure.message
    assert key not in failure.message
    _refused(guest("kms").describe_key, "AccessDeniedException",
             "because no resource-based policy allows the kms:DescribeKey action", KeyId=key)
    statement = json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(
        *statement, {"Sid": "Guests", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
                     "Principal": {"AWS": f"arn:aws:iam::{other.number}:root"}}))
    assert guest("kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    _refused(other.user()("kms").decrypt, "AccessDeniedException", CiphertextBlob=sealed)
    _refused(guest("kms").encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x")


def test_a_deputy_is_not_confused(accounts):
    """A role of ours that their service assumes for us, and for nobody who only knows its name."""
    home, other = accounts
    deputy = other.user(allow("sts:AssumeRole"))
    role = home.role({"AWS": deputy.arn}, allow("bedrock:InvokeModel", on=MODEL),
                     trust={"Condition": {"StringEquals": {"sts:ExternalId": "ours"}}})
    for members in ({}, {"ExternalId": "theirs"}):
        _refused(deputy("sts").assume_role, "AccessDenied", role, RoleArn=role,
                 RoleSessionName="session", **members)
    session = assume(deputy, role, ExternalId="ours")
    assert session.arn.split(":")[4] == home.number
    assert converse(session("bedrock-runtime"))["stopReason"]
    # A role is passed within its account alone.
    may = other.user(allow("bedrock:*", "iam:PassRole"))
    _refused(may("bedrock").create_marketplace_model_endpoint, "AccessDeniedException",
             "iam:PassRole", role,
             modelSourceIdentifier="arn:aws:sagemaker:us-east-1:aws:hub-content/"
             f"SageMakerPublicHub/Model/{CHAT}", endpointName=new_name("e"),
             endpointConfig={"sageMaker": {"initialInstanceCount": 1, "executionRole": role,
                                           "instanceType": "ml.m5.large"}})


def test_profiles_and_users_of_others_do_not_show(accounts):
    home, other = accounts
    bedrock = home.root("bedrock")
    made = bedrock.create_inference_profile(
        inferenceProfileName=new_name(),
        modelSource={"copyFrom": MODEL})["inferenceProfileArn"]
    theirs = other.root("bedrock")
    for arn in (made, made[:-12] + "abcdefghijkl"):
        _refused(theirs.get_inference_profile, "AccessDeniedException",
                 "because no resource-based policy allows", inferenceProfileIdentifier=arn)
    assert made not in json.dumps(theirs.list_inference_profiles(typeEquals="APPLICATION"),
                                  default=str)
    guest = other.user(allow("bedrock:InvokeModel"))
    failure = failure_of(converse, guest("bedrock-runtime"), modelId=made)
    assert failure.code == "AccessDeniedException"
    name = home.user().arn.rpartition("/")[2]
    assert failure_of(other.iam.get_user, UserName=name).code == "NoSuchEntity"
    bedrock.delete_inference_profile(inferenceProfileIdentifier=made)
