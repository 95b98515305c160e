"""Prompt routers: which of two models answers, and how a caller learns of it."""

from __future__ import annotations

import json

import anthropic
import openai
import pytest

from asking import assert_validation, converse, failure_of, text_of, user
from bedplate_server import CHAT, EMBEDDINGS, BedplateServer
from openai_upstream import OpenAiUpstream

HARD = "Who was the captain of the 1966 Brazil football team?"
EASY = "Write a short paragraph about why people like to walk in the park with dogs."
SMALL, LARGE = "amazon.nova-micro-v1:0", "amazon.nova-pro-v1:0"


def model_arn(model_id: str) -> str:
    return f"arn:aws:bedrock:us-east-1::foundation-model/{model_id}"


@pytest.fixture(name="routed", scope="module")
def _routed(tmp_path_factory):
    """A server on which two priced models of the catalog answer with their names."""
    upstream = OpenAiUpstream(lambda request: {"content": "I am " + request["model"]})
    server = BedplateServer(tmp_path_factory.mktemp("routed")).start()
    for model_id in (SMALL, LARGE):
        server.run("models", "bind", model_id, "--url", upstream.url)
    yield server
    server.stop()
    upstream.close()


@pytest.fixture(name="make")
def _make(routed):
    made = []

    def create(name: str, **members) -> str:
        bedrock = routed.client("bedrock")  # a server that was started again has another address
        request = {"promptRouterName": name, "models": [{"modelArn": model_arn(LARGE)}],
                   "fallbackModel": {"modelArn": model_arn(SMALL)},
                   "routingCriteria": {"responseQualityDifference": 50}}
        arn = bedrock.create_prompt_router(**request | members)["promptRouterArn"]
        made.append(arn)
        return arn

    yield create
    bedrock = routed.client("bedrock")
    for arn in made:
        try:
            bedrock.delete_prompt_router(promptRouterArn=arn)
        except bedrock.exceptions.ResourceNotFoundException:
            pass


def test_facades_take_a_router_as_model(routed, make):
    router = make("facades", routingCriteria={"responseQualityDifference": 100})
    chat = openai.OpenAI(base_url=f"{routed.endpoint}/openai/v1", api_key=routed.bearer_key)
    claude = anthropic.Anthropic(base_url=f"{routed.endpoint}/anthropic", api_key=routed.bearer_key)
    turns = [{"role": "user", "content": EASY}]
    weaker, stronger = ({"input": EASY}, {"input": HARD})
    said = chat.chat.completions.create(model=router, messages=turns)
    assert said.choices[0].message.content == "I am " + SMALL
    said = claude.messages.create(model=router, max_tokens=9, messages=turns)
    assert said.content[0].text == "I am " + SMALL
    assert chat.responses.create(model=router, **weaker).output_text == "I am " + SMALL
    strict = make("strict", routingCriteria={"responseQualityDifference": 0})
    assert chat.responses.create(model=strict, **stronger).output_text == "I am " + LARGE
    assert chat.responses.create(model=strict, input=[{"role": "user", "content": HARD}]
                                 ).output_text == "I am " + LARGE
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        chat.chat.completions.create(model=router + "x", messages=turns)


def invoked(answer: dict) -> str:
    return answer["trace"]["promptRouter"]["invokedModelId"]


def test_a_prompt_goes_to_the_model_that_the_trace_names(routed, make):
    runtime = routed.client("bedrock-runtime")
    arn = make("two")
    for prompt, model_id in ((HARD, LARGE), (EASY, SMALL)):
        answer = converse(runtime, prompt, modelId=arn)
        assert text_of(answer) == "I am " + model_id
        assert invoked(answer) == model_arn(model_id)
        events = list(runtime.converse_stream(modelId=arn, messages=[user(prompt)])["stream"])
        metadata = next(event["metadata"] for event in events if "metadata" in event)
        assert invoked(metadata) == model_arn(model_id)
        text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events
                       if "contentBlockDelta" in event)
        assert text == "I am " + model_id
        body = json.dumps({"messages": [{"role": "user", "content": [{"text": prompt}]}]})
        answer = json.loads(runtime.invoke_model(modelId=arn, body=body)["body"].read())
        assert answer["output"]["message"]["content"][0]["text"] == "I am " + model_id
        chunks = runtime.invoke_model_with_response_stream(modelId=arn, body=body)["body"]
        streamed = b"".join(event["chunk"]["bytes"] for event in chunks if "chunk" in event)
        assert b"contentBlockDelta" in streamed and b"messageStop" in streamed
    assert "trace" not in converse(runtime, EASY, modelId=SMALL)


def test_the_criterion_decides_and_the_fallback_may_be_the_stronger(routed, make):
    runtime = routed.client("bedrock-runtime")
    for difference, expected in ((0, LARGE), (100, SMALL)):
        for fallback, other in ((SMALL, LARGE), (LARGE, SMALL)):
            arn = make(f"d{difference} {fallback[7:17].replace('.', '')}",
                       models=[{"modelArn": model_arn(other)}],
                       fallbackModel={"modelArn": model_arn(fallback)},
                       routingCriteria={"responseQualityDifference": difference})
            answers = {invoked(converse(runtime, prompt, modelId=arn)) for prompt in (HARD, EASY)}
            assert answers == {model_arn(expected)}, (difference, fallback)


