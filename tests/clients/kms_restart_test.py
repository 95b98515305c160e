"""KMS: keys after the server was killed, and what a wrong root key says."""

from __future__ import annotations

import base64
import os
import stat
import subprocess

import pytest

from asking import failure_of
from bedplate_server import PATIENCE_S, BedplateServer

OTHER = base64.b64encode(b"x" * 32).decode()


def refusal_of(server: BedplateServer) -> str:
    """What `bedplate serve` says as it refuses to start."""
    done = subprocess.run(server._command("serve"), capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)
    assert done.returncode not in (0, None)
    return done.stdout + done.stderr


def test_keys_survive_a_kill(new_server):
    server = new_server()
    kms = server.client("kms")
    key = kms.create_key()["KeyMetadata"]
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    kms.create_alias(AliasName="alias/kept", TargetKeyId=key["KeyId"])
    before = kms.encrypt(KeyId="alias/kept", Plaintext=b"before")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key["KeyId"])
    after = kms.encrypt(KeyId="alias/kept", Plaintext=b"after")["CiphertextBlob"]
    signature = kms.sign(KeyId=signing["KeyId"], Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
    grant = kms.create_grant(KeyId=key["KeyId"], Operations=["Decrypt"],
                             GranteePrincipal=f"arn:aws:iam::{key['AWSAccountId']}:role/r")
    server.kill()
    kms = server.start().client("kms")
    assert kms.decrypt(CiphertextBlob=before)["Plaintext"] == b"before"
    assert kms.decrypt(CiphertextBlob=after, GrantTokens=[grant["GrantToken"]]
                       )["Plaintext"] == b"after"
    assert kms.verify(KeyId=signing["KeyId"], Message=b"m", Signature=signature["Signature"],
                      SigningAlgorithm="ECDSA_SHA_256")["SignatureValid"]
    assert [g["GrantId"] for g in kms.list_grants(KeyId=key["KeyId"])["Grants"]] == [
        grant["GrantId"]]
    kms.disable_key(KeyId=key["KeyId"])
    server.kill()
    kms = server.start().client("kms")
    assert failure_of(kms.decrypt, CiphertextBlob=before).code == "DisabledException"


def test_what_was_acknowledged_survives_a_kill_at_once(new_server):
    server = new_server()
    for _ in range(5):
        kms = server.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        server.kill()
        kms = server.start().client("kms")
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_the_root_key_is_a_file_of_its_owners_alone(new_server):
    server = new_server()
    file = server.data / "root.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(base64.b64decode(file.read_text())) == 32
    text = file.read_text().strip()
    key = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
    assert text not in server.log()
    material = (server.data / "bedplate.db").read_bytes()
    assert base64.b64decode(text) not in material and text.encode() not in material
    server.stop()
    for mode in (0o640, 0o604, 0o666):
        file.chmod(mode)
        said = refusal_of(server)
        assert str(file) in said and "open to other users" in said
        assert text not in said
    file.chmod(0o600)
    assert server.start().client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]


def test_another_root_key_is_refused_plainly(new_server):
    server = new_server()
    kms = server.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    server.stop()
    file = server.data / "root.key"
    right = file.read_text()
    file.write_text(OTHER + "\n")
    said = refusal_of(server)
    assert "is not the one that this server's keys are sealed under" in said
    assert OTHER not in said and right.strip() not in said
    file.unlink()
    said = refusal_of(server)
    assert str(file) in said and "is not there" in said
    assert not file.exists(), "a new root key would be of no use"
    for damaged in ("", "short\n", right + "x"):
        file.write_text(damaged)
        file.chmod(0o600)
        assert "gives no root key" in refusal_of(server)
    file.write_text(right)
    kms = server.start().client("kms")
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_the_operators_file_gives_the_root_key(new_server, tmp_path):
    file = tmp_path / "hsm.key"
    file.write_text("ab" * 32 + "\n")
    file.chmod(0o600)
    server = new_server(keys__root_key_file=file)
    assert not (server.data / "root.key").exists()
    kms = server.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    server.stop()
    os.rename(file, tmp_path / "away")
    assert "is not there" in refusal_of(server)
    # The same key, from a command now.
    server.change(keys__root_key_file="", keys__root_key_command=f"cat {tmp_path}/away")
    kms = server.start().client("kms")
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize("command,why", [
    ("exit 7", "failed (status 7)"), ("true", "gives no root key"), ("yes", "more than a key"),
    ("echo tell-nobody; exit 1", "failed (status 1)"), ("echo tell-nobody", "gives no root key")])
def test_a_command_that_gives_no_key(new_server, command, why):
    server = new_server()
    server.stop()
    server.change(keys__root_key_command=command)
    said = refusal_of(server)
    assert why in said and "tell-nobody" not in said


def test_two_sources_are_one_too_many(new_server, tmp_path):
    server = new_server()
    server.stop()
    server.change(keys__root_key_command="true", keys__root_key_file=tmp_path / "file")
    assert "both set" in refusal_of(server)
