"""Marketplace model endpoints: servers and models by names that accounts give them."""

from __future__ import annotations

import concurrent.futures
import json

import pytest

from asking import ANSWER, QUESTION, assert_validation, converse, failure_of, text_of, user
from bedplate_server import CHAT, BedplateServer, wait_until
from openai_upstream import OpenAiUpstream

HUB = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/"
CONFIG = {"sageMaker": {"initialInstanceCount": 1, "instanceType": "ml.g5.xlarge",
                        "executionRole": ""}}  # _pass_own_role's
NOWHERE = "http://127.0.0.1:9/v1"


def _pass_own_role(server):
    """A role is passed within its account alone."""
    account = server.client("sts").get_caller_identity()["Account"]
    CONFIG["sageMaker"]["executionRole"] = f"arn:aws:iam::{account}:role/any"


@pytest.fixture(autouse=True)
def _shared_servers_role(server):
    _pass_own_role(server)


@pytest.fixture(name="new_server")
def _new_server(new_server):
    def start(**settings):
        started = new_server(**settings)
        _pass_own_role(started)
        return started

    return start



@pytest.fixture(name="upstream")
def _upstream():
    served = OpenAiUpstream(lambda request: {"content": "I am " + request["model"]},
                            names=["org/big", "org/small"])
    yield served
    served.close()


@pytest.fixture(name="make")
def _make(bedrock):
    """Creates endpoints, and deletes them behind the test."""
    made = []

    def create(name: str, source: str, **members) -> dict:
        endpoint = bedrock.create_marketplace_model_endpoint(
            endpointName=name, modelSourceIdentifier=source, endpointConfig=CONFIG,
            **members)["marketplaceModelEndpoint"]
        made.append(endpoint["endpointArn"])
        return endpoint

    yield create
    for arn in made:
        try:
            bedrock.delete_marketplace_model_endpoint(endpointArn=arn)
        except bedrock.exceptions.ResourceNotFoundException:
            pass


def get(bedrock, arn: str) -> dict:
    found = bedrock.get_marketplace_model_endpoint(endpointArn=arn)
    return found["marketplaceModelEndpoint"]


def assert_missing(failure, name: str) -> None:
    assert (failure.code, failure.status) == ("ResourceNotFoundException", 404), failure
    assert name in failure.message


def test_an_endpoint_of_a_server_answers_as_a_model(server, bedrock, runtime, upstream, make):
    source = HUB + upstream.url + "#org/big"
    endpoint = make("far", source, tags=[{"key": "team", "value": "a"}])
    arn = endpoint["endpointArn"]
    assert arn.startswith("arn:aws:sagemaker:us-east-1:") and arn.endswith(":endpoint/far")
    assert endpoint["modelSourceIdentifier"] == source and endpoint["endpointConfig"] == CONFIG
    assert (endpoint["status"], endpoint["endpointStatus"]) == ("REGISTERED", "InService")
    assert endpoint["createdAt"] == endpoint["updatedAt"]
    assert text_of(converse(runtime, "Hi", modelId=arn)) == "I am org/big"
    assert upstream.requests[-1]["model"] == "org/big"
    stream = runtime.converse_stream(modelId=arn, messages=[user("Hi")])["stream"]
    assert any("messageStop" in event for event in stream)
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    answer = json.loads(runtime.invoke_model(modelId=arn, body=body)["body"].read())
    assert answer["choices"][0]["message"]["content"] == "I am org/big"
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "cost", "value": "7"}])
    bedrock.untag_resource(resourceARN=arn, tagKeys=["team"])
    tags = bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    assert tags == [{"key": "cost", "value": "7"}]
    bedrock.delete_marketplace_model_endpoint(endpointArn=arn)
    assert_missing(failure_of(bedrock.list_tags_for_resource, resourceARN=arn), arn)


