"""STS through boto3: sessions of roles, users and web identities, and what they may not."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time

import boto3
import botocore
import botocore.config
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from bedplate_server import BedplateServer
from iam_test import client_of, refused


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, **members):
    return {"Effect": "Allow", "Action": action} | members


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    running = BedplateServer(tmp_path_factory.mktemp("sts")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def iam(own):
    return own.client("iam")


@pytest.fixture(scope="module")
def account(own):
    return own.client("sts").get_caller_identity()["Account"]


@pytest.fixture(scope="module")
def user(own, iam):
    """A user who may all of STS and list buckets; its access key."""
    iam.create_user(UserName="caller", Tags=[{"Key": "team", "Value": "red"}])
    iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=document(
        allow(["sts:*", "s3:ListAllMyBuckets", "iam:ListUsers"], Resource="*")))
    return iam.create_access_key(UserName="caller")["AccessKey"]


def role(iam, name, principal, action="sts:AssumeRole", condition=None, **members):
    statement = allow(action, Principal=principal)
    if condition:
        statement["Condition"] = condition
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(statement),
                           **members)["Role"]["Arn"]


def as_key(credentials):
    return {"AccessKeyId": credentials["AccessKeyId"],
            "SecretAccessKey": credentials["SecretAccessKey"]}, credentials["SessionToken"]


def test_root_knows_who_it_is(own, account):
    who = own.client("sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{account}:root" and who["UserId"] == account


def test_a_role_is_assumed_by_its_trust(own, iam, account, user):
    arn = role(iam, "trusting", {"AWS": f"arn:aws:iam::{account}:user/caller"},
               condition={"StringEquals": {"sts:ExternalId": "secret"}})
    iam.put_role_policy(RoleName="trusting", PolicyName="p", PolicyDocument=document(
        allow(["s3:ListAllMyBuckets", "sts:*"], Resource="*")))
    sts = client_of(own, "sts", user)
    refused(sts.assume_role, "AccessDenied", "sts:AssumeRole", RoleArn=arn, RoleSessionName="work")
    refused(sts.assume_role, "AccessDenied", RoleArn=arn.replace("trusting", "nobody"),
            RoleSessionName="work", ExternalId="secret")
    refused(sts.assume_role, "ValidationError", "MaxSessionDuration", RoleArn=arn,
            RoleSessionName="work", ExternalId="secret", DurationSeconds=7200)
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="work", ExternalId="secret")
    assert answer["AssumedRoleUser"]["Arn"] == \
        f"arn:aws:sts::{account}:assumed-role/trusting/work"
    key, token = as_key(answer["Credentials"])
    assert key["AccessKeyId"].startswith("ASIA")
    session = client_of(own, "sts", key, token)
    assert session.get_caller_identity()["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    client_of(own, "s3", key, token).list_buckets()
    refused(client_of(own, "iam", key, token).list_users, "AccessDenied", "assumed-role/trusting/work")
    refused(client_of(own, "sts", key).get_caller_identity, "InvalidClientTokenId")
    refused(client_of(own, "sts", key, token[:-8] + "AAAAAAA=").get_caller_identity,
            "InvalidClientTokenId")
    assert "LastUsedDate" in iam.get_role(RoleName="trusting")["Role"]["RoleLastUsed"]
    assert own.client("sts").get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == account


def test_a_session_policy_only_takes_away(own, iam, account, user):
    arn = role(iam, "wide", {"AWS": account})
    iam.attach_role_policy(RoleName="wide", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    sts = client_of(own, "sts", user)
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="work", Policy=document(
        allow("s3:ListAllMyBuckets", Resource="*")))
    assert answer["PackedPolicySize"] > 0
    key, token = as_key(answer["Credentials"])
    client_of(own, "s3", key, token).list_buckets()
    refused(client_of(own, "iam", key, token).list_users, "AccessDenied", "session policy")
    refused(sts.assume_role, "MalformedPolicyDocument", RoleArn=arn, RoleSessionName="work",
            Policy="{}")
    # A role of one session assumed from another: an hour at most.
    key, token = as_key(sts.assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"])
    iam.update_role(RoleName="wide", MaxSessionDuration=43200)
    refused(client_of(own, "sts", key, token).assume_role, "ValidationError", "chaining",
            RoleArn=arn, RoleSessionName="then", DurationSeconds=7200)


def test_a_role_made_anew_is_another(own, iam, account, user):
    arn = role(iam, "brief", {"AWS": account})
    key, token = as_key(client_of(own, "sts", user).assume_role(
        RoleArn=arn, RoleSessionName="work")["Credentials"])
    session = client_of(own, "sts", key, token)
    session.get_caller_identity()
    iam.delete_role(RoleName="brief")
    refused(session.get_caller_identity, "InvalidClientTokenId")
    role(iam, "brief", {"AWS": account})
    refused(session.get_caller_identity, "InvalidClientTokenId")


def test_root_assumes_no_role(own, iam, account):
    arn = role(iam, "unrooted", {"AWS": account})
    refused(own.client("sts").assume_role, "AccessDenied", "root", RoleArn=arn, RoleSessionName="work")


def test_sessions_of_users_keep_their_permissions_but_iams(own, user):
    sts = client_of(own, "sts", user)
    key, token = as_key(sts.get_session_token(DurationSeconds=900)["Credentials"])
    session = client_of(own, "sts", key, token)
    assert session.get_caller_identity()["Arn"].endswith(":user/caller")
    client_of(own, "s3", key, token).list_buckets()
    refused(client_of(own, "iam", key, token).list_users, "AccessDenied")
    refused(session.get_session_token, "AccessDenied")


def test_a_federated_user_may_what_both_policies_let(own, account, user):
    sts = client_of(own, "sts", user)
    answer = sts.get_federation_token(Name="guest", Policy=document(
        allow(["s3:ListAllMyBuckets", "kms:*"], Resource="*")))
    assert answer["FederatedUser"]["Arn"] == f"arn:aws:sts::{account}:federated-user/guest"
    key, token = as_key(answer["Credentials"])
    client_of(own, "s3", key, token).list_buckets()
    refused(client_of(own, "kms", key, token).list_keys, "AccessDeniedException")
    key, token = as_key(sts.get_federation_token(Name="nobody")["Credentials"])
    refused(client_of(own, "s3", key, token).list_buckets, "AccessDenied")


def coded(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def numbered(number):
    return coded(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class Issuer:
    """An OpenID Connect issuer on this machine, with a key of each kind."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(issuer.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if path.endswith("openid-configuration"):
            return {"issuer": self.url, "jwks_uri": self.url + "/keys"}
        public, point = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        return {"keys": [
            {"kty": "RSA", "kid": "r", "use": "sig", "n": numbered(public.n),
             "e": numbered(public.e)},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": coded(point.x.to_bytes(32, "big")),
             "y": coded(point.y.to_bytes(32, "big"))}]}

    def token(self, algorithm="RS256", key=None, **claims):
        claims = {"iss": self.url, "sub": "anna", "aud": "app", "exp": int(time.time()) + 600} | claims
        head = {"alg": algorithm, "kid": {"RS256": "r", "ES256": "e"}.get(algorithm, "r")}
        text = ".".join(coded(json.dumps(part).encode()) for part in (head, claims)).encode()
        if algorithm == "ES256":
            r, s = utils.decode_dss_signature(self.ec.sign(text, ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        elif algorithm == "none":
            signature = b""
        else:
            signature = (key or self.rsa).sign(text, padding.PKCS1v15(), hashes.SHA256())
        return f"{text.decode()}.{coded(signature)}"


def test_a_web_identity_is_proved_by_its_issuers_keys(own, iam):
    issuer = Issuer()
    arn = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])[
        "OpenIDConnectProviderArn"]
    host = issuer.url.removeprefix("http://")
    trusted = role(iam, "web", {"Federated": arn}, "sts:AssumeRoleWithWebIdentity",
                   {"StringEquals": {f"{host}:sub": "anna", f"{host}:aud": "app"}})
    iam.put_role_policy(RoleName="web", PolicyName="p", PolicyDocument=document(
        allow("s3:ListAllMyBuckets", Resource="*")))
    sts = boto3.client("sts", region_name="us-east-1", endpoint_url=own.endpoint,
                       config=botocore.config.Config(signature_version=botocore.UNSIGNED))

    def assume(token):
        return sts.assume_role_with_web_identity(RoleArn=trusted, RoleSessionName="web",
                                                 WebIdentityToken=token)

    for algorithm in ("RS256", "ES256"):
        answer = assume(issuer.token(algorithm))
        assert answer["SubjectFromWebIdentityToken"] == "anna" and answer["Provider"] == arn
        key, token = as_key(answer["Credentials"])
        client_of(own, "s3", key, token).list_buckets()
    other = rsa.generate_private_key(65537, 2048)
    for token, code in (
            (issuer.token(key=other), "InvalidIdentityToken"),
            (issuer.token("none"), "InvalidIdentityToken"),
            (issuer.token(aud="other"), "InvalidIdentityToken"),
            (issuer.token(iss="https://elsewhere.example"), "InvalidIdentityToken"),
            (issuer.token(nbf=int(time.time()) + 3600), "InvalidIdentityToken"),
            (issuer.token(exp=int(time.time()) - 10), "ExpiredTokenException"),
            (issuer.token(sub="berta"), "AccessDenied"),
            ("a.b.c", "InvalidIdentityToken")):
        refused(assume, code, token=token)
    issuer.server.shutdown()
    refused(sts.get_caller_identity, "MissingAuthenticationToken")


