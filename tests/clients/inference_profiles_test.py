"""Inference profiles, the system's and the account's own, with tags: as names of models too."""

from __future__ import annotations

import json

import pytest

from asking import ANSWER, QUESTION, assert_validation, converse, failure_of, text_of, user
from bedplate_server import CHAT

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
SOURCE = f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"


@pytest.fixture(name="profile")
def _profile(bedrock):
    """The ARN of a profile of the packaged model."""
    arn = bedrock.create_inference_profile(
        inferenceProfileName="Team A", description="Our own", modelSource={"copyFrom": SOURCE},
        tags=[{"key": "team", "value": "a"}])["inferenceProfileArn"]
    yield arn
    bedrock.delete_inference_profile(inferenceProfileIdentifier=arn)


def tags(bedrock, arn: str) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in bedrock.list_tags_for_resource(resourceARN=arn)["tags"]}


def test_a_profile_is_a_name_of_its_model_everywhere(bedrock, runtime, profile):
    for name in (profile, profile.rpartition("/")[2]):
        settings = {"maxTokens": 24, "temperature": 0}
        assert ANSWER in text_of(converse(runtime, modelId=name, inferenceConfig=settings))
        stream = runtime.converse_stream(modelId=name, messages=[user(QUESTION)],
                                         inferenceConfig={"maxTokens": 4})["stream"]
        assert any("messageStop" in event for event in stream)
        body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4})
        assert json.loads(runtime.invoke_model(modelId=name, body=body)["body"].read())["choices"]
        chunks = runtime.invoke_model_with_response_stream(modelId=name, body=body)["body"]
        assert any("chunk" in event for event in chunks)
        counted = runtime.count_tokens(modelId=name,
                                       input={"converse": {"messages": [user("Hi")]}})
        assert counted["inputTokens"] > 0


def test_the_whole_life_of_a_profile(bedrock, runtime, profile):
    found = bedrock.get_inference_profile(inferenceProfileIdentifier=profile)
    assert found["inferenceProfileName"] == "Team A" and found["description"] == "Our own"
    assert found["type"] == "APPLICATION" and found["status"] == "ACTIVE"
    assert found["models"] == [{"modelArn": SOURCE}]
    assert found["createdAt"] == found["updatedAt"]
    own = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    assert profile in [each["inferenceProfileArn"] for each in own]

    assert tags(bedrock, profile) == {"team": "a"}
    bedrock.tag_resource(resourceARN=profile, tags=[{"key": "cost", "value": "7"},
                                                    {"key": "team", "value": "b"}])
    bedrock.untag_resource(resourceARN=profile, tagKeys=["cost"])
    assert tags(bedrock, profile) == {"team": "b"}

    other = bedrock.create_inference_profile(
        inferenceProfileName="b", modelSource={"copyFrom": SOURCE})["inferenceProfileArn"]
    assert bedrock.delete_inference_profile(inferenceProfileIdentifier=other)
    for call, members in ((bedrock.get_inference_profile, {"inferenceProfileIdentifier": other}),
                          (bedrock.delete_inference_profile, {"inferenceProfileIdentifier": other}),
                          (bedrock.list_tags_for_resource, {"resourceARN": other})):
        failure = failure_of(call, **members)
        assert (failure.code, failure.status) == ("ResourceNotFoundException", 404)
        assert other in failure.message
    assert_validation(failure_of(converse, runtime, modelId=other), other)


def test_system_profiles_are_those_of_the_catalog(bedrock):
    listed = []
    pages = bedrock.get_paginator("list_inference_profiles").paginate(
        typeEquals="SYSTEM_DEFINED", PaginationConfig={"PageSize": 10})
    for page in pages:
        assert len(page["inferenceProfileSummaries"]) <= 10
        listed += page["inferenceProfileSummaries"]
    by_id = {each["inferenceProfileId"]: each for each in listed}
    assert len(by_id) == len(listed) > 30
    haiku = by_id[f"us.{HAIKU}"]
    assert haiku["inferenceProfileName"] == "US Anthropic Claude 3 Haiku"
    assert haiku["models"] == [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}"}]
    assert haiku["inferenceProfileArn"].endswith(f":inference-profile/us.{HAIKU}")
    for name in (f"us.{HAIKU}", haiku["inferenceProfileArn"]):
        found = bedrock.get_inference_profile(inferenceProfileIdentifier=name)
        assert found["type"] == "SYSTEM_DEFINED" and found["inferenceProfileId"] == f"us.{HAIKU}"
        assert_validation(failure_of(bedrock.delete_inference_profile,
                                     inferenceProfileIdentifier=name), name)
    assert failure_of(bedrock.get_inference_profile,
                      inferenceProfileIdentifier=f"mars.{HAIKU}").status == 404