def test_an_endpoint_of_a_model_of_this_server(bedrock, runtime, make):
    endpoint = make("near", HUB + CHAT + "/1.0.0")
    assert endpoint["status"] == "REGISTERED"
    assert endpoint["endpointStatus"] in ("Creating", "InService")
    arn = endpoint["endpointArn"]
    assert ANSWER in text_of(converse(runtime, QUESTION, modelId=arn, inferenceConfig={
        "maxTokens": 24, "temperature": 0}))
    assert wait_until("it is in service", lambda: get(bedrock, arn)["endpointStatus"] == "InService")


def test_an_endpoint_says_what_is_wrong_with_its_server(bedrock, runtime, upstream, make):
    gone = make("gone", HUB + NOWHERE + "#m")
    assert gone["endpointStatus"] == "Failed" and gone["status"] == "REGISTERED"
    assert gone["endpointStatusMessage"] == f"The server {NOWHERE} can't be reached."
    failure = failure_of(converse, runtime, modelId=gone["endpointArn"])
    assert (failure.code, failure.status) == ("ServiceUnavailableException", 503)

    other = make("other", HUB + upstream.url + "#org/huge")
    assert (other["status"], other["endpointStatus"]) == ("INCOMPATIBLE_ENDPOINT", "Failed")
    assert "no model org/huge. It has: org/big, org/small." in other["statusMessage"]
    listed = {each["endpointArn"]: each for each in
              bedrock.list_marketplace_model_endpoints()["marketplaceModelEndpoints"]}
    assert listed[other["endpointArn"]]["status"] == "INCOMPATIBLE_ENDPOINT"
    # What was wrong is looked at anew whenever somebody asks.
    upstream.names.append("org/huge")
    now = get(bedrock, other["endpointArn"])
    assert (now["status"], now["endpointStatus"]) == ("REGISTERED", "InService")
    assert "statusMessage" not in now


def test_registration_of_a_server_that_runs(bedrock, runtime, upstream):
    source = HUB + "org/small"
    register = bedrock.register_marketplace_model_endpoint
    endpoint = register(endpointIdentifier=upstream.url,
                        modelSourceIdentifier=source)["marketplaceModelEndpoint"]
    arn = endpoint["endpointArn"]
    try:
        assert (endpoint["status"], endpoint["endpointStatus"]) == ("REGISTERED", "InService")
        assert endpoint["endpointConfig"] == {"sageMaker": {}}
        assert text_of(converse(runtime, "Hi", modelId=arn)) == "I am org/small"
        again = register(endpointIdentifier=upstream.url, modelSourceIdentifier=source)
        assert again["marketplaceModelEndpoint"]["endpointArn"] == arn

        bedrock.deregister_marketplace_model_endpoint(endpointArn=arn)
        assert_validation(failure_of(converse, runtime, modelId=arn), arn)
        assert_missing(failure_of(bedrock.get_marketplace_model_endpoint, endpointArn=arn), arn)
        assert_missing(failure_of(bedrock.deregister_marketplace_model_endpoint, endpointArn=arn),
                       arn)
        assert arn not in str(bedrock.list_marketplace_model_endpoints())
        assert_validation(failure_of(register, endpointIdentifier=arn,
                                     modelSourceIdentifier=HUB + "org/big"), "org/big")
        back = register(endpointIdentifier=arn, modelSourceIdentifier=source)
        assert back["marketplaceModelEndpoint"]["endpointArn"] == arn
        assert text_of(converse(runtime, "Hi", modelId=arn)) == "I am org/small"
    finally:
        bedrock.delete_marketplace_model_endpoint(endpointArn=arn)


def test_parallel_registrations_of_a_server_make_one_endpoint(bedrock):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for i in range(6):
            calls = [pool.submit(bedrock.register_marketplace_model_endpoint,
                                 endpointIdentifier=NOWHERE, modelSourceIdentifier=f"{HUB}p{i}")
                     for _ in range(8)]
            arns = {call.result()["marketplaceModelEndpoint"]["endpointArn"] for call in calls}
            for arn in arns:
                bedrock.delete_marketplace_model_endpoint(endpointArn=arn)
            assert len(arns) == 1


