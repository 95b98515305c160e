"""Buckets and what is said of them, through boto3."""

from __future__ import annotations

import json

import pytest
from botocore.handlers import validate_bucket_name

from s3_support import empty, fails, new_name, s3_client


@pytest.fixture(scope="module")
def s3(server):
    return s3_client(server)


@pytest.fixture
def bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty(s3, name)


def test_create_list_head_delete(s3):
    name = new_name()
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert name in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.delete_bucket(Bucket=name)
    with fails("404", 404):
        s3.head_bucket(Bucket=name)
    with fails("NoSuchBucket", 404):
        s3.delete_bucket(Bucket=name)


def test_a_name_is_taken_once(s3, bucket):
    with fails("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=bucket)


@pytest.mark.parametrize("name", ["ab", "Upper", "under_score", "1.2.3.4", "dot..dot", "-dash", "xn--x",
                                  "x" * 64, "end-"])
def test_names_that_no_bucket_has(server, name):
    client = s3_client(server)
    client.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)
    with fails("InvalidBucketName", 400):
        client.create_bucket(Bucket=name)


def test_a_bucket_elsewhere(s3):
    with fails("IllegalLocationConstraintException", 400):
        s3.create_bucket(Bucket=new_name(),
                         CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})


def test_buckets_are_listed_by_pages(s3):
    prefix = new_name("page")
    names = sorted(f"{prefix}-{i}" for i in range(5))
    for name in names:
        s3.create_bucket(Bucket=name)
    try:
        seen = []
        token = {}
        while True:
            page = s3.list_buckets(MaxBuckets=2, Prefix=prefix, **token)
            seen += [each["Name"] for each in page["Buckets"]]
            if "ContinuationToken" not in page:
                break
            token = {"ContinuationToken": page["ContinuationToken"]}
        assert seen == names
    finally:
        for name in names:
            s3.delete_bucket(Bucket=name)


def test_a_bucket_with_something_in_it_stays(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with fails("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)


def test_another_owner_is_expected(s3, bucket):
    with fails("AccessDenied", 403):
        s3.get_bucket_versioning(Bucket=bucket, ExpectedBucketOwner="999999999999")


def test_tags(s3, bucket):
    with fails("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    tags = [{"Key": "team", "Value": "böten"}, {"Key": "empty", "Value": ""}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    with fails("NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=bucket)
    with fails("InvalidTag", 400):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}] * 2})


def test_versioning(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status


def test_policies(server, s3, bucket):
    with fails("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    own = server.client("sts").get_caller_identity()["Account"]
    nobody = json.dumps(policy).replace("111122223333:root", f"{own}:user/nobody")
    with fails("MalformedPolicy", 400):
        s3.put_bucket_policy(Bucket=bucket, Policy=nobody)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    assert not s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    s3.delete_bucket_policy(Bucket=bucket)
    with fails("NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=bucket)


def test_a_public_policy_needs_the_block_away(s3, bucket):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"}]})
    with fails("AccessDenied", 403):
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]


@pytest.mark.parametrize("policy", ["", "{", "[]", '{"Version":"2012-10-17"}', '{"Version":"2012-10-17",'
                                    '"Statement":[{"Effect":"Maybe","Principal":"*","Action":"s3:*",'
                                    '"Resource":"*"}]}'])
def test_policies_that_are_none(s3, bucket, policy):
    with fails("MalformedPolicy", 400):
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def test_a_policy_is_of_its_own_bucket(s3, bucket):
    with fails("MalformedPolicy", 400):
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
                 "Resource": "arn:aws:s3:::another/*"}]}))


def test_public_access_block(s3, bucket):
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                   "RestrictPublicBuckets"], True)
    block["IgnorePublicAcls"] = False
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(Bucket=bucket)
    with fails("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)


def test_cors(s3, bucket):
    with fails("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)
    rules = [{"ID": "one", "AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET", "PUT"],
              "AllowedHeaders": ["*"], "ExposeHeaders": ["etag"], "MaxAgeSeconds": 600}]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules
    with fails("InvalidRequest", 400):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
            {"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]})
    s3.delete_bucket_cors(Bucket=bucket)
    with fails("NoSuchCORSConfiguration"):
        s3.get_bucket_cors(Bucket=bucket)


def test_encryption(s3, bucket):
    def rule():
        said = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
        return said["Rules"][0]["ApplyServerSideEncryptionByDefault"]

    assert rule() == {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    assert rule() == {"SSEAlgorithm": "aws:kms"}
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "aws:kms"
    s3.delete_bucket_encryption(Bucket=bucket)
    assert rule() == {"SSEAlgorithm": "AES256"}


def test_lifecycle(s3, bucket):
    with fails("NoSuchLifecycleConfiguration", 404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    rules = [
        {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}},
        {"ID": "both", "Status": "Disabled",
         "Filter": {"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v"}],
                            "ObjectSizeGreaterThan": 10}},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}},
        {"ID": "uploads", "Status": "Enabled", "Filter": {},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    with fails("InvalidArgument", 400):
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
            {"ID": "none", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 0}}]})
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with fails("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_the_owner_owns_everything(s3, bucket):
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"]
    assert acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    with fails("AccessControlListNotSupported", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    with fails("AccessControlListNotSupported", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="bucket-owner-full-control")
    assert s3.get_object_acl(Bucket=bucket, Key="k")["Owner"]["ID"] == acl["Owner"]["ID"]


def test_what_is_not_done_says_so(s3, bucket):
    with fails("NotImplemented", 501):
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"}})
