"""HTTPS: the certificate of the settings, HTTP/2 or HTTP/1.1 by ALPN."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess

import boto3
import pytest

from asking import ANSWER, converse, failure_of, text_of
from bedplate_server import CACHE, CHAT, PATIENCE_S, REGION, BedplateServer
from javascript_test import CLIENT


def make_certificate(folder):
    """A certificate of this machine that nobody else vouches for, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = make_certificate(folder)
    server = BedplateServer(folder, tls__certificate=certificate, tls__key=key)
    server.trusted = certificate
    yield server.start()
    server.stop()


def test_boto3_over_tls(secure, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(secure.trusted))
    assert secure.endpoint.startswith("https://")
    assert text_of(converse(secure.client("bedrock-runtime")))


def test_javascript_over_tls(secure):
    done = subprocess.run([CACHE / "node/bin/node", CLIENT, "converseStream", CHAT], text=True,
                          capture_output=True, timeout=PATIENCE_S, check=True, env={
                              **secure.client_variables(),
                              "NODE_EXTRA_CA_CERTS": str(secure.trusted)})
    assert ANSWER in "".join(json.loads(done.stdout)["result"]["texts"])


def test_a_bearer_key_through_boto3(secure, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(secure.trusted))
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", secure.bearer_key)
    client = boto3.client("bedrock-runtime", endpoint_url=secure.endpoint, region_name=REGION)
    assert text_of(converse(client))
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "x" + secure.bearer_key[1:])
    client = boto3.client("bedrock-runtime", endpoint_url=secure.endpoint, region_name=REGION)
    failure = failure_of(converse, client)
    assert (failure.code, failure.status) == ("AccessDeniedException", 403), failure


@pytest.mark.parametrize("offered, chosen", [
    (["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)])
def test_the_protocol_is_negotiated(secure, offered, chosen):
    context = ssl.create_default_context(cafile=str(secure.trusted))
    if offered:
        context.set_alpn_protocols(offered)
    with socket.create_connection(secure.address) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as connection:
            assert connection.selected_alpn_protocol() == chosen


def test_plain_text_on_the_secure_port_is_refused(secure):
    with socket.create_connection(secure.address, timeout=60) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        try:
            assert b" 200 " not in plain.recv(4096)
        except ConnectionResetError:
            pass