def test_a_deregistration_beside_updates_is_not_lost(bedrock):
    source = HUB + "lost"
    register = bedrock.register_marketplace_model_endpoint
    arn = register(endpointIdentifier=NOWHERE, modelSourceIdentifier=source)[
        "marketplaceModelEndpoint"]["endpointArn"]
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for _ in range(10):
                register(endpointIdentifier=arn, modelSourceIdentifier=source)
                updates = [pool.submit(bedrock.update_marketplace_model_endpoint, endpointArn=arn,
                                       endpointConfig=CONFIG) for _ in range(3)]
                pool.submit(bedrock.deregister_marketplace_model_endpoint,
                            endpointArn=arn).result()
                for update in updates:
                    # Before the deregistration, or too late.
                    if (failure := update.exception()) is not None:
                        assert isinstance(failure, bedrock.exceptions.ResourceNotFoundException)
                assert_missing(failure_of(bedrock.get_marketplace_model_endpoint,
                                          endpointArn=arn), arn)
        # An update made it no other server.
        again = register(endpointIdentifier=NOWHERE, modelSourceIdentifier=source)
        assert again["marketplaceModelEndpoint"]["endpointArn"] == arn
    finally:
        bedrock.delete_marketplace_model_endpoint(endpointArn=arn)


def test_a_late_repetition_of_an_update_undoes_nothing(bedrock, make):
    arn = make("late", HUB + NOWHERE + "#m")["endpointArn"]

    def update(instances: int, token: str) -> int:
        config = {"sageMaker": {**CONFIG["sageMaker"], "initialInstanceCount": instances}}
        updated = bedrock.update_marketplace_model_endpoint(
            endpointArn=arn, endpointConfig=config, clientRequestToken=token)
        return updated["marketplaceModelEndpoint"]["endpointConfig"]["sageMaker"][
            "initialInstanceCount"]

    assert [update(2, "t1"), update(3, "t2"), update(2, "t1")] == [2, 3, 3]
    assert get(bedrock, arn)["endpointConfig"]["sageMaker"]["initialInstanceCount"] == 3
    assert failure_of(update, 4, "t1").code == "ConflictException"


def test_updates_deletes_and_repeated_requests(bedrock, upstream, make):
    source = HUB + upstream.url + "#org/big"
    first = make("twice", source, clientRequestToken="a-token")
    assert make("twice", source, clientRequestToken="a-token")["createdAt"] == first["createdAt"]
    create = bedrock.create_marketplace_model_endpoint
    conflict = failure_of(create, endpointName="thrice", modelSourceIdentifier=source,
                          endpointConfig=CONFIG, clientRequestToken="a-token")
    assert conflict.code == "ConflictException" and "a-token" in conflict.message
    taken = failure_of(create, endpointName="twice", modelSourceIdentifier=source,
                       endpointConfig=CONFIG)
    assert taken.code == "ConflictException" and "twice" in taken.message

    arn = first["endpointArn"]
    update = bedrock.update_marketplace_model_endpoint
    bigger = {"sageMaker": {**CONFIG["sageMaker"], "initialInstanceCount": 3,
                            "vpc": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}}}
    changed = update(endpointArn=arn, endpointConfig=bigger, clientRequestToken="u")
    assert changed["marketplaceModelEndpoint"]["endpointConfig"] == bigger
    assert changed["marketplaceModelEndpoint"]["updatedAt"] >= first["updatedAt"]
    assert update(endpointArn=arn, endpointConfig=bigger, clientRequestToken="u") is not None
    conflict = failure_of(update, endpointArn=arn, endpointConfig=CONFIG, clientRequestToken="u")
    assert conflict.code == "ConflictException"
    assert get(bedrock, arn)["endpointConfig"] == bigger

    bedrock.delete_marketplace_model_endpoint(endpointArn=arn)
    for call, members in ((bedrock.get_marketplace_model_endpoint, {}),
                          (bedrock.delete_marketplace_model_endpoint, {}),
                          (update, {"endpointConfig": CONFIG})):
        assert_missing(failure_of(call, endpointArn=arn, **members), arn)


