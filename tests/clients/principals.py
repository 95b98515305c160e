"""Users, roles and sessions for tests of what they may do."""

from __future__ import annotations

import contextlib
import json
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.config

from bedplate_server import BedplateServer, wait_until


def new_name(prefix: str = "u") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def allow(*actions: str, on: str | list[str] = "*", **condition: dict) -> dict:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return statement | ({"Condition": condition} if condition else {})


def deny(*actions: str, on: str | list[str] = "*", **condition: dict) -> dict:
    return allow(*actions, on=on, **condition) | {"Effect": "Deny"}


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Sender:
    """Clients that sign with somebody's keys; tries once, so that each error is seen."""

    def __init__(self, server: BedplateServer, key: str, secret: str, token: str | None = None,
                 arn: str = ""):
        self.server, self.key, self.secret, self.token, self.arn = server, key, secret, token, arn

    def __call__(self, service: str, **options: Any) -> Any:
        config = {"retries": {"max_attempts": 0, "mode": "standard"}} | options
        return boto3.session.Session(
            aws_access_key_id=self.key, aws_secret_access_key=self.secret,
            aws_session_token=self.token, region_name="us-east-1",
        ).client(service, endpoint_url=self.server.endpoint, config=botocore.config.Config(**config))


class Account:
    """What the root of an account makes; `root` is its Sender."""

    def __init__(self, root: Sender):
        self.root = root
        self.iam = root("iam")
        self.number = root("sts").get_caller_identity()["Account"]

    def user(self, *statements: dict, boundary: list[dict] | None = None, **members: Any) -> Sender:
        """A new user with these statements as its policy."""
        name = members.pop("UserName", new_name())
        if boundary is not None:
            members["PermissionsBoundary"] = self.managed(*boundary)
        made = self.iam.create_user(UserName=name, **members)["User"]
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p",
                                     PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Sender(self.root.server, key["AccessKeyId"], key["SecretAccessKey"], arn=made["Arn"])

    def managed(self, *statements: dict) -> str:
        made = self.iam.create_policy(PolicyName=new_name("p"), PolicyDocument=policy(*statements))
        return made["Policy"]["Arn"]

    def role(self, trusted: Any, *statements: dict, name: str = "", **members: Any) -> str:
        """The ARN of a new role that `trusted` (a Principal) may assume."""
        trust = policy({"Effect": "Allow", "Principal": trusted,
                        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}
                       | members.pop("trust", {}))
        made = self.iam.create_role(RoleName=name or new_name("r"), AssumeRolePolicyDocument=trust,
                                    **members)["Role"]
        if statements:
            self.iam.put_role_policy(RoleName=made["RoleName"], PolicyName="p",
                                     PolicyDocument=policy(*statements))
        return made["Arn"]


def root_of(server: BedplateServer) -> Account:
    return Account(Sender(server, server.environment["AWS_ACCESS_KEY_ID"],
                          server.environment["AWS_SECRET_ACCESS_KEY"]))


def _is_known(sender: Sender) -> bool:
    try:
        sender("sts").get_caller_identity()
    except Exception:
        return False  # not yet, whatever it says
    return True


@contextlib.contextmanager
def two_accounts(folder: pathlib.Path) -> Iterator[tuple[Account, Account]]:
    """A server's own account, and one that was added to it."""
    server = BedplateServer(folder).start()
    added = json.loads(server.run("accounts", "add", "--name", "other", "--json"))
    sender = Sender(server, added["access_key_id"], added["secret_access_key"])
    wait_until("the new account's root is known", lambda: _is_known(sender))
    yield root_of(server), Account(sender)
    server.stop()


def assume(sender: Sender, role: str, session: str = "session", **members: Any) -> Sender:
    made = sender("sts").assume_role(RoleArn=role, RoleSessionName=session, **members)
    keys = made["Credentials"]
    return Sender(sender.server, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"],
                  made["AssumedRoleUser"]["Arn"])