def test_what_an_issuer_claims_of_a_session(own, iam):
    """Tags and the source identity in claims that are AWS's; whom a token was issued to (azp)."""
    issuer = Issuer()
    arn = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])[
        "OpenIDConnectProviderArn"]
    host = issuer.url.removeprefix("http://")
    trusted = role(iam, "claimed", {"Federated": arn},
                   ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
                   {"StringEquals": {f"{host}:aud": "app"}})
    plain = role(iam, "untagged", {"Federated": arn}, "sts:AssumeRoleWithWebIdentity")
    iam.put_role_policy(RoleName="claimed", PolicyName="p", PolicyDocument=document(
        allow("s3:ListAllMyBuckets", Resource="*", Condition={"StringEquals": {
            "aws:PrincipalTag/team": "red", "aws:SourceIdentity": "anna@home"}})))
    sts = own.client("sts")

    def assume(arn, **claims):
        return sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="web",
                                                 WebIdentityToken=issuer.token(**claims))

    def tags(team):
        return {"https://aws.amazon.com/tags": {"principal_tags": {"team": [team]},
                                                "transitive_tag_keys": ["team"]},
                "https://aws.amazon.com/source_identity": "anna@home"}

    answer = assume(trusted, **tags("red"))
    assert answer["SourceIdentity"] == "anna@home"
    key, token = as_key(answer["Credentials"])
    client_of(own, "s3", key, token).list_buckets()
    key, token = as_key(assume(trusted, **tags("blue"))["Credentials"])
    refused(client_of(own, "s3", key, token).list_buckets, "AccessDenied")
    refused(lambda: assume(plain, **tags("red")), "AccessDenied")
    assert assume(plain)["Audience"] == "app"
    assert assume(plain, aud=["other", "app"])["Audience"] == "app"
    # Shown to the app, but issued to another.
    refused(lambda: assume(plain, azp="other"), "InvalidIdentityToken")
    for wrong in ("red", {"principal_tags": {"team": ["a", "b"]}}, {"principal_tags": {"team": 1}},
                  {"principal_tags": {"": "a"}}, {"transitive_tag_keys": [1]}):
        refused(lambda: assume(trusted, **{"https://aws.amazon.com/tags": wrong}),
                "InvalidIdentityToken")
    issuer.server.shutdown()


def test_an_issuer_that_does_not_answer_is_said(own, iam):
    issuer = Issuer()
    arn = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])[
        "OpenIDConnectProviderArn"]
    trusted = role(iam, "silent", {"Federated": arn}, "sts:AssumeRoleWithWebIdentity")
    issuer.server.shutdown()
    issuer.server.server_close()
    refused(own.client("sts").assume_role_with_web_identity, "IDPCommunicationError",
            RoleArn=trusted, RoleSessionName="web", WebIdentityToken=issuer.token())