def test_lists_by_page_and_source(bedrock, upstream, make):
    arns = [make(f"page-{i}", HUB + upstream.url + "#org/big")["endpointArn"] for i in range(5)]
    make("page-x", HUB + upstream.url + "#org/small")
    pages = list(bedrock.get_paginator("list_marketplace_model_endpoints").paginate(
        modelSourceEquals=HUB + upstream.url + "#org/big", PaginationConfig={"PageSize": 2}))
    assert [len(page["marketplaceModelEndpoints"]) for page in pages] == [2, 2, 1]
    listed = [each["endpointArn"] for page in pages for each in page["marketplaceModelEndpoints"]]
    assert listed == arns
    members = {"modelSourceEquals": HUB + upstream.url + "#org/big"}
    first = bedrock.list_marketplace_model_endpoints(maxResults=2, **members)
    for each in first["marketplaceModelEndpoints"]:
        bedrock.delete_marketplace_model_endpoint(endpointArn=each["endpointArn"])
    rest = bedrock.list_marketplace_model_endpoints(nextToken=first["nextToken"], **members)
    assert [each["endpointArn"] for each in rest["marketplaceModelEndpoints"]] == arns[2:]
    assert_validation(failure_of(bedrock.list_marketplace_model_endpoints, nextToken="wrong"),
                      "nextToken", "wrong")


def test_endpoints_survive_a_killed_server(new_server, upstream):
    server = new_server()
    bedrock = server.client("bedrock")
    arn = bedrock.create_marketplace_model_endpoint(
        endpointName="stays", modelSourceIdentifier=HUB + upstream.url + "#org/big",
        endpointConfig=CONFIG)["marketplaceModelEndpoint"]["endpointArn"]
    server.kill()
    server.start()
    assert get(server.client("bedrock"), arn)["endpointStatus"] == "InService"
    answer = converse(server.client("bedrock-runtime"), "Hi", modelId=arn)
    assert text_of(answer) == "I am org/big"


def test_an_operator_says_which_servers_may_be_named(new_server, upstream):
    server = new_server(models__endpoint_servers="http://gpu*.example/*,http://127.0.0.1:9/*")
    bedrock = server.client("bedrock")
    allowed = bedrock.create_marketplace_model_endpoint(
        endpointName="b", modelSourceIdentifier=HUB + NOWHERE + "#m", endpointConfig=CONFIG)
    assert allowed["marketplaceModelEndpoint"]["endpointStatus"] == "Failed"
    refused = failure_of(bedrock.create_marketplace_model_endpoint, endpointName="a",
                         modelSourceIdentifier=HUB + upstream.url + "#org/big",
                         endpointConfig=CONFIG)
    assert (refused.code, refused.status) == ("AccessDeniedException", 403)
    assert upstream.url in refused.message and "models.endpoint_servers" in refused.message
    refused = failure_of(bedrock.register_marketplace_model_endpoint,
                         endpointIdentifier=upstream.url, modelSourceIdentifier=HUB + "org/big")
    assert refused.code == "AccessDeniedException"