def test_profiles_survive_a_killed_server(new_server):
    server = new_server()
    arn = server.client("bedrock").create_inference_profile(
        inferenceProfileName="a", modelSource={"copyFrom": SOURCE},
        tags=[{"key": "k", "value": "v"}])["inferenceProfileArn"]
    server.kill()
    server.start()
    assert tags(server.client("bedrock"), arn) == {"k": "v"}
    assert converse(server.client("bedrock-runtime"), modelId=arn)["stopReason"]


def test_a_repeated_request_makes_one_profile(bedrock):
    request = {"inferenceProfileName": "once", "modelSource": {"copyFrom": SOURCE},
               "clientRequestToken": "the-same-token"}
    first = bedrock.create_inference_profile(**request)["inferenceProfileArn"]
    try:
        assert bedrock.create_inference_profile(**request)["inferenceProfileArn"] == first
        conflict = failure_of(bedrock.create_inference_profile,
                              **request | {"inferenceProfileName": "twice"})
        assert conflict.code == "ConflictException" and "the-same-token" in conflict.message
    finally:
        bedrock.delete_inference_profile(inferenceProfileIdentifier=first)


def test_a_page_may_be_deleted_before_the_next(bedrock):
    made = {bedrock.create_inference_profile(
        inferenceProfileName=f"Page {i}", modelSource={"copyFrom": SOURCE})["inferenceProfileArn"]
            for i in range(5)}
    seen = []
    pages = bedrock.get_paginator("list_inference_profiles").paginate(
        typeEquals="APPLICATION", PaginationConfig={"PageSize": 2})
    for page in pages:
        for each in page["inferenceProfileSummaries"]:
            seen.append(each["inferenceProfileArn"])
            if seen[-1] in made:
                bedrock.delete_inference_profile(inferenceProfileIdentifier=seen[-1])
    assert len(seen) == len(set(seen)) and made <= set(seen)


def test_bad_requests_say_what_is_wrong(server, bedrock, profile):
    unchecked = server.client("bedrock", parameter_validation=False)
    missing = SOURCE.replace(CHAT, "nobody.nothing-v1:0")
    failure = failure_of(bedrock.create_inference_profile, inferenceProfileName="a",
                         modelSource={"copyFrom": missing})
    assert (failure.code, failure.status) == ("ResourceNotFoundException", 404)
    assert missing in failure.message
    account = profile.split(":")[4]
    head = "arn:aws:bedrock:us-east-1"
    for source in (f"{head}:{account}:inference-profile/eu.{CHAT}",  # no profile is published of it
                   f"{head}:999988887777:inference-profile/us.{HAIKU}"):
        failure = failure_of(bedrock.create_inference_profile, inferenceProfileName="a",
                             modelSource={"copyFrom": source})
        assert (failure.code, failure.status) == ("ResourceNotFoundException", 404)
        assert source in failure.message
    for members, parts in (
            ({"inferenceProfileName": "bad!name", "modelSource": {"copyFrom": SOURCE}},
             ("inferenceProfileName", "bad!name")),
            ({"inferenceProfileName": "a", "modelSource": {"copyFrom": "not-an-arn"}},
             ("copyFrom", "not-an-arn")),
            ({"inferenceProfileName": "a"}, ("modelSource",)),
            ({"inferenceProfileName": "a", "modelSource": {"copyFrom": SOURCE},
              "tags": [{"key": "aws:x", "value": "v"}]}, ("aws:x",)),
            ({"inferenceProfileName": "a", "modelSource": {"copyFrom": SOURCE},
              "tags": [{"key": "Aws:x", "value": "v"}]}, ("'Aws:x'",))):
        assert_validation(failure_of(unchecked.create_inference_profile, **members), *parts)
    assert_validation(failure_of(bedrock.list_inference_profiles, nextToken="wrong"),
                      "nextToken", "wrong")
    assert_validation(failure_of(unchecked.list_inference_profiles, maxResults=1001),
                      "maxResults", "1001")
    many = [{"key": f"k{i}", "value": "v"} for i in range(51)]
    refused = failure_of(bedrock.tag_resource, resourceARN=profile, tags=many)
    assert (refused.code, refused.status) == ("TooManyTagsException", 400)
    assert "would have 52 tags" in refused.message
    assert tags(bedrock, profile) == {"team": "a"}
    # What is another account's is not told to be there, or not to be.
    foreign = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl"
    failure = failure_of(bedrock.tag_resource, resourceARN=foreign, tags=many[:1])
    assert (failure.code, failure.status) == ("AccessDeniedException", 403)
    assert "no resource-based policy allows the bedrock:TagResource action" in failure.message
    for name in (f"{head}:{account}:guardrail/abcdefghijkl",
                 f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{HAIKU}"):
        failure = failure_of(bedrock.tag_resource, resourceARN=name, tags=many[:1])
        assert (failure.code, failure.status) == ("ResourceNotFoundException", 404)
        assert name in failure.message
