"""KMS: what symmetric keys do, through boto3."""

from __future__ import annotations

import pytest

from asking import failure_of

CONTEXT = {"department": "10103.0", "purpose": "test"}
DIGITS = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(name="kms", scope="module")
def _kms(server):
    return server.client("kms", parameter_validation=False)


@pytest.fixture(name="key", scope="module")
def _key(kms):
    return kms.create_key(Description="for all of this file")["KeyMetadata"]


@pytest.fixture(name="hmac", scope="module")
def _hmac(kms):
    return kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]


def test_what_is_encrypted_is_decrypted(kms, key):
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"a secret", EncryptionContext=CONTEXT)
    assert sealed["KeyId"] == key["Arn"]
    assert sealed["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert b"a secret" not in sealed["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == b"a secret"
    assert opened["KeyId"] == key["Arn"]
    assert opened["KeyMaterialId"] == key["CurrentKeyMaterialId"]


@pytest.mark.parametrize("size", [1, 16, 4095, 4096])
def test_every_length_is_encrypted(kms, key, size):
    plain = bytes(range(256)) * 16
    blob = kms.encrypt(KeyId=key["Arn"], Plaintext=plain[:size])["CiphertextBlob"]
    assert len(blob) <= 6144
    assert kms.decrypt(CiphertextBlob=blob, KeyId=key["Arn"])["Plaintext"] == plain[:size]


def test_more_than_4096_bytes_are_refused(kms, key):
    failure = failure_of(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x" * 4097)
    assert (failure.code, failure.status) == ("ValidationException", 400)
    assert "plaintext" in failure.message.lower() and "4096" in failure.message


@pytest.mark.parametrize("other", [{}, {"department": "10103.0"}, CONTEXT | {"more": "x"},
                                   {"department": "10103.0", "purpose": "Test"},
                                   {"purpose": "10103.0", "department": "test"}])
def test_another_context_opens_nothing(kms, key, other):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x",
                       EncryptionContext=CONTEXT)["CiphertextBlob"]
    failure = failure_of(kms.decrypt, CiphertextBlob=blob, EncryptionContext=other)
    assert (failure.code, failure.status) == ("InvalidCiphertextException", 400)


@pytest.mark.parametrize("place", [0, 3, 4, 12, 28, 40, 60, -17, -1])
def test_a_tampered_ciphertext_opens_nothing(kms, key, place):
    blob = bytearray(kms.encrypt(KeyId=key["KeyId"], Plaintext=b"text")["CiphertextBlob"])
    blob[place] ^= 1
    failure = failure_of(kms.decrypt, CiphertextBlob=bytes(blob), KeyId=key["KeyId"])
    assert failure.code in ("InvalidCiphertextException", "IncorrectKeyException")
    failure = failure_of(kms.decrypt, CiphertextBlob=bytes(blob))
    assert failure.code in ("InvalidCiphertextException", "AccessDeniedException")


def test_no_ciphertext_is_none(kms):
    for blob in (b"x", b"x" * 200, b"BPK\x01", b"\0" * 6144):
        assert failure_of(kms.decrypt, CiphertextBlob=blob).code == "InvalidCiphertextException"
    assert failure_of(kms.decrypt).code == "ValidationException"


def test_another_key_is_the_wrong_one(kms, key):
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    failure = failure_of(kms.decrypt, CiphertextBlob=blob, KeyId=other["KeyId"])
    assert (failure.code, failure.status) == ("IncorrectKeyException", 400)


def test_a_context_has_a_bound(kms, key):
    kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"k": "v" * 8191})
    failure = failure_of(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x",
                         EncryptionContext={"k": "v" * 8192})
    assert failure.code == "ValidationException" and "8192" in failure.message


