"""KMS: RSA and ECC keys, checked by a library that is not the server's."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from asking import failure_of

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
SIGNING = {"RSA_2048": ["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384",
                        "RSASSA_PKCS1_V1_5_SHA_512", "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384",
                        "RSASSA_PSS_SHA_512"],
           "ECC_NIST_P256": ["ECDSA_SHA_256"], "ECC_NIST_P384": ["ECDSA_SHA_384"],
           "ECC_NIST_P521": ["ECDSA_SHA_512"], "ECC_SECG_P256K1": ["ECDSA_SHA_256"]}


@pytest.fixture(name="kms", scope="module")
def _kms(server):
    return server.client("kms", parameter_validation=False)


@pytest.fixture(name="make", scope="module")
def _make(kms):
    """The key of a kind and usage, made once."""
    made: dict[tuple[str, str], dict] = {}

    def make(spec: str, usage: str) -> dict:
        if (spec, usage) not in made:
            made[spec, usage] = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        return made[spec, usage]

    return make


def public_key(kms, key: dict):
    return serialization.load_der_public_key(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])


def verify(public, algorithm: str, signature: bytes, message: bytes, digest: bool = False) -> None:
    chosen = HASHES[algorithm[-3:]]()
    hashed = Prehashed(chosen) if digest else chosen
    if algorithm.startswith("ECDSA"):
        public.verify(signature, message, ec.ECDSA(hashed))
    elif "PSS" in algorithm:
        scheme = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
        public.verify(signature, message, scheme, hashed)
    else:
        public.verify(signature, message, padding.PKCS1v15(), hashed)


@pytest.mark.parametrize("spec,algorithm",
                         [(spec, name) for spec, names in SIGNING.items() for name in names])
def test_signatures_are_what_others_verify(kms, make, spec, algorithm):
    key = make(spec, "SIGN_VERIFY")
    message = b"a message to sign"
    signed = kms.sign(KeyId=key["KeyId"], Message=message, SigningAlgorithm=algorithm)
    assert signed["KeyId"] == key["Arn"] and signed["SigningAlgorithm"] == algorithm
    public = public_key(kms, key)
    verify(public, algorithm, signed["Signature"], message)
    with pytest.raises(InvalidSignature):
        verify(public, algorithm, signed["Signature"], b"another")
    digest = hashlib.new(f"sha{algorithm[-3:]}", message).digest()
    of_digest = kms.sign(KeyId=key["KeyId"], Message=digest, MessageType="DIGEST",
                         SigningAlgorithm=algorithm)["Signature"]
    verify(public, algorithm, of_digest, message)
    for signature in (signed["Signature"], of_digest):
        assert kms.verify(KeyId=key["KeyId"], Message=message, Signature=signature,
                          SigningAlgorithm=algorithm)["SignatureValid"] is True
    failure = failure_of(kms.verify, KeyId=key["KeyId"], Message=b"another",
                         Signature=signed["Signature"], SigningAlgorithm=algorithm)
    assert (failure.code, failure.status) == ("KMSInvalidSignatureException", 400)


@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
@pytest.mark.parametrize("algorithm,hashed", [("RSAES_OAEP_SHA_1", hashes.SHA1),
                                              ("RSAES_OAEP_SHA_256", hashes.SHA256)])
def test_what_others_encrypt_is_decrypted(kms, make, spec, algorithm, hashed):
    key = make(spec, "ENCRYPT_DECRYPT")
    public = public_key(kms, key)
    assert public.key_size == int(spec[4:])
    scheme = padding.OAEP(padding.MGF1(hashed()), hashed(), None)
    request = {"KeyId": key["KeyId"], "EncryptionAlgorithm": algorithm}
    blob = public.encrypt(b"theirs", scheme)
    assert kms.decrypt(CiphertextBlob=blob, **request)["Plaintext"] == b"theirs"
    ours = kms.encrypt(Plaintext=b"ours", **request)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=ours, **request)["Plaintext"] == b"ours"
    failure = failure_of(kms.decrypt, CiphertextBlob=ours[:-1] + bytes([ours[-1] ^ 1]), **request)
    assert failure.code == "InvalidCiphertextException"
    most = int(spec[4:]) // 8 - 2 * hashed().digest_size - 2
    kms.encrypt(Plaintext=b"x" * most, **request)
    failure = failure_of(kms.encrypt, Plaintext=b"x" * (most + 1), **request)
    assert failure.code == "ValidationException"
    assert f"cannot encrypt data larger than {most} bytes" in failure.message


def test_rsa_needs_its_key_and_takes_no_context(kms, make):
    key = make("RSA_2048", "ENCRYPT_DECRYPT")
    request = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", **request)["CiphertextBlob"]
    assert failure_of(kms.decrypt, CiphertextBlob=blob, **request).code == "ValidationException"
    failure = failure_of(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x",
                         EncryptionContext={"a": "b"}, **request)
    assert failure.code == "ValidationException" and "EncryptionContext" in failure.message
    # The standard algorithm is that of symmetric keys.
    failure = failure_of(kms.encrypt, KeyId=key["KeyId"], Plaintext=b"x")
    assert failure.code == "InvalidKeyUsageException" and "RSA_2048" in failure.message


def test_re_encrypt_leads_from_rsa_to_a_symmetric_key(kms, make):
    rsa = make("RSA_2048", "ENCRYPT_DECRYPT")
    other = kms.create_key()["KeyMetadata"]
    blob = kms.encrypt(KeyId=rsa["KeyId"], Plaintext=b"x",
                       EncryptionAlgorithm="RSAES_OAEP_SHA_1")["CiphertextBlob"]
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceKeyId=rsa["KeyId"],
                           SourceEncryptionAlgorithm="RSAES_OAEP_SHA_1",
                           DestinationKeyId=other["KeyId"])
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"x"


def test_usages_do_not_mix(kms, make):
    signing, encrypting = make("RSA_2048", "SIGN_VERIFY"), make("RSA_2048", "ENCRYPT_DECRYPT")
    failure = failure_of(kms.sign, KeyId=encrypting["KeyId"], Message=b"x",
                         SigningAlgorithm="RSASSA_PSS_SHA_256")
    assert failure.code == "InvalidKeyUsageException"
    assert "ENCRYPT_DECRYPT which is not valid for Sign" in failure.message
    failure = failure_of(kms.encrypt, KeyId=signing["KeyId"], Plaintext=b"x",
                         EncryptionAlgorithm="RSAES_OAEP_SHA_1")
    assert failure.code == "InvalidKeyUsageException"
    failure = failure_of(kms.sign, KeyId=signing["KeyId"], Message=b"x",
                         SigningAlgorithm="ECDSA_SHA_256")
    assert failure.code == "InvalidKeyUsageException"
    assert "ECDSA_SHA_256" in failure.message and "RSA_2048" in failure.message


def test_a_digest_is_of_its_hashs_length(kms, make):
    key = make("RSA_2048", "SIGN_VERIFY")
    for size in (31, 33, 64):
        failure = failure_of(kms.sign, KeyId=key["KeyId"], Message=b"x" * size,
                             MessageType="DIGEST", SigningAlgorithm="RSASSA_PSS_SHA_256")
        assert failure.code == "ValidationException" and "Digest" in failure.message
    failure = failure_of(kms.sign, KeyId=key["KeyId"], Message=b"x" * 64,
                         MessageType="EXTERNAL_MU", SigningAlgorithm="RSASSA_PSS_SHA_256")
    assert failure.code == "ValidationException"


def test_a_message_has_a_bound(kms, make):
    key = make("ECC_NIST_P256", "SIGN_VERIFY")
    request = {"KeyId": key["KeyId"], "SigningAlgorithm": "ECDSA_SHA_256"}
    kms.sign(Message=b"x" * 4096, **request)
    assert failure_of(kms.sign, Message=b"x" * 4097, **request).code == "ValidationException"


@pytest.mark.parametrize("spec,curve", [("ECC_NIST_P256", ec.SECP256R1),
                                        ("ECC_NIST_P384", ec.SECP384R1),
                                        ("ECC_NIST_P521", ec.SECP521R1)])
def test_a_secret_is_shared_with_others(kms, make, spec, curve):
    key = make(spec, "KEY_AGREEMENT")
    mine = ec.generate_private_key(curve())
    der = mine.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)
    made = kms.derive_shared_secret(KeyId=key["KeyId"], KeyAgreementAlgorithm="ECDH",
                                    PublicKey=der)
    assert made["KeyOrigin"] == "AWS_KMS"
    assert made["SharedSecret"] == mine.exchange(ec.ECDH(), public_key(kms, key))
    for wrong in (der[:-1], der[:-1] + bytes([der[-1] ^ 1]), b"no key"):
        failure = failure_of(kms.derive_shared_secret, KeyId=key["KeyId"],
                             KeyAgreementAlgorithm="ECDH", PublicKey=wrong)
        assert failure.code == "ValidationException" and "PublicKey" in failure.message


def test_public_keys_say_what_they_are_for(kms, make):
    told = kms.get_public_key(KeyId=make("RSA_2048", "SIGN_VERIFY")["KeyId"])
    assert told["KeySpec"] == told["CustomerMasterKeySpec"] == "RSA_2048"
    assert told["KeyUsage"] == "SIGN_VERIFY"
    assert sorted(told["SigningAlgorithms"]) == sorted(SIGNING["RSA_2048"])
    assert "EncryptionAlgorithms" not in told
    symmetric = kms.create_key()["KeyMetadata"]
    failure = failure_of(kms.get_public_key, KeyId=symmetric["KeyId"])
    assert failure.code == "UnsupportedOperationException"


@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "ECC_NIST_P256", "ECC_NIST_P384",
                                  "ECC_NIST_P521", "ECC_SECG_P256K1"])
def test_data_key_pairs_belong_together(kms, spec):
    key = kms.create_key()["KeyMetadata"]
    context = {"for": "a pair"}
    pair = kms.generate_data_key_pair(KeyId=key["KeyId"], KeyPairSpec=spec,
                                      EncryptionContext=context)
    assert pair["KeyId"] == key["Arn"] and pair["KeyPairSpec"] == spec
    private = serialization.load_der_private_key(pair["PrivateKeyPlaintext"], None)
    assert private.public_key() == serialization.load_der_public_key(pair["PublicKey"])
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"],
                         EncryptionContext=context)
    assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
    hidden = kms.generate_data_key_pair_without_plaintext(KeyId=key["KeyId"], KeyPairSpec=spec)
    assert "PrivateKeyPlaintext" not in hidden
    opened = kms.decrypt(CiphertextBlob=hidden["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert serialization.load_der_private_key(opened, None).public_key() == \
        serialization.load_der_public_key(hidden["PublicKey"])


def test_a_pair_of_what_is_not_there(kms, make):
    key = kms.create_key()["KeyMetadata"]
    for spec in ("SM2", "ML_KEM_512"):
        failure = failure_of(kms.generate_data_key_pair, KeyId=key["KeyId"], KeyPairSpec=spec)
        assert failure.code == "UnsupportedOperationException" and spec in failure.message
    rsa = make("RSA_2048", "ENCRYPT_DECRYPT")
    failure = failure_of(kms.generate_data_key_pair, KeyId=rsa["KeyId"], KeyPairSpec="RSA_2048")
    assert failure.code == "InvalidKeyUsageException"
