"""What sticks to sessions from role to role, and whom a policy goes on trusting."""

from __future__ import annotations

import json

import pytest

from asking import failure_of
from bedplate_server import BedplateServer
from principals import Account, allow, assume, new_name, policy, root_of


@pytest.fixture(name="account", scope="module")
def _account(tmp_path_factory):
    server = BedplateServer(tmp_path_factory.mktemp("chaining")).start()
    yield root_of(server)
    server.stop()


def refused(call, code, *parts, **members):
    failure = failure_of(call, **members)
    assert failure.code == code, failure
    for part in parts:
        assert part in failure.message, failure.message


def trust(principal, *actions, **condition):
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return policy(statement | ({"Condition": condition} if condition else {}))


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def buckets_of(tag, value):
    """A statement that shows by list_buckets whether the caller has a tag."""
    return allow("s3:ListAllMyBuckets", StringEquals={f"aws:PrincipalTag/{tag}": value})


def test_transitive_tags_go_on_and_others_do_not(account):
    anna = account.user(allow("sts:*"))
    first = account.role({"AWS": anna.arn}, allow("sts:*"), buckets_of("team", "red"))
    by_team = account.role({"AWS": account.number}, buckets_of("team", "red"))
    by_cost = account.role({"AWS": account.number}, buckets_of("cost", "7"))
    session = assume(anna, first, Tags=tags(team="red", cost="7"), TransitiveTagKeys=["team"])
    session("s3").list_buckets()
    assume(session, by_team)("s3").list_buckets()
    refused(assume(session, by_cost)("s3").list_buckets, "AccessDenied")
    # To the third role too, whatever the second was asked for with.
    second = account.role({"AWS": account.number}, allow("sts:*"))
    third = assume(assume(session, second, Tags=tags(more="x")), by_team)
    third("s3").list_buckets()
    for key in ("team", "TEAM"):
        refused(session("sts").assume_role, "ValidationError", "transitive tag key", "team",
                RoleArn=by_team, RoleSessionName="then", Tags=tags(**{key: "blue"}))
    refused(anna("sts").assume_role, "ValidationError", "'cost'", RoleArn=first,
            RoleSessionName="then", Tags=tags(team="red"), TransitiveTagKeys=["cost"])


def test_a_role_takes_inherited_tags_only_by_its_trust(account):
    anna = account.user(allow("sts:*"))
    first = account.role({"AWS": anna.arn}, allow("sts:*"))
    bare = account.iam.create_role(
        RoleName=new_name("r"), AssumeRolePolicyDocument=trust({"AWS": account.number},
                                                               "sts:AssumeRole"))["Role"]["Arn"]
    assume(assume(anna, first), bare)
    tagged = assume(anna, first, Tags=tags(team="red"), TransitiveTagKeys=["team"])
    refused(tagged("sts").assume_role, "AccessDenied", "sts:TagSession", bare,
            RoleArn=bare, RoleSessionName="then")
    # What is not transitive does not go on, and needs nothing.
    assume(assume(anna, first, Tags=tags(team="red")), bare)


def test_tags_that_a_trust_asks_for(account):
    anna = account.user(allow("sts:*"), Tags=tags(team="red"))
    role = account.iam.create_role(RoleName=new_name("r"), AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": account.number},
            "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {
                "StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"],
                                              "sts:TransitiveTagKeys": ["team"]}}}]}))["Role"]["Arn"]
    assume(anna, role, Tags=tags(team="red", cost="7"), TransitiveTagKeys=["team"])
    for members in ({}, {"Tags": tags(team="blue")}, {"Tags": tags(team="red", more="x")},
                    {"Tags": tags(team="red", cost="7"), "TransitiveTagKeys": ["cost"]}):
        refused(anna("sts").assume_role, "AccessDenied", RoleArn=role, RoleSessionName="then",
                **members)
    refused(anna("sts").assume_role, "ValidationError", "team", RoleArn=role, RoleSessionName="then",
            Tags=[*tags(team="red"), *tags(TEAM="blue")])


