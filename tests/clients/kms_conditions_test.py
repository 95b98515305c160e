"""KMS: the condition keys of its actions, each by a user whom one statement with it lets do things,
and who may retire a grant."""

from __future__ import annotations

import json
import uuid

import pytest

from asking import failure_of
from kms_grants_test import client_of
from principals import allow as statement
from principals import two_accounts

CONTEXT = {"tenant": "one"}


@pytest.fixture(name="kms", scope="module")
def _kms(server):
    return server.client("kms", parameter_validation=False)


@pytest.fixture(name="key")
def _key(kms):
    return kms.create_key()["KeyMetadata"]


@pytest.fixture(name="user", scope="module")
def _user(server):
    """A client of a user, the user's ARN, and what gives the user one statement alone."""
    iam = server.client("iam")
    name = f"user-{uuid.uuid4()}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    access = iam.create_access_key(UserName=name)["AccessKey"]

    def allow(action, condition=None, effect="Allow"):
        statement = {"Effect": effect, "Action": action, "Resource": "*"}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17",
             "Statement": [statement | ({"Condition": condition} if condition else {})]}))

    yield client_of(server, "kms", access), arn, allow
    iam.delete_user_policy(UserName=name, PolicyName="p")
    iam.delete_access_key(UserName=name, AccessKeyId=access["AccessKeyId"])
    iam.delete_user(UserName=name)


def refused(call, **members):
    assert failure_of(call, **members).code == "AccessDeniedException", members


SUBSET = {"EncryptionContextSubset": CONTEXT}
EQUALS = {"EncryptionContextEquals": CONTEXT}


@pytest.mark.parametrize("condition,allowed,denied", [
    ({"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}},
     {"Constraints": SUBSET}, [{"Constraints": EQUALS}, {}]),
    ({"StringEquals": {"kms:GrantConstraintType": "EncryptionContextEquals"}},
     {"Constraints": EQUALS}, [{"Constraints": SUBSET}, {}]),
    ({"StringEquals": {"kms:EncryptionContext:tenant": "one"}},
     {"Constraints": SUBSET}, [{"Constraints": {"EncryptionContextSubset": {"tenant": "two"}}}]),
    ({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "tenant"}},
     {"Constraints": EQUALS}, [{"Constraints": {"EncryptionContextEquals": {"use": "one"}}}]),
    ({"StringLike": {"kms:GranteePrincipal": "*:role/r"}}, {},
     [{"GranteePrincipal": "arn:aws:iam::111122223333:role/s"}]),
    ({"StringLike": {"kms:RetiringPrincipal": "*:role/r"}},
     {"RetiringPrincipal": "arn:aws:iam::111122223333:role/r"},
     [{"RetiringPrincipal": "arn:aws:iam::111122223333:role/s"}, {}]),
    ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}}, {},
     [{"Operations": ["Decrypt", "GenerateDataKey"]}]),
    ({"Bool": {"kms:GrantIsForAWSResource": "false"}}, {}, [])])
def test_a_grant_that_may_be_made(key, user, condition, allowed, denied):
    client, _, allow = user
    allow("kms:CreateGrant", condition)
    request = {"KeyId": key["KeyId"], "Operations": ["Decrypt"],
               "GranteePrincipal": f"arn:aws:iam::{key['AWSAccountId']}:role/r"}
    client.create_grant(**request | allowed)
    for members in denied:
        refused(client.create_grant, **request | members)


def test_grants_of_services_and_their_sources(key, user):
    client, _, allow = user
    request = {"KeyId": key["KeyId"], "Operations": ["Decrypt"],
               "GranteeServicePrincipal": "bedrock.amazonaws.com",
               "RetiringServicePrincipal": "bedrock.amazonaws.com",
               "Constraints": {"SourceArn": "arn:aws:bedrock:us-east-1:111122223333:x/y"}}
    for name, value in (("GranteeServicePrincipal", "bedrock.amazonaws.com"),
                        ("RetiringServicePrincipal", "bedrock.amazonaws.com"),
                        ("GrantConstraintType", "SourceArn"),
                        ("GrantConstraintSourceArn", request["Constraints"]["SourceArn"])):
        allow("kms:CreateGrant", {"StringEquals": {f"kms:{name}": value}})
        client.create_grant(**request)
        allow("kms:CreateGrant", {"StringEquals": {f"kms:{name}": "other"}})
        refused(client.create_grant, **request)