def test_a_shorter_list_of_servers_ends_endpoints_that_there_are(tmp_path, upstream):
    before = BedplateServer(tmp_path).start()
    try:
        register = before.client("bedrock").register_marketplace_model_endpoint
        arn, other = [register(endpointIdentifier=upstream.url, modelSourceIdentifier=HUB + name)[
            "marketplaceModelEndpoint"]["endpointArn"] for name in ("org/big", "org/small")]
        before.client("bedrock").deregister_marketplace_model_endpoint(endpointArn=other)
        assert text_of(converse(before.client("bedrock-runtime"), "Hi", modelId=arn))
    finally:
        before.stop()
    server = BedplateServer(tmp_path, models__endpoint_servers="http://gpu*.example/*").start()
    try:
        bedrock, runtime = server.client("bedrock"), server.client("bedrock-runtime")
        asked = len(upstream.requests)
        body = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
        for refused in (
                failure_of(bedrock.register_marketplace_model_endpoint, endpointIdentifier=other,
                           modelSourceIdentifier=HUB + "org/small"),
                failure_of(bedrock.register_marketplace_model_endpoint, endpointIdentifier=arn,
                           modelSourceIdentifier=HUB + "org/big"),
                failure_of(converse, runtime, "Hi", modelId=arn),
                failure_of(runtime.converse_stream, modelId=arn, messages=[user("Hi")]),
                failure_of(runtime.invoke_model, modelId=arn, body=body)):
            assert (refused.code, refused.status) == ("AccessDeniedException", 403)
            assert upstream.url in refused.message and "endpoint_servers" in refused.message
        assert len(upstream.requests) == asked
        bedrock.delete_marketplace_model_endpoint(endpointArn=arn)
    finally:
        server.stop()


def test_bad_requests_say_what_is_wrong(server, bedrock, upstream):
    unchecked = server.client("bedrock", parameter_validation=False)
    good = {"endpointName": "bad", "modelSourceIdentifier": HUB + upstream.url + "#org/big",
            "endpointConfig": CONFIG}
    for change, parts in (
            ({"endpointName": "no good"}, ("endpointName", "no good")),
            ({"endpointName": "x" * 31}, ("endpointName", "x" * 31)),
            ({"modelSourceIdentifier": "a.b"}, ("modelSourceIdentifier", "a.b")),
            ({"modelSourceIdentifier": HUB + upstream.url}, ("modelSourceIdentifier", "#")),
            ({"modelSourceIdentifier": HUB + "http://u:p@h/v1#m"}, ("modelSourceIdentifier",)),
            ({"endpointConfig": {"sageMaker": {"instanceType": "t", "executionRole":
              CONFIG["sageMaker"]["executionRole"]}}}, ("initialInstanceCount",)),
            ({"endpointConfig": {"sageMaker": {**CONFIG["sageMaker"], "executionRole": "me"}}},
             ("executionRole", "me")),
            ({"clientRequestToken": "!"}, ("clientRequestToken", "!")),
            ({"tags": [{"key": "aws:x", "value": "v"}]}, ("aws:x",))):
        assert_validation(failure_of(unchecked.create_marketplace_model_endpoint,
                                     **good | change), *parts)
    assert_missing(failure_of(bedrock.create_marketplace_model_endpoint, **good | {
        "modelSourceIdentifier": HUB + "nobody.nothing-v1:0"}), "nobody.nothing-v1:0")
    unbound = failure_of(bedrock.create_marketplace_model_endpoint, **good | {
        "modelSourceIdentifier": HUB + "meta.llama3-8b-instruct-v1:0"})
    assert unbound.code == "AccessDeniedException" and "models bind" in unbound.message
    eula = good | {"modelSourceIdentifier": HUB + "anthropic.claude-3-haiku-20240307-v1:0"}
    assert_validation(failure_of(bedrock.create_marketplace_model_endpoint, **eula), "acceptEula")
    for identifier in ("nonsense", "unix:/etc/passwd", "ftp://host"):
        assert_validation(failure_of(bedrock.register_marketplace_model_endpoint,
                                     endpointIdentifier=identifier,
                                     modelSourceIdentifier=HUB + "m"), identifier)
    other = "arn:aws:sagemaker:us-east-1:999988887777:endpoint/x"
    for call in (bedrock.get_marketplace_model_endpoint, bedrock.delete_marketplace_model_endpoint,
                 bedrock.deregister_marketplace_model_endpoint):
        foreign = failure_of(call, endpointArn=other)
        assert (foreign.code, foreign.status) == ("AccessDeniedException", 403)
        assert other in foreign.message
        own = other.replace("999988887777", CONFIG["sageMaker"]["executionRole"].split(":")[4])
        assert_missing(failure_of(call, endpointArn=own), own)
