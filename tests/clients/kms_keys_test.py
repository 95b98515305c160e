"""KMS: what owners of keys do with them: states, aliases, rotation, policies, tags, lists."""

from __future__ import annotations

import datetime
import json
import uuid

import pytest

from asking import failure_of


@pytest.fixture(name="kms", scope="module")
def _kms(server):
    return server.client("kms", parameter_validation=False)


@pytest.fixture(name="key")
def _key(kms):
    return kms.create_key()["KeyMetadata"]


def new_alias() -> str:
    return f"alias/{uuid.uuid4()}"


def allow(principal: str, effect: str = "Allow") -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]})


def test_a_new_key_is_told_whole(kms):
    made = kms.create_key(Description="d" * 8192,
                          Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    assert made == kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]
    assert made["Arn"] == f"arn:aws:kms:us-east-1:{made['AWSAccountId']}:key/{made['KeyId']}"
    assert str(uuid.UUID(made["KeyId"])) == made["KeyId"]
    assert made["Description"] == "d" * 8192
    assert (made["Enabled"], made["KeyState"]) == (True, "Enabled")
    assert made["KeyManager"] == "CUSTOMER" and made["Origin"] == "AWS_KMS"
    assert made["KeySpec"] == made["CustomerMasterKeySpec"] == "SYMMETRIC_DEFAULT"
    assert made["KeyUsage"] == "ENCRYPT_DECRYPT" and made["MultiRegion"] is False
    assert made["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]
    assert "SigningAlgorithms" not in made and "DeletionDate" not in made
    age = datetime.datetime.now(datetime.UTC) - made["CreationDate"]
    assert abs(age) < datetime.timedelta(hours=1)
    assert kms.list_resource_tags(KeyId=made["KeyId"])["Tags"] == [{"TagKey": "a", "TagValue": "1"}]


@pytest.mark.parametrize("spec,usage,member,algorithms", [
    ("HMAC_224", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_224"]),
    ("HMAC_384", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_384"]),
    ("HMAC_512", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_512"]),
    ("ECC_NIST_P384", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_384"]),
    ("ECC_NIST_P256", "KEY_AGREEMENT", "KeyAgreementAlgorithms", ["ECDH"]),
    ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms",
     ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])])
def test_a_kind_has_its_algorithms(kms, spec, usage, member, algorithms):
    made = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    assert made[member] == algorithms
    assert made["KeySpec"] == spec and made["KeyUsage"] == usage


@pytest.mark.parametrize("wrong,code", [
    ({"KeySpec": "RSA_2048"}, "ValidationException"),
    ({"KeySpec": "HMAC_256", "KeyUsage": "SIGN_VERIFY"}, "ValidationException"),
    ({"KeyUsage": "SIGN_VERIFY"}, "ValidationException"),
    ({"KeySpec": "ECC_SECG_P256K1", "KeyUsage": "KEY_AGREEMENT"}, "ValidationException"),
    ({"KeySpec": "RSA_1024", "KeyUsage": "SIGN_VERIFY"}, "ValidationException"),
    ({"KeySpec": "RSA_2048", "CustomerMasterKeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
     "ValidationException"),
    ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
    ({"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
    ({"Origin": "EXTERNAL"}, "UnsupportedOperationException"),
    ({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1"}, "UnsupportedOperationException"),
    ({"MultiRegion": True}, "UnsupportedOperationException"),
    ({"Description": "d" * 8193}, "ValidationException"),
    ({"Tags": [{"TagKey": "aws:x", "TagValue": ""}]}, "TagException"),
    ({"Tags": [{"TagKey": "x", "TagValue": "1"}] * 2}, "TagException"),
    ({"Tags": [{"TagKey": str(i), "TagValue": ""} for i in range(51)]}, "LimitExceededException"),
    ({"Policy": "{"}, "MalformedPolicyDocumentException"),
    ({"Policy": allow("arn:aws:iam::111122223333:root")}, "MalformedPolicyDocumentException")])
def test_a_key_that_cannot_be(kms, wrong, code):
    failure = failure_of(kms.create_key, **wrong)
    assert (failure.code, failure.status) == (code, 400)


def uses(kms, key: dict, blob: bytes):
    """Each way to use a symmetric key."""
    return ((kms.encrypt, {"KeyId": key["Arn"], "Plaintext": b"x"}),
            (kms.decrypt, {"CiphertextBlob": blob}),
            (kms.re_encrypt, {"CiphertextBlob": blob, "DestinationKeyId": key["KeyId"]}),
            (kms.generate_data_key, {"KeyId": key["KeyId"], "KeySpec": "AES_256"}),
            (kms.generate_data_key_without_plaintext, {"KeyId": key["KeyId"],
                                                       "KeySpec": "AES_256"}),
            (kms.generate_data_key_pair, {"KeyId": key["KeyId"], "KeyPairSpec": "ECC_NIST_P256"}))


def test_a_disabled_key_is_used_for_nothing(kms, key):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key["KeyId"])
    told = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (told["Enabled"], told["KeyState"]) == (False, "Disabled")
    for call, members in uses(kms, key, blob):
        failure = failure_of(call, **members)
        assert (failure.code, failure.status) == ("DisabledException", 400), call
        assert failure.message == f"{key['Arn']} is disabled."
    for call in (kms.enable_key_rotation, kms.rotate_key_on_demand):
        assert failure_of(call, KeyId=key["KeyId"]).code == "DisabledException"
    kms.disable_key(KeyId=key["Arn"])
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_disabled_keys_of_other_kinds(kms):
    mac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    ecc = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    shared = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    shared = shared["KeyMetadata"]["Arn"]
    for name in (mac, ecc, shared):
        kms.disable_key(KeyId=name)
    for call, members in (
            (kms.generate_mac, {"KeyId": mac, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}),
            (kms.verify_mac, {"KeyId": mac, "Message": b"x", "Mac": b"x",
                              "MacAlgorithm": "HMAC_SHA_256"}),
            (kms.sign, {"KeyId": ecc, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}),
            (kms.verify, {"KeyId": ecc, "Message": b"x", "Signature": b"x",
                          "SigningAlgorithm": "ECDSA_SHA_256"}),
            (kms.get_public_key, {"KeyId": ecc}),
            (kms.derive_shared_secret, {"KeyId": shared, "PublicKey": b"x",
                                        "KeyAgreementAlgorithm": "ECDH"})):
        assert failure_of(call, **members).code == "DisabledException", call


def test_a_key_pending_deletion_is_used_for_nothing_and_comes_back_disabled(kms, key):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    said = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert said["KeyId"] == key["Arn"] and said["KeyState"] == "PendingDeletion"
    wait = said["DeletionDate"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=6, hours=23) < wait < datetime.timedelta(days=7, hours=1)
    told = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert told["KeyState"] == "PendingDeletion" and told["DeletionDate"] == said["DeletionDate"]
    name = key["KeyId"]
    others = ((kms.enable_key, {"KeyId": name}), (kms.disable_key, {"KeyId": name}),
              (kms.schedule_key_deletion, {"KeyId": name}),
              (kms.enable_key_rotation, {"KeyId": name}),
              (kms.disable_key_rotation, {"KeyId": name}),
              (kms.rotate_key_on_demand, {"KeyId": name}),
              (kms.create_alias, {"AliasName": new_alias(), "TargetKeyId": name}),
              (kms.update_key_description, {"KeyId": name, "Description": ""}),
              (kms.tag_resource, {"KeyId": name, "Tags": [{"TagKey": "a", "TagValue": "b"}]}),
              (kms.untag_resource, {"KeyId": name, "TagKeys": ["a"]}),
              (kms.create_grant, {"KeyId": name, "Operations": ["Decrypt"], "GranteePrincipal":
                                  f"arn:aws:iam::{key['AWSAccountId']}:root"}))
    for call, members in (*uses(kms, key, blob), *others):
        failure = failure_of(call, **members)
        assert (failure.code, failure.status) == ("KMSInvalidStateException", 400), call
        assert failure.message == f"{key['Arn']} is pending deletion."
    assert kms.cancel_key_deletion(KeyId=key["KeyId"])["KeyId"] == key["Arn"]
    assert failure_of(kms.decrypt, CiphertextBlob=blob).code == "DisabledException"
    failure = failure_of(kms.cancel_key_deletion, KeyId=key["KeyId"])
    assert failure.code == "KMSInvalidStateException"
    kms.enable_key(KeyId=key["KeyId"])
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("days", [0, 6, 31, 366])
def test_a_deletion_waits_seven_to_thirty_days(kms, key, days):
    failure = failure_of(kms.schedule_key_deletion, KeyId=key["KeyId"], PendingWindowInDays=days)
    assert failure.code == "ValidationException"
    assert kms.schedule_key_deletion(KeyId=key["KeyId"])["PendingWindowInDays"] == 30


def test_a_description_is_changed(kms, key):
    kms.update_key_description(KeyId=key["KeyId"], Description="another")
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == "another"


def test_an_alias_names_a_key_until_it_does_not(kms, key):
    name = new_alias()
    other = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=name, TargetKeyId=key["Arn"])
    blob = kms.encrypt(KeyId=name, Plaintext=b"x")
    assert blob["KeyId"] == key["Arn"]
    arn = key["Arn"].rpartition(":")[0] + ":" + name
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyId"] == key["KeyId"]
    listed = kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert [(a["AliasName"], a["AliasArn"], a["TargetKeyId"]) for a in listed] == [
        (name, arn, key["KeyId"])]
    kms.update_alias(AliasName=name, TargetKeyId=other["KeyId"])
    assert kms.encrypt(KeyId=name, Plaintext=b"x")["KeyId"] == other["Arn"]
    assert kms.decrypt(CiphertextBlob=blob["CiphertextBlob"])["Plaintext"] == b"x"
    failure = failure_of(kms.decrypt, CiphertextBlob=blob["CiphertextBlob"], KeyId=name)
    assert failure.code == "IncorrectKeyException"
    kms.delete_alias(AliasName=name)
    failure = failure_of(kms.encrypt, KeyId=name, Plaintext=b"x")
    assert (failure.code, failure.message) == ("NotFoundException", f"Alias {arn} is not found.")
    assert failure_of(kms.delete_alias, AliasName=name).code == "NotFoundException"
    assert failure_of(kms.update_alias, AliasName=name, TargetKeyId=key["KeyId"]
                      ).code == "NotFoundException"


def test_an_alias_that_cannot_be(kms, key):
    name = new_alias()
    kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    failure = failure_of(kms.create_alias, AliasName=name, TargetKeyId=key["KeyId"])
    assert failure.code == "AlreadyExistsException" and name in failure.message
    for wrong in ("noprefix", "alias/"):
        assert failure_of(kms.create_alias, AliasName=wrong, TargetKeyId=key["KeyId"]
                          ).code == "InvalidAliasNameException"
    for wrong in ("alias/a b", "alias/" + "x" * 251):
        assert failure_of(kms.create_alias, AliasName=wrong, TargetKeyId=key["KeyId"]
                          ).code == "ValidationException"
    failure = failure_of(kms.create_alias, AliasName="alias/aws/mine", TargetKeyId=key["KeyId"])
    assert failure.code == "NotAuthorizedException"
    failure = failure_of(kms.create_alias, AliasName=new_alias(), TargetKeyId=name)
    assert failure.code == "NotFoundException"
    hmac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    failure = failure_of(kms.update_alias, AliasName=name, TargetKeyId=hmac["KeyId"])
    assert failure.code == "ValidationException"


def test_owners_operations_take_no_aliases(kms, key):
    name = new_alias()
    kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    for call in (kms.enable_key, kms.disable_key, kms.schedule_key_deletion, kms.get_key_policy,
                 kms.enable_key_rotation, kms.get_key_rotation_status, kms.list_grants,
                 kms.list_resource_tags, kms.list_key_policies):
        failure = failure_of(call, KeyId=name)
        assert failure.code == "NotFoundException", call
        assert failure.message == f"Invalid keyId '{name}'"


def test_rotation_keeps_old_ciphertexts_readable(kms, key):
    blobs = {}
    for plain in (b"0", b"1", b"2"):
        sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=plain)
        opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
        blobs[plain] = (sealed["CiphertextBlob"], opened["KeyMaterialId"])
        assert kms.rotate_key_on_demand(KeyId=key["KeyId"])["KeyId"] == key["Arn"]
    assert len({material for _, material in blobs.values()}) == 3
    for plain, (blob, material) in blobs.items():
        opened = kms.decrypt(CiphertextBlob=blob)
        assert (opened["Plaintext"], opened["KeyMaterialId"]) == (plain, material)
    rotations = kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["ON_DEMAND"] * 3
    assert all(rotation["RotationDate"] for rotation in rotations)
    whole = kms.list_key_rotations(KeyId=key["KeyId"], IncludeKeyMaterial="ALL_KEY_MATERIAL")
    assert [rotation["KeyMaterialState"] for rotation in whole["Rotations"]] == [
        "NON_CURRENT", "NON_CURRENT", "NON_CURRENT", "CURRENT"]
    assert whole["Rotations"][-1]["KeyMaterialId"] == kms.describe_key(
        KeyId=key["KeyId"])["KeyMetadata"]["CurrentKeyMaterialId"]
    page = kms.list_key_rotations(KeyId=key["KeyId"], Limit=2)
    assert page["Truncated"] and len(page["Rotations"]) == 2
    rest = kms.list_key_rotations(KeyId=key["KeyId"], Marker=page["NextMarker"])
    assert page["Rotations"] + rest["Rotations"] == rotations


def test_a_rotation_is_planned(kms, key):
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert status["KeyRotationEnabled"] is False and "NextRotationDate" not in status
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    wait = status["NextRotationDate"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(days=89) < wait < datetime.timedelta(days=91)
    kms.enable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["RotationPeriodInDays"] == 365
    kms.disable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    for days in (89, 2561):
        failure = failure_of(kms.enable_key_rotation, KeyId=key["KeyId"],
                             RotationPeriodInDays=days)
        assert failure.code == "ValidationException"


def test_only_symmetric_keys_rotate(kms):
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand,
                 kms.list_key_rotations):
        failure = failure_of(call, KeyId=key["KeyId"])
        assert failure.code == "UnsupportedOperationException", call
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False


def test_a_key_begins_with_the_default_policy(kms, key):
    got = kms.get_key_policy(KeyId=key["KeyId"])
    assert got["PolicyName"] == "default"
    policy = json.loads(got["Policy"])
    assert policy["Statement"] == [
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*",
         "Resource": "*", "Principal": {"AWS": f"arn:aws:iam::{key['AWSAccountId']}:root"}}]
    listed = kms.list_key_policies(KeyId=key["KeyId"])
    assert listed["PolicyNames"] == ["default"] and listed["Truncated"] is False
    failure = failure_of(kms.get_key_policy, KeyId=key["KeyId"], PolicyName="other")
    assert failure.code == "NotFoundException"


def test_a_policy_is_put_unless_it_locks_its_putter_out(kms, key):
    mine = allow(f"arn:aws:iam::{key['AWSAccountId']}:root")
    kms.put_key_policy(KeyId=key["KeyId"], Policy=mine)
    assert kms.get_key_policy(KeyId=key["KeyId"])["Policy"] == mine
    theirs = allow("arn:aws:iam::111122223333:root")
    for wrong in (theirs, allow("*", "Deny")):
        failure = failure_of(kms.put_key_policy, KeyId=key["KeyId"], Policy=wrong)
        assert (failure.code, failure.status) == ("MalformedPolicyDocumentException", 400)
        assert "will not allow you to update the key policy" in failure.message
    assert kms.get_key_policy(KeyId=key["KeyId"])["Policy"] == mine
    kms.put_key_policy(KeyId=key["KeyId"], Policy=theirs, BypassPolicyLockoutSafetyCheck=True)


@pytest.mark.parametrize("wrong", [
    "{", "[]", "{}", "null", '"x"', '{"Version":"2012-10-17"}', "[" * 4000,
    '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Principal":"*","Action":"kms:*",'
    '"Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"nobody"},'
    '"Action":"kms:*","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*",'
    '"Resource":"*","Condition":{"Odd":{"a":"b"}}}]}'])
def test_a_malformed_policy_is_refused(kms, key, wrong):
    failure = failure_of(kms.put_key_policy, KeyId=key["KeyId"], Policy=wrong,
                         BypassPolicyLockoutSafetyCheck=True)
    assert (failure.code, failure.status) == ("MalformedPolicyDocumentException", 400)


def test_a_policy_has_a_bound(kms, key):
    long = allow("*") + " " * 32768
    failure = failure_of(kms.put_key_policy, KeyId=key["KeyId"], Policy=long)
    assert failure.code == "LimitExceededException" and "32768" in failure.message


def test_tags_are_put_listed_and_taken_off(kms, key):
    def tags() -> dict:
        return {tag["TagKey"]: tag["TagValue"]
                for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}

    kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "a", "TagValue": "1"},
                                               {"TagKey": "b", "TagValue": ""}])
    kms.tag_resource(KeyId=key["Arn"], Tags=[{"TagKey": "a", "TagValue": "2"}])
    assert tags() == {"a": "2", "b": ""}
    page = kms.list_resource_tags(KeyId=key["KeyId"], Limit=1)
    assert page["Truncated"] and [tag["TagKey"] for tag in page["Tags"]] == ["a"]
    rest = kms.list_resource_tags(KeyId=key["KeyId"], Limit=1, Marker=page["NextMarker"])
    assert [tag["TagKey"] for tag in rest["Tags"]] == ["b"] and rest["Truncated"] is False
    kms.untag_resource(KeyId=key["KeyId"], TagKeys=["a", "none"])
    assert tags() == {"b": ""}
    failure = failure_of(kms.tag_resource, KeyId=key["KeyId"],
                         Tags=[{"TagKey": "AWS:x", "TagValue": ""}])
    assert failure.code == "TagException"
    failure = failure_of(kms.tag_resource, KeyId=key["KeyId"],
                         Tags=[{"TagKey": str(i), "TagValue": ""} for i in range(50)])
    assert failure.code == "LimitExceededException"
    assert tags() == {"b": ""}


def test_keys_are_listed_page_by_page(kms):
    made = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)}
    seen, marker, pages = [], {}, 0
    while True:
        page = kms.list_keys(Limit=2, **marker)
        assert len(page["Keys"]) <= 2
        seen += page["Keys"]
        pages += 1
        if not page["Truncated"]:
            assert "NextMarker" not in page
            break
        marker = {"Marker": page["NextMarker"]}
    ids = [entry["KeyId"] for entry in seen]
    assert len(ids) == len(set(ids)) and made <= set(ids) and pages >= 3
    assert all(entry["KeyArn"].endswith(":key/" + entry["KeyId"]) for entry in seen)
    failure = failure_of(kms.list_keys, Marker="nonsense")
    assert (failure.code, failure.status) == ("InvalidMarkerException", 400)
    for limit in (0, 1001):
        assert failure_of(kms.list_keys, Limit=limit).code == "ValidationException"


