"""What callers may do: users with one policy each, boundaries, sessions, tags, keys, accounts."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from asking import converse, failure_of
from bedplate_server import CHAT, EMBEDDINGS
from principals import Account, allow, assume, deny, new_name, policy, root_of

MODEL = f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"


@pytest.fixture(name="account", scope="module")
def _account(server) -> Account:
    return root_of(server)


def refused(call, code: str, *parts: str, **members):
    failure = failure_of(call, **members)
    assert failure.code == code, failure
    for part in parts:
        assert part in failure.message, failure.message
    return failure


def told(arn: str, action: str, resource: str, why: str = "") -> str:
    return (f"User: {arn} is not authorized to perform: {action} on resource: {resource} "
            + (why or f"because no identity-based policy allows the {action} action"))


# Bedrock

def test_a_model_only_for_who_may_invoke_it(account):
    anna = account.user(allow("bedrock:InvokeModel", on=MODEL))
    runtime = anna("bedrock-runtime")
    assert converse(runtime)["stopReason"]
    failure = refused(runtime.converse_stream, "AccessDeniedException", modelId=CHAT,
                      messages=[{"role": "user", "content": [{"text": "x"}]}])
    assert failure.status == 403
    assert failure.message == told(anna.arn, "bedrock:InvokeModelWithResponseStream", MODEL)
    body = json.dumps({"inputText": "x"})
    failure = refused(runtime.invoke_model, "AccessDeniedException", modelId=EMBEDDINGS, body=body)
    assert failure.message == told(
        anna.arn, "bedrock:InvokeModel", MODEL.replace(CHAT, EMBEDDINGS))
    refused(runtime.count_tokens, "AccessDeniedException", "bedrock:CountTokens", modelId=CHAT,
            input={"converse": {"messages": [{"role": "user", "content": [{"text": "x"}]}]}})
    refused(anna("bedrock").list_foundation_models, "AccessDeniedException",
            told(anna.arn, "bedrock:ListFoundationModels", "*"))


def test_a_malformed_request_is_told_before_a_missing_permission(account):
    runtime = account.user()("bedrock-runtime", parameter_validation=False)
    assert failure_of(runtime.converse, modelId=CHAT, messages=[{"role": "nobody"}]).code == (
        "ValidationException")


def test_a_profile_takes_its_model_too(account):
    bedrock = account.root("bedrock")
    made = bedrock.create_inference_profile(
        inferenceProfileName=new_name(), modelSource={"copyFrom": MODEL},
        tags=[{"key": "team", "value": "blue"}])["inferenceProfileArn"]
    only_profile = account.user(allow("bedrock:InvokeModel", on=made))
    failure = failure_of(converse, only_profile("bedrock-runtime"), modelId=made)
    assert failure.message == told(only_profile.arn, "bedrock:InvokeModel", MODEL)
    only_model = account.user(allow("bedrock:InvokeModel", on=MODEL))
    failure = failure_of(converse, only_model("bedrock-runtime"), modelId=made)
    assert failure.message == told(only_model.arn, "bedrock:InvokeModel", made)
    # The model by this profile alone, whatever the profile is called by.
    both = account.user(
        allow("bedrock:InvokeModel", on=made),
        allow("bedrock:InvokeModel", on=MODEL,
              StringEquals={"bedrock:InferenceProfileArn": made}))
    for name in (made, made.rpartition("/")[2]):
        assert converse(both("bedrock-runtime"), modelId=name)["stopReason"]
    assert failure_of(converse, both("bedrock-runtime")).code == "AccessDeniedException"
    # By its tags.
    tagged = account.user(allow("bedrock:GetInferenceProfile",
                                StringEquals={"aws:ResourceTag/team": "blue"}))
    assert tagged("bedrock").get_inference_profile(inferenceProfileIdentifier=made)["status"]
    bedrock.tag_resource(resourceARN=made, tags=[{"key": "team", "value": "red"}])
    refused(tagged("bedrock").get_inference_profile, "AccessDeniedException", made,
            inferenceProfileIdentifier=made)
    bedrock.delete_inference_profile(inferenceProfileIdentifier=made)


def test_tags_of_a_request_are_conditions(account):
    anna = account.user(
        allow("bedrock:CreateInferenceProfile"),
        allow("bedrock:TagResource", StringEquals={"aws:RequestTag/team": "blue"},
              **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}))
    bedrock = anna("bedrock")

    def make(*tags):
        return bedrock.create_inference_profile(
            inferenceProfileName=new_name(), modelSource={"copyFrom": MODEL},
            tags=[{"key": key, "value": value} for key, value in tags])["inferenceProfileArn"]

    made = [make(("team", "blue"))]
    for tags in ([("team", "red")], [("team", "blue"), ("stage", "x")]):
        failure = failure_of(make, *tags)
        assert "bedrock:TagResource" in failure.message
    for arn in made:
        account.root("bedrock").delete_inference_profile(inferenceProfileIdentifier=arn)


def test_facades_ask_for_the_model(server, account):
    anna = account.user(allow("bedrock:CallWithBearerToken"),
                        allow("bedrock:InvokeModel", on=MODEL),
                        allow("bedrock:ListFoundationModels"))
    key = account.iam.create_service_specific_credential(
        UserName=anna.arn.rpartition("/")[2],
        ServiceName="bedrock.amazonaws.com")["ServiceSpecificCredential"]["ServiceCredentialSecret"]

    def ask(path, **body):
        request = urllib.request.Request(
            server.endpoint + path, data=json.dumps(body).encode() if body else None,
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    messages = [{"role": "user", "content": "Hi"}]
    chat = {"messages": messages, "max_tokens": 4}
    assert ask("/openai/v1/chat/completions", model=CHAT, **chat)[0] == 200
    assert ask("/anthropic/v1/messages", model=CHAT, **chat)[0] == 200
    status, answer = ask("/openai/v1/chat/completions", model=EMBEDDINGS, **chat)
    assert status == 403
    assert told(anna.arn, "bedrock:InvokeModel", MODEL.replace(CHAT, EMBEDDINGS)) in (
        answer["error"]["message"])
    assert ask("/openai/v1/models")[0] == 200
    assert ask(f"/openai/v1/models/{CHAT}")[0] == 403
    status, kept = ask("/openai/v1/responses", model=CHAT, input="Hi", max_output_tokens=16)
    assert status == 200
    assert ask(f"/openai/v1/responses/{kept['id']}")[0] == 200
    account.iam.put_user_policy(
        UserName=anna.arn.rpartition("/")[2], PolicyName="p",
        PolicyDocument=policy(allow("bedrock:CallWithBearerToken"),
                              allow("bedrock:InvokeModel", on=MODEL.replace(CHAT, "other"))))
    assert ask(f"/openai/v1/responses/{kept['id']}")[0] == 403
    assert ask("/anthropic/v1/messages", model=CHAT, **chat)[0] == 403


def test_facades_tell_policies_the_tier_of_the_body(server, account):
    name = new_name()
    account.user(allow("bedrock:*"), deny("bedrock:InvokeModel", StringEquals={
        "bedrock:ServiceTier": "priority"}), UserName=name)
    key = account.iam.create_service_specific_credential(
        UserName=name, ServiceName="bedrock.amazonaws.com")["ServiceSpecificCredential"]
    for tier, denied in (("priority", True), (None, False)):
        body = {"model": CHAT, "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]} \
            | ({"service_tier": tier} if tier else {})
        request = urllib.request.Request(
            server.endpoint + "/openai/v1/chat/completions", json.dumps(body).encode(),
            {"authorization": "Bearer " + key["ServiceCredentialSecret"],
             "content-type": "application/json"})
        try:
            status, text = 200, urllib.request.urlopen(request).read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        assert (status == 403 and "with an explicit deny" in text) if denied else status == 200, text


def test_bearer_keys_need_a_permission_of_their_own(server, account):
    anna = account.user(allow("bedrock:InvokeModel"))
    name = anna.arn.rpartition("/")[2]
    key = account.iam.create_service_specific_credential(
        UserName=name, ServiceName="bedrock.amazonaws.com"
    )["ServiceSpecificCredential"]["ServiceCredentialSecret"]

    def by_key(path=f"/model/{CHAT}/converse"):
        body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hi"}]}],
                           "inferenceConfig": {"maxTokens": 4}}).encode()
        request = urllib.request.Request(server.endpoint + path, data=body, headers={
            "authorization": f"Bearer {key}", "content-type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, ""
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["message"]

    assert by_key() == (403, told(anna.arn, "bedrock:CallWithBearerToken", "*"))
    for kind, status in (("LONG_TERM", 200), ("SHORT_TERM", 403)):
        account.iam.put_user_policy(
            UserName=name, PolicyName="p", PolicyDocument=policy(
                allow("bedrock:InvokeModel"),
                allow("bedrock:CallWithBearerToken",
                      StringEquals={"bedrock:BearerTokenType": kind})))
        assert by_key()[0] == status
    # What the key is not needed for goes on.
    assert converse(anna("bedrock-runtime"))["stopReason"]


# IAM and STS

def test_iam_only_what_is_allowed(account):
    anna = account.user(allow("iam:GetUser", "iam:CreateAccessKey",
                              on=f"arn:aws:iam::{account.number}:user/${{aws:username}}"))
    iam = anna("iam")
    name = anna.arn.rpartition("/")[2]
    assert iam.get_user()["User"]["UserName"] == name
    assert iam.get_user(UserName=name)["User"]["Arn"] == anna.arn
    other = account.user(Path="/team/")
    failure = refused(iam.get_user, "AccessDenied", UserName=other.arn.rpartition("/")[2])
    assert failure.status == 403
    assert failure.message == told(anna.arn, "iam:GetUser", other.arn)
    refused(iam.list_users, "AccessDenied", "iam:ListUsers")
    # Who isn't there is told to who may look.
    nobody = f"arn:aws:iam::{account.number}:user/nobody-there"
    refused(iam.get_user, "AccessDenied", nobody, UserName="nobody-there")
    assert failure_of(account.iam.get_user, UserName="nobody-there").code == "NoSuchEntity"


def test_iam_holds_policies_and_boundaries_as_conditions(account):
    reader = account.managed(allow("s3:Get*"))
    other = account.managed(allow("s3:*"))
    anna = account.user(
        allow("iam:AttachUserPolicy", ArnEquals={"iam:PolicyARN": reader}),
        allow("iam:CreateUser", StringEquals={"iam:PermissionsBoundary": reader}))
    iam = anna("iam")
    name = new_name()
    refused(iam.create_user, "AccessDenied", "iam:CreateUser", UserName=name)
    refused(iam.create_user, "AccessDenied", UserName=name, PermissionsBoundary=other)
    iam.create_user(UserName=name, PermissionsBoundary=reader)
    refused(iam.attach_user_policy, "AccessDenied", UserName=name, PolicyArn=other)
    iam.attach_user_policy(UserName=name, PolicyArn=reader)
    refused(iam.create_user, "AccessDenied", "iam:TagUser", UserName=new_name(),
            PermissionsBoundary=reader, Tags=[{"Key": "a", "Value": "b"}])


def users_under(account, path: str) -> str:
    return f"arn:aws:iam::{account.number}:user{path}*"


def test_a_user_is_renamed_by_who_may_both_names(account):
    name, taken = new_name("blue"), new_name("red")
    account.iam.create_user(UserName=name, Path="/blue/", Tags=[{"Key": "team", "Value": "blue"}])
    account.iam.create_user(UserName=taken, Path="/blue/")
    blue = account.user(allow("iam:UpdateUser", on=users_under(account, "/blue/")))
    iam = blue("iam")
    # What it becomes: another path, another name outside of what is allowed, or within it.
    outside = f"arn:aws:iam::{account.number}:user/red/{name}"
    failure = refused(iam.update_user, "AccessDenied", UserName=name, NewPath="/red/")
    assert failure.status == 403
    assert failure.message == told(blue.arn, "iam:UpdateUser", outside)
    refused(iam.update_user, "AccessDenied", "user/x", UserName=name, NewPath="/", NewUserName="x")
    iam.update_user(UserName=name, NewUserName=name + "2")
    iam.update_user(UserName=name + "2", NewPath="/blue/team/", NewUserName=name)
    # A name that is taken is told to who may have it alone; what is not there, as before.
    refused(iam.update_user, "AccessDenied", UserName=taken, NewPath="/", NewUserName=name)
    refused(iam.update_user, "EntityAlreadyExists", UserName=taken, NewUserName=name)
    assert failure_of(account.iam.update_user, UserName="nobody-there",
                      NewUserName="x").code == "NoSuchEntity"
    # A name that must not change hands, whoever the user was.
    guarded = account.user(allow("iam:UpdateUser"),
                           deny("iam:UpdateUser", on=users_under(account, "/boss/")))("iam")
    refused(guarded.update_user, "AccessDenied", "with an explicit deny", UserName=name,
            NewPath="/boss/")
    # The target is the same user: conditions on its tags hold for both.
    tagged = account.user(allow("iam:UpdateUser", StringEquals={"aws:ResourceTag/team": "blue"}))
    refused(tagged("iam").update_user, "AccessDenied", UserName=taken, NewUserName=taken + "2")
    tagged("iam").update_user(UserName=name, NewPath="/green/")
    assert account.iam.get_user(UserName=name)["User"]["Path"] == "/green/"


def test_a_group_is_renamed_by_who_may_both_names(account):
    name = new_name("g")
    account.iam.create_group(GroupName=name, Path="/blue/")
    groups = f"arn:aws:iam::{account.number}:group/"
    blue = account.user(allow("iam:UpdateGroup", on=groups + "blue/*"))
    iam = blue("iam")
    failure = refused(iam.update_group, "AccessDenied", GroupName=name, NewPath="/red/")
    assert failure.message == told(blue.arn, "iam:UpdateGroup", f"{groups}red/{name}")
    iam.update_group(GroupName=name, NewGroupName=name + "2")
    iam.update_group(GroupName=name + "2", NewPath="/blue/green/")
    assert account.iam.get_group(GroupName=name + "2")["Group"]["Path"] == "/blue/green/"


def test_a_boundary_holds_whatever_policies_allow(account):
    anna = account.user(allow("*"), boundary=[allow("bedrock:*")])
    assert anna("bedrock").list_foundation_models()["modelSummaries"]
    failure = refused(anna("iam").list_users, "AccessDenied")
    assert "because no permissions boundary allows the iam:ListUsers action" in failure.message
    denied = account.user(allow("*"), deny("bedrock:List*"))
    refused(denied("bedrock").list_foundation_models, "AccessDeniedException",
            "with an explicit deny in an identity-based policy")


def test_a_role_is_assumed_by_who_it_trusts(account):
    anna = account.user()
    ben = account.user(allow("sts:AssumeRole"))
    trusting = account.role({"AWS": anna.arn}, allow("bedrock:ListFoundationModels"))
    session = assume(anna, trusting)
    assert session("bedrock").list_foundation_models()["modelSummaries"]
    refused(session("iam").list_users, "AccessDenied", session.arn)
    failure = refused(ben("sts").assume_role, "AccessDenied", RoleArn=trusting,
                      RoleSessionName="session")
    assert f"is not authorized to perform: sts:AssumeRole on resource: {trusting}" in (
        failure.message)
    # A role that trusts the account leaves it to the users' policies.
    of_account = account.role({"AWS": f"arn:aws:iam::{account.number}:root"})
    assert assume(ben, of_account)
    refused(anna("sts").assume_role, "AccessDenied", "no identity-based policy",
            RoleArn=of_account, RoleSessionName="session")
    missing = f"arn:aws:iam::{account.number}:role/nobody-there"
    refused(ben("sts").assume_role, "AccessDenied", missing, RoleArn=missing, RoleSessionName="session")


def test_conditions_of_a_role(account):
    ben = account.user(allow("sts:*"))
    role = account.role(
        {"AWS": f"arn:aws:iam::{account.number}:root"}, allow("bedrock:*"),
        trust={"Condition": {"StringEquals": {"sts:ExternalId": "confirmed"}}})
    refused(ben("sts").assume_role, "AccessDenied", RoleArn=role, RoleSessionName="session")
    refused(ben("sts").assume_role, "AccessDenied", RoleArn=role, RoleSessionName="session",
            ExternalId="other")
    assert assume(ben, role, ExternalId="confirmed")
    # Tags of a session are a permission of their own, and then its principal's.
    carl = account.user(allow("sts:AssumeRole"))
    tagged = account.role({"AWS": f"arn:aws:iam::{account.number}:root"},
                          allow("bedrock:ListFoundationModels",
                                StringEquals={"aws:PrincipalTag/team": "blue"}))
    blue = [{"Key": "team", "Value": "blue"}]
    refused(carl("sts").assume_role, "AccessDenied", "sts:TagSession", RoleArn=tagged,
            RoleSessionName="session", Tags=blue)
    assert assume(ben, tagged, Tags=blue)("bedrock").list_foundation_models()
    refused(assume(ben, tagged)("bedrock").list_foundation_models, "AccessDeniedException")


def test_a_session_policy_narrows(account):
    ben = account.user(allow("sts:AssumeRole"))
    role = account.role({"AWS": ben.arn}, allow("bedrock:*", "iam:*"))
    session = assume(ben, role, Policy=policy(allow("bedrock:List*")))
    assert session("bedrock").list_foundation_models()["modelSummaries"]
    refused(session("iam").list_users, "AccessDenied",
            "because no session policy allows the iam:ListUsers action")


def test_the_caller_is_told_to_everyone(account):
    anna = account.user(deny("sts:*"))
    assert anna("sts").get_caller_identity()["Arn"] == anna.arn


def test_a_role_is_passed_by_who_may(account):
    role = account.role({"Service": "sagemaker.amazonaws.com"})
    members = {"modelSourceIdentifier": "arn:aws:sagemaker:us-east-1:aws:hub-content/"
               f"SageMakerPublicHub/Model/{CHAT}", "endpointName": new_name("e"),
               "endpointConfig": {"sageMaker": {
                   "initialInstanceCount": 1, "instanceType": "ml.m5.large",
                   "executionRole": role}}}
    without = account.user(allow("bedrock:*"))
    failure = refused(without("bedrock").create_marketplace_model_endpoint,
                      "AccessDeniedException", **members)
    assert failure.message == told(without.arn, "iam:PassRole", role)
    to_other = account.user(allow("bedrock:*"), allow(
        "iam:PassRole", StringEquals={"iam:PassedToService": "bedrock.amazonaws.com"}))
    refused(to_other("bedrock").create_marketplace_model_endpoint, "AccessDeniedException",
            "iam:PassRole", **members)
    may = account.user(allow("bedrock:*"), allow(
        "iam:PassRole", on=role, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"}))
    made = may("bedrock").create_marketplace_model_endpoint(**members)
    account.root("bedrock").delete_marketplace_model_endpoint(
        endpointArn=made["marketplaceModelEndpoint"]["endpointArn"])


# KMS

def test_a_keys_policy_must_allow(account):
    kms = account.root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]  # its policy leaves it to the account's users
    anna = account.user(allow("kms:Encrypt", on=key))
    sealed = anna("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    failure = refused(anna("kms").decrypt, "AccessDeniedException", CiphertextBlob=sealed)
    assert failure.message == told(anna.arn, "kms:Decrypt", key)
    # Without the account in it, only who it names.
    root = {"Sid": "Admin", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": f"arn:aws:iam::{account.number}:root"},
            "Condition": {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{account.number}:root"}}}
    named = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
             "Principal": {"AWS": anna.arn}}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(root, named),
                       BypassPolicyLockoutSafetyCheck=True)
    assert anna("kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    refused(anna("kms").encrypt, "AccessDeniedException",
            "because no resource-based policy allows the kms:Encrypt action", KeyId=key,
            Plaintext=b"x")


def test_conditions_of_keys(account):
    kms = account.root("kms")
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]["Arn"]
    alias = "alias/" + new_name()
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    anna = account.user(
        allow("kms:Encrypt", StringEquals={"kms:EncryptionContext:team": "blue"}),
        allow("kms:DescribeKey", StringEquals={"aws:ResourceTag/team": "blue"}),
        allow("kms:GenerateMac", StringEquals={"kms:RequestAlias": alias}))
    mine = anna("kms")
    assert mine.encrypt(KeyId=alias, Plaintext=b"x", EncryptionContext={"team": "blue"})
    refused(mine.encrypt, "AccessDeniedException", key, KeyId=alias, Plaintext=b"x",
            EncryptionContext={"team": "red"})
    refused(mine.encrypt, "AccessDeniedException", KeyId=alias, Plaintext=b"x")
    assert mine.describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    kms.untag_resource(KeyId=key, TagKeys=["team"])
    refused(mine.describe_key, "AccessDeniedException", KeyId=key)
    # An alias is made by who may on it and on its key.
    maker = account.user(allow("kms:CreateAlias", on=f"arn:aws:kms:us-east-1:{account.number}:alias/*"))
    refused(maker("kms").create_alias, "AccessDeniedException", "kms:CreateAlias", key,
            AliasName="alias/" + new_name(), TargetKeyId=key)


def test_a_grant_allows_without_policies(account):
    kms = account.root("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    anna = account.user()
    refused(anna("kms").encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x")
    grant = kms.create_grant(KeyId=key, GranteePrincipal=anna.arn, Operations=["Encrypt"],
                             Constraints={"EncryptionContextSubset": {"a": "b"}})["GrantId"]
    assert anna("kms").encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b", "c": "d"})
    refused(anna("kms").encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x")
    refused(anna("kms").describe_key, "AccessDeniedException", KeyId=key)
    kms.revoke_grant(KeyId=key, GrantId=grant)
    refused(anna("kms").encrypt, "AccessDeniedException", KeyId=key, Plaintext=b"x",
            EncryptionContext={"a": "b"})


# S3

@pytest.fixture(name="bucket")
def _bucket(account):
    s3 = account.root("s3")
    name = new_name("b")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="anna/a", Body=b"a")
    s3.put_object(Bucket=name, Key="ben/b", Body=b"b")
    yield name
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def test_objects_by_their_keys(account, bucket):
    anna = account.user(
        allow("s3:GetObject", "s3:PutObject", on=f"arn:aws:s3:::{bucket}/anna/*"),
        allow("s3:ListBucket", on=f"arn:aws:s3:::{bucket}",
              StringLike={"s3:prefix": ["anna/*"]}))
    s3 = anna("s3")
    assert s3.get_object(Bucket=bucket, Key="anna/a")["Body"].read() == b"a"
    failure = refused(s3.get_object, "AccessDenied", Bucket=bucket, Key="ben/b")
    assert failure.status == 403
    assert failure.message == told(anna.arn, "s3:GetObject", f'"arn:aws:s3:::{bucket}/ben/b"')
    assert s3.list_objects_v2(Bucket=bucket, Prefix="anna/")["KeyCount"] == 1
    refused(s3.list_objects_v2, "AccessDenied", "s3:ListBucket", Bucket=bucket)
    refused(s3.list_objects_v2, "AccessDenied", Bucket=bucket, Prefix="ben/")
    refused(s3.list_buckets, "AccessDenied", "s3:ListAllMyBuckets")
    # Whether a key is there is told to who may list all of them.
    refused(s3.get_object, "AccessDenied", "s3:ListBucket", Bucket=bucket, Key="anna/none")
    refused(account.root("s3").get_object, "NoSuchKey", Bucket=bucket, Key="anna/none")
    refused(s3.put_object, "AccessDenied", "s3:PutObjectTagging", Bucket=bucket, Key="anna/t",
            Body=b"t", Tagging="a=b")
    refused(s3.delete_bucket, "AccessDenied", "s3:DeleteBucket", Bucket=bucket)


def test_what_a_put_says_is_a_condition(account, bucket):
    objects = f"arn:aws:s3:::{bucket}/*"
    anna = account.user(
        allow("s3:PutObject", "s3:PutObjectTagging", on=objects),
        deny("s3:PutObject", on=objects,
             StringEquals={"s3:x-amz-storage-class": "STANDARD_IA"}),
        deny("s3:PutObjectTagging", on=objects,
             StringNotEquals={"s3:RequestObjectTag/team": "blue"}))
    s3 = anna("s3")
    s3.put_object(Bucket=bucket, Key="x", Body=b"x", Tagging="team=blue&b=c")
    refused(s3.put_object, "AccessDenied", "s3:PutObjectTagging", Bucket=bucket, Key="x",
            Body=b"x", Tagging="team=red")
    refused(s3.put_object, "AccessDenied", "with an explicit deny", Bucket=bucket, Key="x",
            Body=b"x", StorageClass="STANDARD_IA")


def test_deleting_many_asks_for_each(account, bucket):
    anna = account.user(allow("s3:DeleteObject", on=f"arn:aws:s3:::{bucket}/anna/*"))
    answer = anna("s3").delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "anna/a"}, {"Key": "ben/b"}]})
    assert [each["Key"] for each in answer["Deleted"]] == ["anna/a"]
    (error,) = answer["Errors"]
    assert (error["Key"], error["Code"]) == ("ben/b", "AccessDenied")
    assert account.root("s3").head_object(Bucket=bucket, Key="ben/b")


def test_a_copy_reads_its_source(account, bucket):
    anna = account.user(allow("s3:GetObject", on=f"arn:aws:s3:::{bucket}/anna/*"),
                        allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/*"))
    s3 = anna("s3")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/anna/a")
    refused(s3.copy_object, "AccessDenied", "s3:GetObject", f"{bucket}/ben/b", Bucket=bucket,
            Key="copy", CopySource=f"{bucket}/ben/b")


def test_a_buckets_policy_allows_within_the_account(account, bucket):
    anna = account.user()
    account.root("s3").put_bucket_policy(Bucket=bucket, Policy=policy(
        {"Effect": "Allow", "Principal": {"AWS": anna.arn}, "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"}))
    assert anna("s3").get_object(Bucket=bucket, Key="anna/a")["Body"].read() == b"a"
    ben = account.user()
    refused(ben("s3").get_object, "AccessDenied", Bucket=bucket, Key="anna/a")


def test_a_buckets_policy_means_the_user_not_the_name(account, bucket):
    root = account.root("s3")
    anna = account.user(UserName="anna-of-the-bucket")
    root.put_bucket_policy(Bucket=bucket, Policy=policy(
        {"Effect": "Allow", "Principal": {"AWS": anna.arn}, "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"}))
    assert anna.arn in root.get_bucket_policy(Bucket=bucket)["Policy"]
    assert anna("s3").get_object(Bucket=bucket, Key="anna/a")["Body"].read() == b"a"
    for key in account.iam.list_access_keys(UserName="anna-of-the-bucket")["AccessKeyMetadata"]:
        account.iam.delete_access_key(UserName="anna-of-the-bucket", AccessKeyId=key["AccessKeyId"])
    account.iam.delete_user(UserName="anna-of-the-bucket")
    another = account.user(UserName="anna-of-the-bucket")
    assert another.arn == anna.arn
    refused(another("s3").get_object, "AccessDenied", Bucket=bucket, Key="anna/a")
    told = root.get_bucket_policy(Bucket=bucket)["Policy"]
    assert anna.arn not in told and '"AIDA' in told


def test_a_buckets_policy_never_locks_its_root_out(account, bucket):
    root = account.root("s3")
    root.put_bucket_policy(Bucket=bucket, Policy=policy(
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
         "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}))
    refused(root.list_objects_v2, "AccessDenied", Bucket=bucket)
    assert root.get_bucket_policy(Bucket=bucket)["Policy"]
    refused(account.user(allow("s3:*"))("s3").delete_bucket_policy, "AccessDenied", Bucket=bucket)
    root.delete_bucket_policy(Bucket=bucket)
    root.list_objects_v2(Bucket=bucket)


def test_nobody_gets_what_a_bucket_gives_everyone(server, account, bucket):
    def get(key):
        try:
            with urllib.request.urlopen(f"{server.endpoint}/{bucket}/{key}") as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    s3 = account.root("s3")
    status, body = get("anna/a")
    assert status == 403 and b"<Code>AccessDenied</Code>" in body
    public = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                     "Resource": f"arn:aws:s3:::{bucket}/anna/*"})
    refused(s3.put_bucket_policy, "AccessDenied", Bucket=bucket, Policy=public)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert get("anna/a") == (200, b"a")
    assert get("ben/b")[0] == 403
    assert get("")[0] == 403
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
        "RestrictPublicBuckets": True, "BlockPublicAcls": False, "IgnorePublicAcls": False,
        "BlockPublicPolicy": False})
    assert get("anna/a")[0] == 403


def test_conditions_of_the_request(account):
    here = account.user(allow("bedrock:ListFoundationModels",
                              IpAddress={"aws:SourceIp": "127.0.0.0/8"},
                              StringEquals={"aws:RequestedRegion": "us-east-1"},
                              Bool={"aws:SecureTransport": "false"}))
    assert here("bedrock").list_foundation_models()
    elsewhere = account.user(allow("bedrock:ListFoundationModels",
                                   NotIpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    refused(elsewhere("bedrock").list_foundation_models, "AccessDeniedException")


def test_a_policy_is_in_force_when_it_is_put(account):
    anna = account.user()
    name = anna.arn.rpartition("/")[2]
    for _ in range(20):
        refused(anna("bedrock").list_foundation_models, "AccessDeniedException")
        account.iam.put_user_policy(UserName=name, PolicyName="p",
                                    PolicyDocument=policy(allow("bedrock:List*")))
        assert anna("bedrock").list_foundation_models()["modelSummaries"]
        account.iam.delete_user_policy(UserName=name, PolicyName="p")


def test_operations_that_are_not_there_say_so(account):
    anna = account.user()
    failure = failure_of(anna("bedrock").list_guardrails)
    assert failure.status == 501