def test_a_source_identity_is_set_once_and_stays(account):
    anna = account.user(allow("sts:*"))
    first = account.role({"AWS": anna.arn}, allow("sts:*"))
    second = account.role({"AWS": account.number}, allow(
        "s3:ListAllMyBuckets", StringEquals={"aws:SourceIdentity": "Anna"}))
    made = anna("sts").assume_role(RoleArn=first, RoleSessionName="then", SourceIdentity="Anna")
    assert made["SourceIdentity"] == "Anna"
    session = assume(anna, first, SourceIdentity="Anna")
    told = session("sts").assume_role(RoleArn=second, RoleSessionName="then")
    assert told["SourceIdentity"] == "Anna"
    assume(session, second)("s3").list_buckets()
    assume(session, second, SourceIdentity="Anna")("s3").list_buckets()
    refused(session("sts").assume_role, "AccessDenied", "Anna", RoleArn=second, RoleSessionName="then",
            SourceIdentity="Berta")
    refused(assume(assume(anna, first), second)("s3").list_buckets, "AccessDenied")


def test_a_source_identity_takes_a_permission(account):
    anna = account.user(allow("sts:*"))
    bare = account.iam.create_role(
        RoleName=new_name("r"), AssumeRolePolicyDocument=trust({"AWS": account.number},
                                                               "sts:AssumeRole"))["Role"]["Arn"]
    assume(anna, bare)
    refused(anna("sts").assume_role, "AccessDenied", "sts:SetSourceIdentity", RoleArn=bare,
            RoleSessionName="then", SourceIdentity="Anna")
    # One that is inherited too: of the caller's policies and of the trust.
    open_role = account.role({"AWS": account.number}, allow("sts:*"))
    session = assume(anna, open_role, SourceIdentity="Anna")
    refused(session("sts").assume_role, "AccessDenied", "sts:SetSourceIdentity", RoleArn=bare,
            RoleSessionName="then")
    narrow = account.role({"AWS": account.number}, allow("sts:AssumeRole"))
    session = assume(anna, narrow, SourceIdentity="Anna")
    other = account.role({"AWS": account.number})
    refused(session("sts").assume_role, "AccessDenied", "sts:SetSourceIdentity", RoleArn=other,
            RoleSessionName="then")
    named = account.iam.create_role(RoleName=new_name("r"), AssumeRolePolicyDocument=trust(
        {"AWS": account.number}, "sts:AssumeRole", "sts:SetSourceIdentity",
        StringLike={"sts:SourceIdentity": "A*"}))["Role"]["Arn"]
    assume(anna, named, SourceIdentity="Anna")
    for members in ({}, {"SourceIdentity": "Berta"}):
        refused(anna("sts").assume_role, "AccessDenied", RoleArn=named, RoleSessionName="then",
                **members)


def test_a_chained_session_has_an_hour(account):
    anna = account.user(allow("sts:*"))
    role = account.role({"AWS": account.number}, allow("sts:*"), MaxSessionDuration=7200)
    anna("sts").assume_role(RoleArn=role, RoleSessionName="then", DurationSeconds=7200)
    session = assume(anna, role)
    session("sts").assume_role(RoleArn=role, RoleSessionName="then", DurationSeconds=3600)
    refused(session("sts").assume_role, "ValidationError", "1 hour", RoleArn=role,
            RoleSessionName="then", DurationSeconds=3601)


def test_packed_policies_and_tags_have_a_size(account):
    anna = account.user(allow("sts:*"))
    role = account.role({"AWS": account.number})
    little = anna("sts").assume_role(RoleArn=role, RoleSessionName="then", Tags=tags(a="b"))
    much = anna("sts").assume_role(RoleArn=role, RoleSessionName="then", Tags=tags(
        **{f"key{n}": "v" * 128 for n in range(40)}), Policy=policy(allow("s3:*")))
    assert 0 < little["PackedPolicySize"] < much["PackedPolicySize"] <= 100
    assert "PackedPolicySize" not in anna("sts").assume_role(RoleArn=role, RoleSessionName="then")
    refused(anna("sts").assume_role, "PackedPolicyTooLarge", "%", RoleArn=role, RoleSessionName="then",
            Tags=tags(**{f"key{n}": "v" * 256 for n in range(40)}))