def test_aliases_are_listed_page_by_page(kms, key):
    names = sorted(new_alias() for _ in range(3))
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    pages = kms.get_paginator("list_aliases").paginate(KeyId=key["KeyId"],
                                                       PaginationConfig={"PageSize": 1})
    assert [entry["AliasName"] for page in pages for entry in page["Aliases"]] == names
    every = kms.get_paginator("list_aliases").paginate()
    assert set(names) <= {entry["AliasName"] for page in every for entry in page["Aliases"]}
    assert failure_of(kms.list_aliases, Limit=101).code == "ValidationException"
    assert failure_of(kms.list_aliases, Marker="x").code == "InvalidMarkerException"


def test_aws_keys_are_there_when_asked_for(kms):
    told = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert told["KeyManager"] == "AWS" and told["Enabled"]
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"] == told["KeyId"]
    assert kms.get_key_rotation_status(KeyId=told["KeyId"])["KeyRotationEnabled"] is True
    policy = json.loads(kms.get_key_policy(KeyId=told["KeyId"])["Policy"])
    assert "s3.us-east-1.amazonaws.com" in json.dumps(policy)
    for call, members in ((kms.disable_key, {}), (kms.schedule_key_deletion, {}),
                          (kms.put_key_policy, {"Policy": allow("*")}),
                          (kms.update_key_description, {"Description": "mine"}),
                          (kms.rotate_key_on_demand, {})):
        assert failure_of(call, KeyId=told["KeyId"], **members).code == "AccessDeniedException"
    assert failure_of(kms.describe_key, KeyId="alias/aws/none").code == "NotFoundException"


def test_what_is_not_served_says_so(kms, key):
    failure = failure_of(kms.get_parameters_for_import, KeyId=key["KeyId"],
                         WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
    assert failure.status == 501 and "GetParametersForImport" in failure.message


@pytest.mark.parametrize("operation", ["Encrypt", "Decrypt", "CreateKey", "CreateGrant"])
def test_a_deep_body_is_refused(kms, operation):
    def send(request, **_):
        request.data = b'{"KeyId":' + b"[" * 5000
        request.headers["Content-Length"] = str(len(request.data))

    event = f"before-sign.kms.{operation}"
    kms.meta.events.register(event, send)
    try:
        members = {"Encrypt": {"KeyId": "x", "Plaintext": b"x"}, "Decrypt": {},
                   "CreateGrant": {}, "CreateKey": {}}[operation]
        name = {"Encrypt": "encrypt", "Decrypt": "decrypt", "CreateKey": "create_key",
                "CreateGrant": "create_grant"}[operation]
        failure = failure_of(getattr(kms, name), **members)
        assert (failure.code, failure.status) == ("SerializationException", 400)
    finally:
        kms.meta.events.unregister(event, send)