def test_grants_that_are_not_of_a_service_are_listed_and_revoked(kms, key, user):
    client, arn, allow = user
    made = kms.create_grant(KeyId=key["KeyId"], Operations=["Decrypt"], GranteePrincipal=arn)
    for action, call, members in (("ListGrants", client.list_grants, {}),
                                  ("RevokeGrant", client.revoke_grant, {"GrantId": made["GrantId"]})):
        allow(f"kms:{action}", {"Bool": {"kms:GrantIsForAWSResource": "true"}})
        refused(call, KeyId=key["KeyId"], **members)
        allow(f"kms:{action}", {"Bool": {"kms:GrantIsForAWSResource": "false"}})
        call(KeyId=key["KeyId"], **members)


def test_aliases_that_a_key_has(kms, key, user):
    client, _, allow = user
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    mark = uuid.uuid4()
    allow("kms:*", {"ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{mark}/*"}})
    calls = [(client.encrypt, {"KeyId": key["KeyId"], "Plaintext": b"x"}),
             (client.decrypt, {"CiphertextBlob": blob}),
             (client.describe_key, {"KeyId": key["Arn"]}),
             (client.list_grants, {"KeyId": key["KeyId"]})]

    def each_is(allowed):
        for call, members in calls:
            if allowed:
                call(**members)
            else:
                refused(call, **members)

    each_is(False)
    kms.create_alias(AliasName=f"alias/{uuid.uuid4()}", TargetKeyId=key["KeyId"])
    each_is(False)
    name = f"alias/{mark}/a"
    kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    each_is(True)
    kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"])
    each_is(False)
    kms.update_alias(AliasName=name, TargetKeyId=key["KeyId"])
    each_is(True)
    kms.delete_alias(AliasName=name)
    each_is(False)


def test_an_alias_by_which_a_key_is_named(kms, key, user):
    client, _, allow = user
    name = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    allow("kms:*", {"StringEquals": {"kms:RequestAlias": name}})
    client.encrypt(KeyId=name, Plaintext=b"x")
    refused(client.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    # What names the alias to change it doesn't use the key by it.
    refused(client.delete_alias, AliasName=name)


def test_reencrypt_on_the_same_key_or_to_another(kms, key, user):
    client, _, allow = user
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x",
                       EncryptionContext=CONTEXT)["CiphertextBlob"]
    name = f"alias/{uuid.uuid4()}"
    kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    request = {"CiphertextBlob": blob, "SourceEncryptionContext": CONTEXT}
    allow("kms:ReEncrypt*", {"Bool": {"kms:ReEncryptOnSameKey": "true"}})
    client.re_encrypt(DestinationKeyId=key["KeyId"], **request)
    client.re_encrypt(DestinationKeyId=name, SourceKeyId=key["Arn"], **request)
    refused(client.re_encrypt, DestinationKeyId=other["KeyId"], **request)
    refused(client.re_encrypt, DestinationKeyId=str(uuid.uuid4()), **request)
    allow("kms:ReEncrypt*", {"Bool": {"kms:ReEncryptOnSameKey": "false"}})
    client.re_encrypt(DestinationKeyId=other["KeyId"], **request)
    refused(client.re_encrypt, DestinationKeyId=key["KeyId"], **request)
    assert failure_of(client.re_encrypt, DestinationKeyId=str(uuid.uuid4()), **request
                      ).code == "NotFoundException"


def test_reencrypt_asks_for_each_of_its_keys(kms, key, user):
    client, _, allow = user
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x",
                       EncryptionContext=CONTEXT)["CiphertextBlob"]
    request = {"CiphertextBlob": blob, "SourceEncryptionContext": CONTEXT,
               "DestinationKeyId": other["KeyId"]}
    for action, context in (("kms:ReEncryptFrom", {}), ("kms:ReEncryptTo", CONTEXT)):
        allow(action)
        failure = failure_of(client.re_encrypt, DestinationEncryptionContext=context, **request)
        assert failure.code == "AccessDeniedException"
        missing = {"kms:ReEncryptFrom": "kms:ReEncryptTo", "kms:ReEncryptTo": "kms:ReEncryptFrom"}
        assert f"perform: {missing[action]} " in failure.message, failure
    allow("kms:ReEncrypt*", {"StringEquals": {"kms:EncryptionContext:tenant": "one"}})
    refused(client.re_encrypt, **request)
    client.re_encrypt(DestinationEncryptionContext=CONTEXT, **request)


