"""KMS: grants, and who may use a key that is not theirs."""

from __future__ import annotations

import json
import uuid

import boto3
import botocore.config
import pytest

from asking import failure_of
from bedplate_server import BedplateServer

CONTEXT = {"tenant": "one", "use": "test"}


def client_of(server: BedplateServer, service: str, key: dict):
    """A client with an access key of somebody's."""
    config = botocore.config.Config(retries={"max_attempts": 0}, parameter_validation=False)
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1",
                        aws_access_key_id=key["AccessKeyId"],
                        aws_secret_access_key=key["SecretAccessKey"], config=config)


@pytest.fixture(name="kms", scope="module")
def _kms(server):
    return server.client("kms", parameter_validation=False)


@pytest.fixture(name="key")
def _key(kms):
    return kms.create_key()["KeyMetadata"]


@pytest.fixture(name="user")
def _user(server):
    """A user whom no policy allows anything: the client and the ARN."""
    iam = server.client("iam")
    name = f"user-{uuid.uuid4()}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    access = iam.create_access_key(UserName=name)["AccessKey"]
    yield client_of(server, "kms", access), arn
    iam.delete_access_key(UserName=name, AccessKeyId=access["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def test_a_grant_lets_somebody_use_a_key_until_it_is_revoked(kms, key, user):
    client, arn = user
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert failure_of(client.decrypt, CiphertextBlob=blob).code == "AccessDeniedException"
    made = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=arn, Operations=["Decrypt"])
    assert client.decrypt(CiphertextBlob=blob, GrantTokens=[made["GrantToken"]]
                          )["Plaintext"] == b"x"
    assert client.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    failure = failure_of(client.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert failure.code == "AccessDeniedException"
    assert arn in failure.message and "kms:Encrypt" in failure.message
    kms.revoke_grant(KeyId=key["KeyId"], GrantId=made["GrantId"])
    assert failure_of(client.decrypt, CiphertextBlob=blob).code == "AccessDeniedException"


@pytest.mark.parametrize("constraints,allowed", [
    ({"EncryptionContextEquals": CONTEXT}, [CONTEXT]),
    ({"EncryptionContextSubset": {"tenant": "one"}}, [CONTEXT, {"tenant": "one"}])])
def test_a_grant_is_constrained_to_a_context(kms, key, user, constraints, allowed):
    client, arn = user
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=arn, Operations=["Encrypt", "Decrypt"],
                     Constraints=constraints)
    for context in ({}, CONTEXT, {"tenant": "one"}, {"tenant": "two"}, CONTEXT | {"a": "b"}):
        request = {"KeyId": key["KeyId"], "Plaintext": b"x", "EncryptionContext": context}
        subset = "EncryptionContextSubset" in constraints
        if context in allowed or (subset and CONTEXT.items() <= context.items()):
            blob = client.encrypt(**request)["CiphertextBlob"]
            assert client.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]
        else:
            assert failure_of(client.encrypt, **request).code == "AccessDeniedException", context


def test_a_grantee_delegates_no_more_than_it_has(kms, key, user):
    client, arn = user
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=arn,
                     Operations=["CreateGrant", "Decrypt"])
    request = {"KeyId": key["KeyId"], "GranteePrincipal": arn}
    client.create_grant(Operations=["Decrypt"], **request)
    failure = failure_of(client.create_grant, Operations=["Decrypt", "Encrypt"], **request)
    assert failure.code == "AccessDeniedException"


def test_a_constrained_grantee_delegates_nothing(kms, key, user):
    client, arn = user
    for constraints in ({"EncryptionContextEquals": CONTEXT}, {"EncryptionContextEquals": {}}):
        kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=arn, Constraints=constraints,
                         Operations=["CreateGrant", "Decrypt"])
    failure = failure_of(client.create_grant, KeyId=key["KeyId"], GranteePrincipal=arn,
                         Operations=["Decrypt"])
    assert failure.code == "AccessDeniedException"


def test_an_identity_policy_alone_is_enough_where_the_key_says_so(server, kms, key, user):
    client, arn = user
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key["Arn"]}]}
    server.client("iam").put_user_policy(UserName=arn.rpartition("/")[2], PolicyName="p",
                                         PolicyDocument=json.dumps(policy))
    client.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    # The key's own policy no longer lets the account's identities decide.
    kms.put_key_policy(KeyId=key["KeyId"], BypassPolicyLockoutSafetyCheck=True, Policy=json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
             "Action": "kms:*", "Resource": "*"}]}))
    failure = failure_of(client.generate_data_key, KeyId=key["KeyId"], KeySpec="AES_256")
    assert failure.code == "AccessDeniedException"