def test_re_encrypt_changes_key_and_context(kms, key):
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"moved",
                       EncryptionContext=CONTEXT)["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=CONTEXT,
                           DestinationKeyId=other["KeyId"],
                           DestinationEncryptionContext={"new": "one"})
    assert moved["SourceKeyId"] == key["Arn"]
    assert moved["KeyId"] == other["Arn"]
    assert moved["SourceKeyMaterialId"] != moved["DestinationKeyMaterialId"]
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"new": "one"})
    assert opened["Plaintext"] == b"moved"
    assert failure_of(kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=other["KeyId"]
                      ).code == "InvalidCiphertextException"
    assert failure_of(kms.re_encrypt, CiphertextBlob=blob, SourceEncryptionContext=CONTEXT,
                      SourceKeyId=other["KeyId"], DestinationKeyId=other["KeyId"]
                      ).code == "IncorrectKeyException"


@pytest.mark.parametrize("wanted,size", [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16),
                                         ({"NumberOfBytes": 1}, 1),
                                         ({"NumberOfBytes": 1024}, 1024)])
def test_data_keys_are_of_their_size(kms, key, wanted, size):
    made = kms.generate_data_key(KeyId=key["KeyId"], EncryptionContext=CONTEXT, **wanted)
    assert len(made["Plaintext"]) == size
    assert made["KeyId"] == key["Arn"]
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made["Plaintext"]
    again = kms.generate_data_key(KeyId=key["KeyId"], **wanted)
    assert again["CiphertextBlob"] != made["CiphertextBlob"]
    if size > 1:
        assert again["Plaintext"] != made["Plaintext"]


def test_a_data_key_without_plaintext_has_none(kms, key):
    made = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], KeySpec="AES_256")
    assert "Plaintext" not in made
    assert len(kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]) == 32


@pytest.mark.parametrize("wrong", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32},
                                   {"NumberOfBytes": 1025}, {"NumberOfBytes": 0},
                                   {"KeySpec": "AES_512"}])
def test_a_data_key_of_no_size_is_refused(kms, key, wrong):
    assert failure_of(kms.generate_data_key, KeyId=key["KeyId"],
                      **wrong).code == "ValidationException"


def test_only_symmetric_keys_make_data_keys(kms, hmac):
    for call in (kms.generate_data_key, kms.generate_data_key_without_plaintext):
        failure = failure_of(call, KeyId=hmac["KeyId"], KeySpec="AES_256")
        assert (failure.code, failure.status) == ("InvalidKeyUsageException", 400)
        assert hmac["Arn"] in failure.message
    failure = failure_of(kms.encrypt, KeyId=hmac["KeyId"], Plaintext=b"x")
    assert failure.code == "InvalidKeyUsageException"
    failure = failure_of(kms.encrypt, KeyId=hmac["KeyId"], Plaintext=b"x",
                         EncryptionAlgorithm="RSAES_OAEP_SHA_1")
    assert failure.code == "InvalidKeyUsageException"


def test_random_bytes_are_so_many(kms):
    one, two = (kms.generate_random(NumberOfBytes=1024)["Plaintext"] for _ in range(2))
    assert len(one) == 1024 and one != two
    assert failure_of(kms.generate_random, NumberOfBytes=1025).code == "ValidationException"
    assert failure_of(kms.generate_random).code == "ValidationException"
    assert failure_of(kms.generate_random, NumberOfBytes=1, CustomKeyStoreId="cks-1"
                      ).code == "CustomKeyStoreNotFoundException"


def test_macs_are_generated_and_verified(kms, hmac):
    made = kms.generate_mac(KeyId=hmac["KeyId"], Message=b"message", MacAlgorithm="HMAC_SHA_256")
    assert len(made["Mac"]) == 32 and made["KeyId"] == hmac["Arn"]
    request = {"KeyId": hmac["KeyId"], "MacAlgorithm": "HMAC_SHA_256"}
    verified = kms.verify_mac(Message=b"message", Mac=made["Mac"], **request)
    assert verified["MacValid"] is True
    for message, mac in ((b"other", made["Mac"]), (b"message", made["Mac"][:-1]),
                         (b"message", b"x" * 32)):
        failure = failure_of(kms.verify_mac, Message=message, Mac=mac, **request)
        assert (failure.code, failure.status) == ("KMSInvalidMacException", 400)