@pytest.mark.parametrize("call", ["generate_data_key", "generate_data_key_without_plaintext",
                                  "generate_data_key_pair",
                                  "generate_data_key_pair_without_plaintext"])
def test_data_keys_are_encrypted_by_an_algorithm(key, user, call):
    client, _, allow = user
    request = {"KeyId": key["KeyId"]} | ({"KeyPairSpec": "ECC_NIST_P256"} if "pair" in call else
                                         {"KeySpec": "AES_256"})
    allow("kms:*", {"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}})
    getattr(client, call)(**request)
    allow("kms:*", {"StringEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}})
    refused(getattr(client, call), **request)


def test_a_new_key_by_the_former_name_of_its_spec(user):
    client, _, allow = user
    allow("kms:CreateKey", {"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}})
    client.create_key()
    client.create_key(CustomerMasterKeySpec="SYMMETRIC_DEFAULT")
    refused(client.create_key, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    refused(client.create_key, CustomerMasterKeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")


def test_the_account_of_the_key_delegates_the_retiring_of_grants(kms, key, user):
    client, _, allow = user
    request = {"KeyId": key["KeyId"], "Operations": ["Decrypt"],
               "GranteePrincipal": f"arn:aws:iam::{key['AWSAccountId']}:role/other"}
    allow("kms:RevokeGrant")
    made = kms.create_grant(**request)
    failure = failure_of(client.retire_grant, GrantToken=made["GrantToken"])
    assert failure.code == "AccessDeniedException"
    assert f"perform: kms:RetireGrant on resource: {key['Arn']} because" in failure.message
    allow("kms:RetireGrant")
    client.retire_grant(GrantToken=made["GrantToken"])
    # By what the grant is constrained to.
    allow("kms:RetireGrant", {"StringEquals": {"kms:GrantConstraintType": "EncryptionContextEquals",
                                               "kms:EncryptionContext:tenant": "one"}})
    refused(client.retire_grant, GrantToken=kms.create_grant(**request)["GrantToken"])
    refused(client.retire_grant,
            GrantToken=kms.create_grant(Constraints=SUBSET, **request)["GrantToken"])
    client.retire_grant(GrantToken=kms.create_grant(Constraints=EQUALS, **request)["GrantToken"])


def test_a_keys_policy_has_no_say_in_the_retiring_of_grants(kms, key, user):
    client, arn, allow = user
    allow("kms:DescribeKey")
    request = {"KeyId": key["KeyId"], "Operations": ["Decrypt"],
               "GranteePrincipal": f"arn:aws:iam::{key['AWSAccountId']}:role/other"}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{key['AWSAccountId']}:root"},
             "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:RetireGrant",
             "Resource": "*"}]}))
    refused(client.retire_grant, GrantToken=kms.create_grant(**request)["GrantToken"])


def test_who_a_grant_names_may_be_denied_its_retiring(kms, key, user):
    client, arn, allow = user
    made = kms.create_grant(KeyId=key["KeyId"], Operations=["Decrypt"], RetiringPrincipal=arn,
                            GranteePrincipal=f"arn:aws:iam::{key['AWSAccountId']}:role/other")
    allow("kms:RetireGrant", effect="Deny")
    refused(client.retire_grant, GrantToken=made["GrantToken"])
    allow("kms:DescribeKey")
    client.retire_grant(GrantToken=made["GrantToken"])


def test_an_account_that_a_grant_names_delegates_its_retiring(tmp_path):
    with two_accounts(tmp_path) as (home, other):
        kms = home.root("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]

        def grant(retiring):
            return kms.create_grant(KeyId=key, Operations=["Decrypt"], RetiringPrincipal=retiring,
                                    GranteePrincipal=f"arn:aws:iam::{home.number}:role/r"
                                    )["GrantToken"]

        root = f"arn:aws:iam::{other.number}:root"
        may, may_not = other.user(statement("kms:RetireGrant"))("kms"), other.user()("kms")
        refused(may_not.retire_grant, GrantToken=grant(root))
        may.retire_grant(GrantToken=grant(root))
        other.root("kms").retire_grant(GrantToken=grant(root))
        # Its own policy alone is nothing for a key of another account.
        refused(may.retire_grant, GrantToken=grant(f"arn:aws:iam::{home.number}:role/r"))
        refused(other.root("kms").retire_grant,
                GrantToken=grant(f"arn:aws:iam::{home.number}:role/r"))
