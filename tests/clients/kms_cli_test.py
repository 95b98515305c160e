"""KMS by the AWS CLI, and by somebody of another account."""

from __future__ import annotations

import base64
import json

import pytest

from asking import failure_of
from aws_cli_test import aws
from principals import allow, policy, two_accounts


def aws_json(server, *words):
    return json.loads(aws(server, "kms", *words, "--output", "json"))


def test_the_cli_encrypts_and_decrypts(server, tmp_path):
    key = aws_json(server, "create-key")["KeyMetadata"]["KeyId"]
    plain, sealed = tmp_path / "plain", tmp_path / "sealed"
    plain.write_bytes(bytes(range(256)))
    context = ("--encryption-context", "purpose=cli")
    said = aws_json(server, "encrypt", "--key-id", key, "--plaintext", f"fileb://{plain}", *context)
    sealed.write_bytes(base64.b64decode(said["CiphertextBlob"]))
    opened = aws_json(server, "decrypt", "--ciphertext-blob", f"fileb://{sealed}", *context)
    assert base64.b64decode(opened["Plaintext"]) == bytes(range(256)) and key in opened["KeyId"]
    assert "InvalidCiphertextException" in aws(
        server, "kms", "decrypt", "--ciphertext-blob", f"fileb://{sealed}", status=255)
    made = aws_json(server, "generate-data-key", "--key-id", key, "--key-spec", "AES_256", *context)
    sealed.write_bytes(base64.b64decode(made["CiphertextBlob"]))
    assert aws_json(server, "decrypt", "--ciphertext-blob", f"fileb://{sealed}", *context)[
        "Plaintext"] == made["Plaintext"]
    aws(server, "kms", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7")


def test_the_cli_signs_and_verifies(server, tmp_path):
    key = aws_json(server, "create-key", "--key-spec", "ECC_NIST_P256",
                   "--key-usage", "SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes(b"what is signed")
    words = ("--key-id", key, "--message", f"fileb://{message}",
             "--signing-algorithm", "ECDSA_SHA_256")
    signature.write_bytes(base64.b64decode(aws_json(server, "sign", *words)["Signature"]))
    assert aws_json(server, "verify", *words, "--signature", f"fileb://{signature}")[
        "SignatureValid"] is True
    message.write_bytes(b"what is not")
    assert "KMSInvalidSignatureException" in aws(
        server, "kms", "verify", *words, "--signature", f"fileb://{signature}", status=255)
    aws(server, "kms", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7")


@pytest.fixture(name="accounts", scope="module")
def _accounts(tmp_path_factory):
    with two_accounts(tmp_path_factory.mktemp("kms-accounts")) as accounts:
        yield accounts


def test_another_accounts_key_takes_both_policies_and_its_arn(accounts):
    home, other = accounts
    kms = home.root("kms")
    used = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")
    own = {"Effect": "Allow", "Principal": {"AWS": home.number}, "Action": "kms:*", "Resource": "*"}
    key = kms.create_key(Policy=policy(own, {
        "Effect": "Allow", "Principal": {"AWS": other.number}, "Action": list(used),
        "Resource": "*"}))["KeyMetadata"]
    kms.create_alias(AliasName="alias/shared", TargetKeyId=key["KeyId"])
    may = other.user(allow(*used, on=key["Arn"]))
    alias = key["Arn"].rpartition(":")[0] + ":alias/shared"
    for name in (key["Arn"], alias):
        blob = may("kms").encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        assert may("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        made = may("kms").generate_data_key(KeyId=name, KeySpec="AES_256")
        assert made["KeyId"] == key["Arn"]
    # By a bare id or alias it is looked for in the caller's account.
    for name in (key["KeyId"], "alias/shared"):
        failure = failure_of(other.root("kms").encrypt, KeyId=name, Plaintext=b"x")
        assert failure.code == "NotFoundException", failure
    for sender in (other.user(), other.user(allow("kms:*", on=key["Arn"].replace("key/", "key/x")))):
        failure = failure_of(sender("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")
        assert failure.code == "AccessDeniedException" and "identity-based" in failure.message
    # What owners alone do is not for others, whatever policies say.
    failure = failure_of(other.user(allow("kms:*"))("kms").disable_key, KeyId=key["Arn"])
    assert failure.code == "AccessDeniedException"
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy(own))
    failure = failure_of(may("kms").encrypt, KeyId=key["Arn"], Plaintext=b"x")
    assert failure.code == "AccessDeniedException" and "resource-based" in failure.message
