"""Who may use which model: the operator's denials, resource policies, and data retention."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from asking import assert_validation, converse, failure_of, user
from bedplate_server import CHAT, EMBEDDINGS

CHAT_ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


def deny(arn: str, action: str = "bedrock:InvokeModel", **members) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": arn} | members]})


def test_models_that_the_operator_denies(new_server):
    server = new_server(access__deny="anthropic.*,meta.*")
    server.run("models", "bind", "anthropic.*", "--model", CHAT)
    bedrock, runtime = server.client("bedrock"), server.client("bedrock-runtime")
    profile = bedrock.create_inference_profile(inferenceProfileName="a", modelSource={
        "copyFrom": f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}"})["inferenceProfileArn"]
    for name in (HAIKU, "us." + HAIKU, profile):
        body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4,
                           "anthropic_version": "bedrock-2023-05-31"})
        for call in (lambda: converse(runtime, modelId=name),
                     lambda: runtime.converse_stream(modelId=name, messages=[user("Hi")]),
                     lambda: runtime.invoke_model(modelId=name, body=body),
                     lambda: runtime.invoke_model_with_response_stream(modelId=name, body=body),
                     lambda: runtime.count_tokens(modelId=name, input={"converse": {
                         "messages": [user("Hi")]}})):
            failure = failure_of(call)
            assert (failure.code, failure.status) == ("AccessDeniedException", 403)
            assert failure.message.startswith("You don't have access to the model with the ")
            assert HAIKU in failure.message and "access.deny" in failure.message
    assert bedrock.get_foundation_model(modelIdentifier=HAIKU)["modelDetails"]["modelId"] == HAIKU
    status = bedrock.get_foundation_model_availability(modelId=HAIKU)
    assert status["authorizationStatus"] == "NOT_AUTHORIZED"
    assert status["entitlementAvailability"] == "NOT_AVAILABLE"
    status = bedrock.get_foundation_model_availability(modelId=CHAT)
    assert status["authorizationStatus"] == "AUTHORIZED"
    assert converse(runtime)["stopReason"]


def test_a_resource_policy_denies_what_it_says(new_server):
    server = new_server()
    bedrock, runtime = server.client("bedrock"), server.client("bedrock-runtime")
    put = bedrock.put_resource_policy(resourceArn=CHAT_ARN, resourcePolicy=deny(CHAT_ARN))
    assert put["resourceArn"] == CHAT_ARN and put["ResponseMetadata"]["HTTPStatusCode"] == 201
    kept = bedrock.get_resource_policy(resourceArn=CHAT_ARN)["resourcePolicy"]
    assert kept == deny(CHAT_ARN)
    failure = failure_of(converse, runtime)
    assert (failure.code, failure.status) == ("AccessDeniedException", 403)
    assert failure.message.startswith("User: arn:aws:iam::")
    assert failure.message.endswith(f":root is not authorized to perform: bedrock:InvokeModel on "
                                    f"resource: {CHAT_ARN} with an explicit deny in a "
                                    "resource-based policy")
    status = bedrock.get_foundation_model_availability(modelId=CHAT)
    assert status["authorizationStatus"] == "NOT_AUTHORIZED"
    # Streaming is another permission, which this policy leaves alone.
    assert runtime.converse_stream(modelId=CHAT, messages=[user("Hi")],
                                   inferenceConfig={"maxTokens": 2})["stream"]

    server.kill()
    server.start()
    bedrock, runtime = server.client("bedrock"), server.client("bedrock-runtime")
    assert failure_of(converse, runtime).code == "AccessDeniedException"
    bedrock.put_resource_policy(resourceArn=CHAT_ARN, resourcePolicy=deny(
        CHAT_ARN, Principal={"AWS": "999988887777"}))
    assert converse(runtime)["stopReason"]
    bedrock.delete_resource_policy(resourceArn=CHAT_ARN)
    for call in (bedrock.get_resource_policy, bedrock.delete_resource_policy):
        gone = failure_of(call, resourceArn=CHAT_ARN)
        assert (gone.code, gone.status) == ("ResourceNotFoundException", 404)
        assert CHAT_ARN in gone.message


def test_a_resource_policy_has_conditions(new_server):
    server = new_server()
    bedrock, runtime = server.client("bedrock"), server.client("bedrock-runtime")
    for secure, refused in (("false", True), ("true", False)):
        bedrock.put_resource_policy(resourceArn=CHAT_ARN, resourcePolicy=deny(
            CHAT_ARN, Condition={"Bool": {"aws:SecureTransport": secure}}))
        status = bedrock.get_foundation_model_availability(modelId=CHAT)["authorizationStatus"]
        if refused:
            assert failure_of(converse, runtime).code == "AccessDeniedException"
            assert status == "NOT_AUTHORIZED"
        else:
            assert converse(runtime)["stopReason"]
            assert status == "AUTHORIZED"


def test_a_policy_of_a_profile_ends_with_it(bedrock, runtime):
    profile = bedrock.create_inference_profile(
        inferenceProfileName="a", modelSource={"copyFrom": CHAT_ARN})["inferenceProfileArn"]
    try:
        bedrock.put_resource_policy(resourceArn=profile,
                                    resourcePolicy=deny(profile, "bedrock:Invoke*"))
        for name in (profile, profile.rpartition("/")[2]):
            failure = failure_of(converse, runtime, modelId=name)
            assert failure.code == "AccessDeniedException" and profile in failure.message
        assert converse(runtime)["stopReason"]
    finally:
        bedrock.delete_inference_profile(inferenceProfileIdentifier=profile)
    assert failure_of(bedrock.get_resource_policy, resourceArn=profile).status == 404


def test_bad_policies_say_what_is_wrong(server, bedrock):
    unchecked = server.client("bedrock", parameter_validation=False)
    for arn in ("arn:aws:s3:::bucket", CHAT, CHAT_ARN.replace(CHAT, "no.model")):
        assert_validation(failure_of(unchecked.put_resource_policy, resourceArn=arn,
                                     resourcePolicy=deny(arn)), "resourceArn", arn)
    assert_validation(failure_of(unchecked.put_resource_policy, resourceArn="x" * 256,
                                 resourcePolicy=deny("*")), "resourceArn", "255")
    for policy, part in (("{", "resourcePolicy"), ("[]", "object"), ("", "resourcePolicy"),
                         (deny(CHAT_ARN, Condition={"StringNever": {"aws:username": "a"}}), "StringNever"),
                         (deny(CHAT_ARN, NotPrincipal="*"), "Principal"),
                         (deny(CHAT_ARN, Effect="Never"), "Never"),
                         (deny(CHAT_ARN, "s3:GetObject"), "s3:GetObject"),
                         (deny("arn:aws:bedrock:us-east-1::foundation-model/" + EMBEDDINGS),
                          EMBEDDINGS), ("x" * 20481, "resourcePolicy")):
        assert_validation(failure_of(unchecked.put_resource_policy, resourceArn=CHAT_ARN,
                                     resourcePolicy=policy), part)
    # A Deny of a principal that nobody can be would deny nobody.
    for principal in ("arn:aws", "arn:awsgarbage", "arn:aws:iam::123456789012:user/*",
                      "arn:aws:iam::123456789012:group/g"):
        policy = deny(CHAT_ARN, Principal={"AWS": principal})
        assert_validation(failure_of(unchecked.put_resource_policy, resourceArn=CHAT_ARN,
                                     resourcePolicy=policy), "resourcePolicy", f'"{principal}"')
    assert failure_of(bedrock.get_resource_policy, resourceArn=CHAT_ARN).status == 404


def create_response(server) -> str:
    """The id of a response of the OpenAI API, which asks for it to be stored."""
    body = json.dumps({"model": CHAT, "input": "Hi", "max_output_tokens": 16, "store": True})
    request = urllib.request.Request(
        server.endpoint + "/openai/v1/responses", body.encode(),
        {"content-type": "application/json", "authorization": "Bearer " + server.bearer_key})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())["id"]


def is_stored(server, response_id: str) -> bool:
    request = urllib.request.Request(server.endpoint + "/openai/v1/responses/" + response_id,
                                     headers={"authorization": "Bearer " + server.bearer_key})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        assert error.code == 404, error.read()
        return False


def test_no_response_is_stored_without_retention(new_server):
    server = new_server()
    assert is_stored(server, create_response(server))
    server.client("bedrock").put_account_data_retention(mode="none")
    assert not is_stored(server, create_response(server))


def test_a_resource_policy_denies_the_openai_api_too(new_server):
    server = new_server()
    server.client("bedrock").put_resource_policy(resourceArn=CHAT_ARN, resourcePolicy=deny(CHAT_ARN))
    with pytest.raises(urllib.error.HTTPError) as refused:
        create_response(server)
    assert refused.value.code == 403 and b"explicit deny" in refused.value.read()


def test_data_retention_is_kept(new_server):
    server = new_server()
    bedrock = server.client("bedrock")
    assert "updatedAt" not in bedrock.get_account_data_retention()
    assert bedrock.get_account_data_retention()["mode"] == "default"
    for mode in ("none", "aws_review", "provider_data_share", "inherit", "default", "none"):
        said = bedrock.put_account_data_retention(mode=mode)
        assert said["mode"] == mode
    server.kill()
    server.start()
    kept = server.client("bedrock").get_account_data_retention()
    assert (kept["mode"], kept["updatedAt"]) == ("none", said["updatedAt"])
    unchecked = server.client("bedrock", parameter_validation=False)
    assert_validation(failure_of(unchecked.put_account_data_retention, mode="all"), "mode", "all")
    assert_validation(failure_of(unchecked.put_account_data_retention), "mode")