def test_the_whole_life_of_a_router(routed, make):
    bedrock = routed.client("bedrock")
    both = [{"modelArn": model_arn(SMALL)}, {"modelArn": model_arn(LARGE)}]
    arn = make("Life", models=both, description="Ours", tags=[{"key": "team", "value": "a"}],
               routingCriteria={"responseQualityDifference": 12.5})
    found = bedrock.get_prompt_router(promptRouterArn=arn)
    assert found["promptRouterName"] == "Life" and found["description"] == "Ours"
    assert found["routingCriteria"] == {"responseQualityDifference": 12.5}
    assert found["models"] == both and found["fallbackModel"] == both[0]
    assert (found["status"], found["type"]) == ("AVAILABLE", "custom")
    assert found["createdAt"] == found["updatedAt"]
    tags = bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    assert tags == [{"key": "team", "value": "a"}]
    listed = bedrock.list_prompt_routers(type="custom")["promptRouterSummaries"]
    assert arn in [each["promptRouterArn"] for each in listed]
    assert bedrock.list_prompt_routers(type="default")["promptRouterSummaries"] == []
    others = [make(f"Page {i}") for i in range(3)]
    pages = bedrock.get_paginator("list_prompt_routers").paginate(PaginationConfig={"PageSize": 3})
    listed = [each["promptRouterArn"] for page in pages for each in page["promptRouterSummaries"]]
    assert listed == [arn, *others]
    # A page may be deleted before the next is asked for.
    first = bedrock.list_prompt_routers(maxResults=2)
    assert [each["promptRouterArn"] for each in first["promptRouterSummaries"]] == [arn, others[0]]
    bedrock.delete_prompt_router(promptRouterArn=others[0])
    rest = bedrock.list_prompt_routers(nextToken=first["nextToken"])
    assert [each["promptRouterArn"] for each in rest["promptRouterSummaries"]] == others[1:]

    bedrock.delete_prompt_router(promptRouterArn=arn)
    for call, name in ((bedrock.get_prompt_router, "promptRouterArn"),
                       (bedrock.delete_prompt_router, "promptRouterArn"),
                       (bedrock.list_tags_for_resource, "resourceARN")):
        failure = failure_of(call, **{name: arn})
        assert (failure.code, failure.status) == ("ResourceNotFoundException", 404)
        assert arn in failure.message
    assert_validation(failure_of(converse, routed.client("bedrock-runtime"), modelId=arn), arn)


def test_repeated_requests_and_names(routed, make):
    arn = make("once", clientRequestToken="a-token")
    assert make("once", clientRequestToken="a-token") == arn
    conflict = failure_of(make, "other", clientRequestToken="a-token")
    assert conflict.code == "ConflictException" and "a-token" in conflict.message
    conflict = failure_of(make, "once")
    assert conflict.code == "ConflictException" and "'once'" in conflict.message


def test_routers_survive_a_killed_server(routed, make):
    arn = make("stays")
    routed.kill()
    routed.start()
    answer = converse(routed.client("bedrock-runtime"), HARD, modelId=arn)
    assert invoked(answer) == model_arn(LARGE)


def test_bad_requests_say_what_is_wrong(routed, make):
    unchecked = routed.client("bedrock", parameter_validation=False)
    good = {"promptRouterName": "bad", "models": [{"modelArn": model_arn(LARGE)}],
            "fallbackModel": {"modelArn": model_arn(SMALL)},
            "routingCriteria": {"responseQualityDifference": 5}}
    one, other = {"modelArn": model_arn(LARGE)}, {"modelArn": model_arn(SMALL)}
    for change, parts in (
            ({"promptRouterName": "!"}, ("promptRouterName", "!")),
            ({"models": []}, ("models", "0")),
            ({"models": [one, other, {"modelArn": model_arn(CHAT)}]}, ("models", "3")),
            ({"models": [one, one]}, ("models", "twice")),
            ({"fallbackModel": one}, ("fallbackModel", LARGE)),
            ({"models": [one, {"modelArn": model_arn(CHAT)}]}, ("fallbackModel", SMALL)),
            ({"models": [{"modelArn": f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
                                      f"us.{SMALL}"}]}, ("same model", SMALL)),
            ({"models": [{"modelArn": model_arn(EMBEDDINGS)}]}, ("modelArn", EMBEDDINGS)),
            ({"models": [{"modelArn": "no-arn"}]}, ("modelArn", "no-arn")),
            ({"routingCriteria": {"responseQualityDifference": 100.5}},
             ("responseQualityDifference", "100.5")),
            ({"routingCriteria": {"responseQualityDifference": -1}},
             ("responseQualityDifference", "-1")),
            ({"routingCriteria": {}}, ("responseQualityDifference",)),
            ({"tags": [{"key": "aws:x", "value": "v"}]}, ("aws:x",))):
        assert_validation(failure_of(unchecked.create_prompt_router, **good | change), *parts)
    missing = failure_of(unchecked.create_prompt_router,
                         **good | {"models": [{"modelArn": model_arn("nobody.nothing-v1:0")}]})
    assert (missing.code, missing.status) == ("ResourceNotFoundException", 404)
    assert "nobody.nothing-v1:0" in missing.message
    assert_validation(failure_of(unchecked.get_prompt_router, promptRouterArn="x"),
                      "promptRouterArn", "x")
    assert_validation(failure_of(unchecked.list_prompt_routers, nextToken="wrong"), "wrong")
    assert_validation(failure_of(unchecked.list_prompt_routers, type="other"), "type", "other")