def test_aws_keys_are_not_used_directly(server, kms, user):
    client, arn = user
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    server.client("iam").put_user_policy(UserName=arn.rpartition("/")[2], PolicyName="p",
                                         PolicyDocument=json.dumps(policy))
    assert client.describe_key(KeyId="alias/aws/bedrock")["KeyMetadata"]["KeyManager"] == "AWS"
    failure = failure_of(client.encrypt, KeyId="alias/aws/bedrock", Plaintext=b"x")
    assert failure.code == "AccessDeniedException"


def test_grants_are_listed_whole(kms, key):
    account = key["AWSAccountId"]
    grantee, retiring = (f"arn:aws:iam::{account}:role/{name}" for name in ("user", "owner"))
    made = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=grantee, Name="mine",
                            RetiringPrincipal=retiring, Operations=["Decrypt", "Encrypt"],
                            Constraints={"EncryptionContextSubset": CONTEXT})
    [entry] = kms.list_grants(KeyId=key["KeyId"])["Grants"]
    assert entry["GrantId"] == made["GrantId"] and entry["KeyId"] == key["Arn"]
    assert entry["GranteePrincipal"] == grantee and entry["RetiringPrincipal"] == retiring
    assert entry["Name"] == "mine" and entry["Operations"] == ["Decrypt", "Encrypt"]
    assert entry["Constraints"] == {"EncryptionContextSubset": CONTEXT}
    assert entry["IssuingAccount"] == f"arn:aws:iam::{account}:root"
    again = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=grantee, Name="mine",
                             RetiringPrincipal=retiring, Operations=["Encrypt", "Decrypt"],
                             Constraints={"EncryptionContextSubset": CONTEXT})
    assert again["GrantId"] == made["GrantId"]
    kms.create_grant(KeyId=key["KeyId"], Operations=["DescribeKey"],
                     GranteeServicePrincipal="bedrock.amazonaws.com")
    assert len(kms.list_grants(KeyId=key["KeyId"])["Grants"]) == 2
    for wanted in ({"GrantId": made["GrantId"]}, {"GranteePrincipal": grantee}):
        assert kms.list_grants(KeyId=key["KeyId"], **wanted)["Grants"] == [entry]
    [other] = kms.list_grants(KeyId=key["KeyId"], GranteeServicePrincipal="bedrock.amazonaws.com"
                              )["Grants"]
    assert "GranteePrincipal" not in other
    pages = kms.get_paginator("list_grants").paginate(KeyId=key["KeyId"],
                                                      PaginationConfig={"PageSize": 1})
    assert len([grant for page in pages for grant in page["Grants"]]) == 2
    assert failure_of(kms.list_grants, KeyId=key["KeyId"], Marker="x"
                      ).code == "InvalidMarkerException"


def test_a_retiring_principal_finds_its_grants_on_all_keys(kms, key):
    retiring = f"arn:aws:iam::{key['AWSAccountId']}:role/{uuid.uuid4()}"
    other = kms.create_key()["KeyMetadata"]
    for name in (key["KeyId"], key["KeyId"], other["KeyId"]):
        kms.create_grant(KeyId=name, GranteePrincipal=retiring, RetiringPrincipal=retiring,
                         Operations=["Decrypt"])
    listed, marker = [], {}
    for _ in range(3):
        page = kms.list_retirable_grants(RetiringPrincipal=retiring, Limit=1, **marker)
        listed += page["Grants"]
        marker = {"Marker": page["NextMarker"]} if page["Truncated"] else {}
    assert not marker
    assert sorted(grant["KeyId"] for grant in listed) == sorted(
        [key["Arn"], key["Arn"], other["Arn"]])
    failure = failure_of(kms.list_retirable_grants,
                         RetiringPrincipal="arn:aws:iam::111122223333:root")
    assert failure.code == "AccessDeniedException"
    assert failure_of(kms.list_retirable_grants).code == "ValidationException"
    assert failure_of(kms.list_retirable_grants, RetiringPrincipal="nobody"
                      ).code == "InvalidArnException"


