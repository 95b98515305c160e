"""Several accounts on one server: each sees its own, and reaches another's by trust alone."""

from __future__ import annotations

import json

from bedplate_server import wait_until
from iam_test import client_of, refused


def test_accounts_are_apart_and_trust_each_other_by_roles(new_server):
    server = new_server()
    added = json.loads(server.run("accounts", "add", "--name", "second", "--json"))
    key = {"AccessKeyId": added["access_key_id"], "SecretAccessKey": added["secret_access_key"]}

    def known():
        try:
            return client_of(server, "sts", key).get_caller_identity()["Account"]
        except Exception:
            return None

    assert wait_until("the account is known", known) == added["account_id"]
    first, second = server.client("iam"), client_of(server, "iam", key)
    first.create_user(UserName="same")
    second.create_user(UserName="same")
    assert f":{added['account_id']}:" in second.get_user(UserName="same")["User"]["Arn"]
    second.delete_user(UserName="same")
    assert first.get_user(UserName="same")["User"]["UserName"] == "same"

    second.create_user(UserName="guest")
    home = server.client("sts").get_caller_identity()["Account"]
    arn = first.create_role(RoleName="door", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": added["account_id"]}}]}))["Role"]["Arn"]
    guest = second.create_access_key(UserName="guest")["AccessKey"]
    sts = client_of(server, "sts", guest)
    refused(sts.assume_role, "AccessDenied", RoleArn=arn, RoleSessionName="work")
    second.put_user_policy(UserName="guest", PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}]}))
    session = sts.assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
    acting = client_of(server, "sts", session, session["SessionToken"])
    assert acting.get_caller_identity()["Account"] == home

    listed = json.loads(server.run("accounts", "list", "--json"))
    assert [one["account_id"] for one in listed] == [home, added["account_id"]]
    assert "secret_access_key" not in listed[1]
    assert added["secret_access_key"].encode() not in (server.data / "bedplate.db").read_bytes()