def trusted_by(account: Account, name: str):
    document = account.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    return document["Statement"][0]["Principal"]["AWS"]


def test_who_is_made_anew_is_not_trusted(account):
    name = new_name()
    anna = account.user(allow("sts:*"), UserName=name)
    unique = account.iam.get_user(UserName=name)["User"]["UserId"]
    role = account.role({"AWS": anna.arn})
    role_name = role.rpartition("/")[2]
    assume(anna, role)
    assert trusted_by(account, role_name) == anna.arn
    # Who is only renamed is who it was.
    account.iam.update_user(UserName=name, NewUserName=name + "x")
    assume(anna, role)
    assert trusted_by(account, role_name) == anna.arn + "x"
    account.iam.update_user(UserName=name + "x", NewUserName=name)
    account.iam.delete_access_key(UserName=name, AccessKeyId=anna.key)
    account.iam.delete_user_policy(UserName=name, PolicyName="p")
    account.iam.delete_user(UserName=name)
    assert trusted_by(account, role_name) == unique
    document = account.iam.get_role(RoleName=role_name)["Role"]["AssumeRolePolicyDocument"]
    refused(account.iam.update_assume_role_policy, "MalformedPolicyDocument", unique,
            RoleName=role_name, PolicyDocument=json.dumps(document))
    again = account.user(allow("sts:*"), UserName=name)
    assert again.arn == anna.arn
    refused(again("sts").assume_role, "AccessDenied", RoleArn=role, RoleSessionName="then")
    account.iam.update_assume_role_policy(
        RoleName=role_name, PolicyDocument=json.dumps(document).replace(unique, anna.arn))
    assume(again, role)


def test_a_role_made_anew_is_not_trusted_after_a_restart_either(new_server):
    server = new_server()
    account = root_of(server)
    anna = account.user(allow("sts:*"))
    first = account.role({"AWS": account.number}, allow("sts:*"), name="first")
    second = account.role({"AWS": [first, anna.arn]}, name="second")
    unique = account.iam.get_role(RoleName="first")["Role"]["RoleId"]
    assume(assume(anna, first), second)
    server.stop()
    server.start()
    account = root_of(server)
    assume(assume(anna, first), second)
    account.iam.delete_role_policy(RoleName="first", PolicyName="p")
    account.iam.delete_role(RoleName="first")
    assert trusted_by(account, "second") == [unique, anna.arn]
    account.role({"AWS": account.number}, allow("sts:*"), name="first")
    session = assume(anna, first)
    refused(session("sts").assume_role, "AccessDenied", RoleArn=second, RoleSessionName="then")
    assume(anna, second)


def test_a_key_does_not_know_who_is_made_anew(account):
    name = new_name()
    anna = account.user(UserName=name)
    unique = account.iam.get_user(UserName=name)["User"]["UserId"]
    kms = account.root("kms")
    own = {"Effect": "Allow", "Action": "kms:*", "Resource": "*",
           "Principal": {"AWS": f"arn:aws:iam::{account.number}:root"}}
    text = policy(own, {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": "*",
                        "Principal": {"AWS": anna.arn}})
    key = kms.create_key(Policy=text)["KeyMetadata"]["KeyId"]
    anna("kms").generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.get_key_policy(KeyId=key)["Policy"] == text
    account.iam.delete_access_key(UserName=name, AccessKeyId=anna.key)
    account.iam.delete_user(UserName=name)
    assert kms.get_key_policy(KeyId=key)["Policy"] == text.replace(anna.arn, unique)
    again = account.user(UserName=name)
    refused(again("kms").generate_data_key, "AccessDeniedException", KeyId=key, KeySpec="AES_256")
    for nobody in (unique, anna.arn + "y"):
        for call, members in ((kms.create_key, {}), (kms.put_key_policy, {"KeyId": key})):
            refused(call, "MalformedPolicyDocumentException", "invalid principals", nobody,
                    Policy=text.replace(anna.arn, nobody), **members)
    kms.put_key_policy(KeyId=key, Policy=text)
    again("kms").generate_data_key(KeyId=key, KeySpec="AES_256")
