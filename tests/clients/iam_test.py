"""IAM through boto3: identities, policies, keys, and its errors in AWS's words."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Sid": "Get", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "bedrock.amazonaws.com"},
     "Action": "sts:AssumeRole"}]})
READ_ONLY = "arn:aws:iam::aws:policy/AmazonBedrockReadOnly"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    from bedplate_server import BedplateServer
    running = BedplateServer(tmp_path_factory.mktemp("iam")).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def iam(own):
    return own.client("iam")


def client_of(server, service, key, token=None):
    session = boto3.session.Session(aws_access_key_id=key["AccessKeyId"],
                                    aws_secret_access_key=key["SecretAccessKey"],
                                    aws_session_token=token,
                                    region_name=server.environment["AWS_REGION"])
    return session.client(service, endpoint_url=server.endpoint,
                          config=botocore.config.Config(retries={"max_attempts": 0}))


def refused(call, code, *words, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"], error
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_user_is_made_found_renamed_and_deleted(iam):
    made = iam.create_user(UserName="Anna", Path="/team/", Tags=[{"Key": "a", "Value": "b"}])["User"]
    assert made["UserId"].startswith("AIDA") and made["Arn"].endswith(":user/team/Anna")
    assert iam.get_user(UserName="Anna")["User"]["Tags"] == [{"Key": "a", "Value": "b"}]
    assert refused(iam.create_user, "EntityAlreadyExists", "anna", UserName="anna") == 409
    iam.update_user(UserName="Anna", NewUserName="Berta", NewPath="/")
    assert refused(iam.get_user, "NoSuchEntity", "Anna", UserName="Anna") == 404
    assert iam.get_user(UserName="Berta")["User"]["UserId"] == made["UserId"]
    iam.tag_user(UserName="Berta", Tags=[{"Key": "A", "Value": "c"}])
    assert iam.list_user_tags(UserName="Berta")["Tags"] == [{"Key": "a", "Value": "c"}]
    iam.untag_user(UserName="Berta", TagKeys=["a"])
    assert iam.list_user_tags(UserName="Berta")["Tags"] == []
    refused(iam.tag_user, "InvalidInput", "aws:x", UserName="Berta",
            Tags=[{"Key": "aws:x", "Value": "1"}])
    iam.delete_user(UserName="Berta")
    refused(iam.delete_user, "NoSuchEntity", "Berta", UserName="Berta")


def test_names_that_do_not_fit_the_model_are_named(iam):
    refused(iam.create_user, "ValidationError", "UserName'", "a b", UserName="a b")


def test_lists_come_in_pages(iam):
    names = [f"page-{number:02}" for number in range(7)]
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
    found = []
    pages = 0
    for page in iam.get_paginator("list_users").paginate(
            PathPrefix="/pages/", PaginationConfig={"PageSize": 3}):
        pages += 1
        found += [user["UserName"] for user in page["Users"]]
    assert found == names and pages == 3
    refused(iam.list_users, "ValidationError", "Marker", Marker="!")
    for name in names:
        iam.delete_user(UserName=name)


def test_groups_hold_users(iam):
    iam.create_user(UserName="member")
    group = iam.create_group(GroupName="Team")["Group"]
    assert group["GroupId"].startswith("AGPA")
    iam.add_user_to_group(GroupName="team", UserName="member")
    assert [u["UserName"] for u in iam.get_group(GroupName="Team")["Users"]] == ["member"]
    iam.update_group(GroupName="Team", NewGroupName="Crew")
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="member")["Groups"]] == ["Crew"]
    refused(iam.delete_group, "DeleteConflict", "remove users", GroupName="Crew")
    refused(iam.delete_user, "DeleteConflict", "group", UserName="member")
    iam.remove_user_from_group(GroupName="Crew", UserName="member")
    iam.delete_group(GroupName="Crew")
    iam.delete_user(UserName="member")


def test_roles_have_a_trust_and_lose_all_before_they_go(iam):
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST,
                           Description="works", MaxSessionDuration=7200)["Role"]
    assert role["RoleId"].startswith("AROA")
    assert iam.get_role(RoleName="worker")["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    iam.attach_role_policy(RoleName="worker", PolicyArn=READ_ONLY)
    iam.put_role_policy(RoleName="worker", PolicyName="mine", PolicyDocument=ALLOW)
    assert iam.get_role_policy(RoleName="worker", PolicyName="mine")["PolicyDocument"] == \
        json.loads(ALLOW)
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["mine"]
    assert iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"] == [
        {"PolicyName": "AmazonBedrockReadOnly", "PolicyArn": READ_ONLY}]
    entities = iam.list_entities_for_policy(PolicyArn=READ_ONLY)
    assert [r["RoleName"] for r in entities["PolicyRoles"]] == ["worker"]
    refused(iam.delete_role, "DeleteConflict", "delete policies", RoleName="worker")
    iam.delete_role_policy(RoleName="worker", PolicyName="mine")
    refused(iam.delete_role, "DeleteConflict", "detach", RoleName="worker")
    iam.detach_role_policy(RoleName="worker", PolicyArn=READ_ONLY)
    refused(iam.detach_role_policy, "NoSuchEntity", READ_ONLY, RoleName="worker",
            PolicyArn=READ_ONLY)
    iam.update_role(RoleName="worker", Description="rests", MaxSessionDuration=3600)
    assert iam.get_role(RoleName="worker")["Role"]["Description"] == "rests"
    assert iam.list_instance_profiles_for_role(RoleName="worker")["InstanceProfiles"] == []
    iam.delete_role(RoleName="worker")


@pytest.mark.parametrize("document, word", [
    ("{", "JSON"), ("[]", "JSON"), ('{"Statement": []}', "empty"),
    ('{"Version": "2020-01-01", "Statement": []}', "2020-01-01"),
    (ALLOW.replace("s3:GetObject", "GetObject"), "vendor"),
    (ALLOW.replace('"Allow"', '"allow"'), "allow"), ("[" * 5000, "JSON"),
])
def test_malformed_documents_are_refused_in_iams_words(iam, document, word):
    refused(iam.create_policy, "MalformedPolicyDocument", PolicyName="bad", PolicyDocument=document)
    del word


def test_trusts_name_principals_that_are_there(iam):
    account = iam.get_user()["User"]["Arn"].split(":")[4]
    trust = json.loads(TRUST)
    trust["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{account}:user/nobody"}
    refused(iam.create_role, "MalformedPolicyDocument", "Invalid principal", "nobody",
            RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))


def test_managed_policies_have_up_to_five_versions(iam):
    arn = iam.create_policy(PolicyName="versions", PolicyDocument=ALLOW)["Policy"]["Arn"]
    for number in range(2, 6):
        version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)["PolicyVersion"]
        assert version["VersionId"] == f"v{number}" and not version["IsDefaultVersion"]
    refused(iam.create_policy_version, "LimitExceeded", "5 versions", PolicyArn=arn,
            PolicyDocument=ALLOW)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v3")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    refused(iam.delete_policy_version, "DeleteConflict", "default", PolicyArn=arn, VersionId="v3")
    refused(iam.delete_policy, "DeleteConflict", "versions", PolicyArn=arn)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)
    refused(iam.get_policy, "NoSuchEntity", arn, PolicyArn=arn)


def test_boundaries_keep_their_policy(iam):
    arn = iam.create_policy(PolicyName="limits", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.create_user(UserName="bounded", PermissionsBoundary=arn)
    boundary = iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]
    assert boundary["PermissionsBoundaryArn"] == arn
    refused(iam.delete_policy, "DeleteConflict", PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName="bounded")
    iam.delete_user(UserName="bounded")
    iam.delete_policy(PolicyArn=arn)


def test_keys_sign_until_they_are_inactive_or_gone(own, iam):
    iam.create_user(UserName="signer")
    key = iam.create_access_key(UserName="signer")["AccessKey"]
    second = iam.create_access_key(UserName="signer")["AccessKey"]
    refused(iam.create_access_key, "LimitExceeded", "AccessKeysPerUser: 2", UserName="signer")
    assert iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"][
        "ServiceName"] == "N/A"
    sts = client_of(own, "sts", key)
    who = sts.get_caller_identity()
    assert who["Arn"].endswith(":user/signer") and who["UserId"].startswith("AIDA")
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert used["UserName"] == "signer" and used["AccessKeyLastUsed"]["ServiceName"] == "sts"
    root = own.client("sts")
    assert root.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == who["Account"]
    iam.update_access_key(UserName="signer", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refused(sts.get_caller_identity, "InvalidClientTokenId", "invalid") == 403
    iam.update_access_key(UserName="signer", AccessKeyId=key["AccessKeyId"], Status="Active")
    sts.get_caller_identity()
    refused(client_of(own, "sts", key | {"SecretAccessKey": "x" * 40}).get_caller_identity,
            "SignatureDoesNotMatch")
    refused(iam.delete_user, "DeleteConflict", "access keys", UserName="signer")
    for one in (key, second):
        iam.delete_access_key(UserName="signer", AccessKeyId=one["AccessKeyId"])
    refused(sts.get_caller_identity, "InvalidClientTokenId")
    iam.delete_user(UserName="signer")


def test_bedrock_keys_are_told_once_and_end(own, iam):
    iam.create_user(UserName="keeper")
    made = iam.create_service_specific_credential(
        UserName="keeper", ServiceName="bedrock.amazonaws.com",
        CredentialAgeDays=30)["ServiceSpecificCredential"]
    assert made["ServiceCredentialSecret"].startswith("ABSK")
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 30
    listed = iam.list_service_specific_credentials(UserName="keeper")["ServiceSpecificCredentials"]
    assert [one["ServiceSpecificCredentialId"] for one in listed] == [
        made["ServiceSpecificCredentialId"]]
    assert "ServiceCredentialSecret" not in listed[0]
    again = iam.reset_service_specific_credential(
        UserName="keeper",
        ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])["ServiceSpecificCredential"]
    assert again["ServiceCredentialSecret"] != made["ServiceCredentialSecret"]
    assert made["ServiceCredentialSecret"].encode() not in (own.data / "bedplate.db").read_bytes()
    refused(iam.create_service_specific_credential, "NotSupportedService", "codecommit",
            UserName="keeper", ServiceName="codecommit.amazonaws.com")
    iam.delete_service_specific_credential(
        UserName="keeper", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"])
    iam.delete_user(UserName="keeper")


def test_service_linked_roles_belong_to_their_service(iam):
    role = iam.create_service_linked_role(AWSServiceName="bedrock.amazonaws.com")["Role"]
    assert role["Path"] == "/aws-service-role/bedrock.amazonaws.com/"
    refused(iam.delete_role, "UnmodifiableEntity", role["RoleName"], RoleName=role["RoleName"])
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    refused(iam.get_role, "NoSuchEntity", RoleName=role["RoleName"])


def test_the_account_has_one_alias_and_a_summary(iam):
    iam.create_account_alias(AccountAlias="plates")
    assert iam.list_account_aliases()["AccountAliases"] == ["plates"]
    refused(iam.delete_account_alias, "NoSuchEntity", AccountAlias="others")
    iam.delete_account_alias(AccountAlias="plates")
    iam.create_user(UserName="counted")
    before = iam.get_account_summary()["SummaryMap"]["Users"]
    iam.delete_user(UserName="counted")
    assert iam.get_account_summary()["SummaryMap"]["Users"] == before - 1


def test_the_simulator_decides_as_requests_are_decided(iam):
    deny = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
         "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}}]})
    result, = iam.simulate_custom_policy(
        PolicyInputList=[ALLOW, deny], ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::b/k"])["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert result["MissingContextValues"] == ["aws:SourceVpc"]
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"
    result, = iam.simulate_custom_policy(
        PolicyInputList=[ALLOW, deny], ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::b/k"], ContextEntries=[
            {"ContextKeyName": "aws:SourceVpc", "ContextKeyValues": ["v"],
             "ContextKeyType": "string"}])["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    iam.create_user(UserName="simulated")
    iam.put_user_policy(UserName="simulated", PolicyName="mine", PolicyDocument=ALLOW)
    arn = iam.get_user(UserName="simulated")["User"]["Arn"]
    results = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::b/k"])["EvaluationResults"]
    assert [one["EvalDecision"] for one in results] == ["allowed", "implicitDeny"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[deny])["ContextKeyNames"] == [
        "aws:SourceVpc"]
    iam.delete_user_policy(UserName="simulated", PolicyName="mine")
    iam.delete_user(UserName="simulated")


def test_authorization_details_tell_everything(iam):
    iam.create_user(UserName="told")
    iam.attach_user_policy(UserName="told", PolicyArn=READ_ONLY)
    details = iam.get_account_authorization_details()
    assert "told" in [user["UserName"] for user in details["UserDetailList"]]
    assert "AmazonBedrockReadOnly" in [policy["PolicyName"] for policy in details["Policies"]]
    iam.detach_user_policy(UserName="told", PolicyArn=READ_ONLY)
    iam.delete_user(UserName="told")


def test_identities_survive_a_killed_server(new_server):
    server = new_server()
    server.client("iam").create_user(UserName="kept")
    key = server.client("iam").create_access_key(UserName="kept")["AccessKey"]
    server.kill()
    server.start()
    assert client_of(server, "sts", key).get_caller_identity()["Arn"].endswith(":user/kept")
    assert key["SecretAccessKey"].encode() not in (server.data / "bedplate.db").read_bytes()
    assert (server.data / "identity.key").stat().st_mode & 0o077 == 0


def test_bedrock_keys_are_taken_in_place_of_signatures(own, iam):
    iam.create_user(UserName="bearer")
    iam.attach_user_policy(UserName="bearer",
                           PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess")
    made = iam.create_service_specific_credential(
        UserName="bearer", ServiceName="bedrock.amazonaws.com")["ServiceSpecificCredential"]

    def status(path="/foundation-models", method="GET"):
        request = urllib.request.Request(own.endpoint + path, method=method, headers={
            "Authorization": "Bearer " + made["ServiceCredentialSecret"]})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status() == 200
    assert status("/prompt-routers/arn:aws:bedrock:us-east-1:" + made["ServiceCredentialAlias"][-12:]
                  + ":prompt-router%2Fabcdefghijkl", "DELETE") == 403
    iam.update_service_specific_credential(
        ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"], UserName="bearer",
        Status="Inactive")
    assert status() == 403


def test_what_nobody_can_have_is_not_there(iam, own):
    """What Terraform and others ask for before they delete a user."""
    iam.create_user(UserName="bare")
    for call, member in ((iam.list_mfa_devices, "MFADevices"),
                         (iam.list_signing_certificates, "Certificates"),
                         (iam.list_ssh_public_keys, "SSHPublicKeys")):
        answer = call(UserName="bare")
        assert answer[member] == [] and answer["IsTruncated"] is False
        refused(call, "NoSuchEntity", "nobody", UserName="nobody")
    for call, member in ((iam.list_virtual_mfa_devices, "VirtualMFADevices"),
                         (iam.list_server_certificates, "ServerCertificateMetadataList"),
                         (iam.list_saml_providers, "SAMLProviderList")):
        assert call()[member] == []
    for call in (iam.get_login_profile, iam.delete_login_profile):
        refused(call, "NoSuchEntity", "Login Profile for User bare", UserName="bare")
        refused(call, "NoSuchEntity", "user with name nobody", UserName="nobody")
    refused(iam.get_account_password_policy, "NoSuchEntity", "Password Policy")
    # And none can be made.
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        iam.create_login_profile(UserName="bare", Password="long enough 1!")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        iam.create_virtual_mfa_device(VirtualMFADeviceName="m")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    key = iam.create_access_key(UserName="bare")["AccessKey"]
    refused(client_of(own, "iam", key).list_mfa_devices, "AccessDenied", "iam:ListMFADevices",
            ":user/bare")
    iam.delete_access_key(UserName="bare", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="bare")