def test_a_mac_is_of_its_keys_hash(kms, hmac, key):
    failure = failure_of(kms.generate_mac, KeyId=hmac["KeyId"], Message=b"x",
                         MacAlgorithm="HMAC_SHA_512")
    assert failure.code == "InvalidKeyUsageException" and "HMAC_SHA_512" in failure.message
    failure = failure_of(kms.generate_mac, KeyId=key["KeyId"], Message=b"x",
                         MacAlgorithm="HMAC_SHA_256")
    assert failure.code == "InvalidKeyUsageException"


def test_a_dry_run_does_nothing_and_says_so(kms, key, hmac):
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    name = key["KeyId"]
    for call, members in (
            (kms.encrypt, {"KeyId": name, "Plaintext": b"x"}),
            (kms.decrypt, {"CiphertextBlob": blob}),
            (kms.decrypt, {"KeyId": name, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}),
            (kms.re_encrypt, {"CiphertextBlob": blob, "DestinationKeyId": name}),
            (kms.generate_data_key, {"KeyId": name, "KeySpec": "AES_256"}),
            (kms.generate_data_key_without_plaintext, {"KeyId": name, "KeySpec": "AES_256"}),
            (kms.generate_data_key_pair, {"KeyId": name, "KeyPairSpec": "RSA_2048"}),
            (kms.generate_data_key_pair_without_plaintext,
             {"KeyId": name, "KeyPairSpec": "RSA_2048"}),
            (kms.generate_mac, {"KeyId": hmac["KeyId"], "Message": b"x",
                                "MacAlgorithm": "HMAC_SHA_256"})):
        failure = failure_of(call, DryRun=True, **members)
        assert failure.code == "DryRunOperationException", call
        assert "DryRun" in failure.message


def test_a_dry_run_finds_the_fault_all_the_same(kms, key, hmac):
    failure = failure_of(kms.encrypt, KeyId=hmac["KeyId"], Plaintext=b"x", DryRun=True)
    assert failure.code == "InvalidKeyUsageException"
    failure = failure_of(kms.decrypt, CiphertextBlob=b"x" * 100, DryRun=True)
    assert failure.code == "InvalidCiphertextException"
    failure = failure_of(kms.decrypt, KeyId=key["KeyId"], CiphertextBlob=b"x",
                         DryRunModifiers=["IGNORE_CIPHERTEXT"])
    assert failure.code == "ValidationException"


def test_there_is_no_enclave(kms, key):
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}
    failure = failure_of(kms.generate_data_key, KeyId=key["KeyId"], KeySpec="AES_256",
                         Recipient=recipient)
    assert failure.code == "UnsupportedOperationException"


def test_a_key_that_is_not_there(kms, key):
    arn = key["Arn"].replace(key["KeyId"], DIGITS)
    failure = failure_of(kms.encrypt, KeyId=DIGITS, Plaintext=b"x")
    assert (failure.code, failure.status) == ("NotFoundException", 400)
    assert failure.message == f"Key '{arn}' does not exist"
    assert failure_of(kms.encrypt, KeyId=arn, Plaintext=b"x").message == failure.message


def test_names_that_are_none(kms, key):
    def why(name: str) -> tuple[str, str]:
        failure = failure_of(kms.describe_key, KeyId=name)
        return failure.code, failure.message

    assert why("nonsense") == ("NotFoundException", "Invalid keyId 'nonsense'")
    elsewhere = key["Arn"].replace("us-east-1", "eu-west-1")
    assert why(elsewhere) == ("NotFoundException", "Invalid arn eu-west-1")
    assert why("arn:aws:s3:::bucket")[0] == "InvalidArnException"
    assert why("alias/not-there")[0] == "NotFoundException"
    assert "alias/not-there is not found" in why("alias/not-there")[1]
    assert failure_of(kms.describe_key, KeyId="x" * 2049).code == "ValidationException"