def test_a_grant_is_retired_by_those_it_names(kms, key, user):
    client, arn = user

    def grant(**members) -> dict:
        other = f"arn:aws:iam::{key['AWSAccountId']}:role/other"
        return kms.create_grant(KeyId=key["KeyId"], **{"Operations": ["Decrypt"],
                                                       "GranteePrincipal": other} | members)

    foreign = grant()
    failure = failure_of(client.retire_grant, GrantToken=foreign["GrantToken"])
    assert failure.code == "AccessDeniedException" and "kms:RetireGrant" in failure.message
    mine = grant(RetiringPrincipal=arn)
    failure = failure_of(client.retire_grant, GrantToken=mine["GrantToken"], DryRun=True)
    assert failure.code == "DryRunOperationException"
    client.retire_grant(GrantToken=mine["GrantToken"])
    mine = grant(GranteePrincipal=arn, Operations=["RetireGrant"])
    client.retire_grant(KeyId=key["Arn"], GrantId=mine["GrantId"])
    kms.retire_grant(KeyId=key["Arn"], GrantId=foreign["GrantId"])
    assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
    failure = failure_of(client.retire_grant, GrantToken=mine["GrantToken"])
    assert failure.code == "NotFoundException"


def test_a_grant_that_is_not_named_right(kms, key):
    made = kms.create_grant(KeyId=key["KeyId"], Operations=["Decrypt"],
                            GranteePrincipal=f"arn:aws:iam::{key['AWSAccountId']}:root")
    token, grant_id = made["GrantToken"], made["GrantId"]
    for members in ({}, {"KeyId": key["Arn"]}, {"GrantId": grant_id},
                    {"GrantToken": token, "KeyId": key["Arn"], "GrantId": grant_id}):
        assert failure_of(kms.retire_grant, **members).code == "ValidationException", members
    assert failure_of(kms.retire_grant, KeyId=key["KeyId"], GrantId=grant_id
                      ).code == "InvalidArnException"
    assert failure_of(kms.revoke_grant, KeyId=key["KeyId"], GrantId="0" * 64
                      ).code == "NotFoundException"
    assert failure_of(kms.revoke_grant, KeyId=key["KeyId"], GrantId=grant_id, DryRun=True
                      ).code == "DryRunOperationException"
    assert len(kms.list_grants(KeyId=key["KeyId"])["Grants"]) == 1


def test_a_token_is_this_servers(kms, key):
    made = kms.create_grant(KeyId=key["KeyId"], Operations=["Decrypt"],
                            GranteePrincipal=f"arn:aws:iam::{key['AWSAccountId']}:root")
    kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", GrantTokens=[made["GrantToken"]])
    token = made["GrantToken"]
    changed = ("B" if token[40] == "A" else "A").join((token[:40], token[41:]))
    for wrong in ("nonsense", changed, token[:-4]):
        for call, members in ((kms.encrypt, {"KeyId": key["KeyId"], "Plaintext": b"x"}),
                              (kms.describe_key, {"KeyId": key["KeyId"]})):
            failure = failure_of(call, GrantTokens=[wrong], **members)
            assert (failure.code, failure.status) == ("InvalidGrantTokenException", 400)
        assert failure_of(kms.retire_grant, GrantToken=wrong
                          ).code == "InvalidGrantTokenException"
    failure = failure_of(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x", GrantTokens=[token] * 11)
    assert failure.code == "ValidationException"


def test_a_grant_that_cannot_be(kms, key):
    grantee = f"arn:aws:iam::{key['AWSAccountId']}:role/r"
    good = {"KeyId": key["KeyId"], "GranteePrincipal": grantee, "Operations": ["Decrypt"]}
    for wrong, code in (({"GranteePrincipal": "nobody"}, "InvalidArnException"),
                        ({"RetiringPrincipal": "arn:aws:s3:::b"}, "InvalidArnException"),
                        ({"Operations": ["Sign"]}, "ValidationException"),
                        ({"Operations": []}, "ValidationException"),
                        ({"Operations": ["Steal"]}, "ValidationException"),
                        ({"GranteeServicePrincipal": "s3.amazonaws.com"}, "ValidationException"),
                        ({"Name": "with space"}, "ValidationException"),
                        ({"DryRun": True}, "DryRunOperationException"),
                        ({"KeyId": str(uuid.uuid4())}, "NotFoundException")):
        failure = failure_of(kms.create_grant, **good | wrong)
        assert (failure.code, failure.status) == (code, 400), wrong
    assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
    kms.disable_key(KeyId=key["KeyId"])
    assert failure_of(kms.create_grant, **good).code == "DisabledException"
