"""Models of the catalog that something is bound to: programs with Bedrock's own ids run unchanged."""

from __future__ import annotations

import json

import pytest

from asking import (ANSWER, QUESTION, SURE_ANSWER, SURE_QUESTION, SURE_TOKENS, assert_validation,
                    converse, failure_of, text_of, user)
from bedplate_server import CACHE, CHAT, EMBEDDINGS

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
TITAN = "amazon.titan-embed-text-v2:0"
PLAIN = {"maxTokens": 24, "temperature": 0}


@pytest.fixture(scope="module")
def bound(tmp_path_factory):
    from bedplate_server import BedplateServer

    server = BedplateServer(tmp_path_factory.mktemp("bound")).start()
    server.run("models", "bind", "anthropic.*", "--model", CHAT)
    server.run("models", "bind", "meta.llama3-*", "--gguf",
               str(CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"))
    server.run("models", "bind", TITAN, "--model", EMBEDDINGS)
    yield server
    server.stop()


def test_every_name_of_a_bound_model_answers(bound):
    runtime = bound.client("bedrock-runtime")
    few = {"maxTokens": SURE_TOKENS, "temperature": 0}
    for name in (HAIKU, "us." + SONNET, "global." + SONNET,
                 "meta.llama3-8b-instruct-v1:0",
                 f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}",
                 f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{SONNET}"):
        answer = converse(runtime, SURE_QUESTION, modelId=name, inferenceConfig=few)
        assert text_of(answer) == SURE_ANSWER, name


def test_a_model_of_profiles_alone_answers_by_its_own_id_where_that_is_bound(bound):
    """At Bedrock it never does, so a pattern is not enough."""
    runtime = bound.client("bedrock-runtime")
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 4,
                       "messages": [{"role": "user", "content": "Hi"}]})
    for name in (SONNET, f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}"):
        for call, members in ((runtime.converse, {"messages": [user("Hi")]}),
                              (runtime.converse_stream, {"messages": [user("Hi")]}),
                              (runtime.invoke_model, {"body": body}),
                              (runtime.invoke_model_with_response_stream, {"body": body})):
            assert_validation(failure_of(call, modelId=name, **members),
                              f"Invocation of model ID {SONNET} with on-demand throughput isn",
                              "an inference profile that contains this model", "'anthropic.*'")
    bound.run("models", "bind", SONNET, "--model", CHAT)
    try:
        assert text_of(converse(runtime, modelId=SONNET))
    finally:
        bound.run("models", "unbind", SONNET)


def test_a_bound_model_streams_counts_and_takes_a_body(bound):
    runtime = bound.client("bedrock-runtime")
    events = list(runtime.converse_stream(modelId="us." + SONNET, messages=[user(QUESTION)],
                                          inferenceConfig=PLAIN)["stream"])
    text = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events
                   if "contentBlockDelta" in event)
    assert ANSWER in text
    count = runtime.count_tokens(modelId=SONNET, input={"converse": {"messages": [user("Hi")]}})
    assert count["inputTokens"] > 0
    prompt = (f"<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{QUESTION}<|eot_id|>"
              "<|start_header_id|>assistant<|end_header_id|>\n\n")
    body = {"prompt": prompt, "max_gen_len": 24, "temperature": 0}
    answer = json.loads(runtime.invoke_model(modelId="meta.llama3-70b-instruct-v1:0",
                                             body=json.dumps(body))["body"].read())
    assert ANSWER in answer["generation"] and answer["generation_token_count"] > 0
    count = runtime.count_tokens(modelId="meta.llama3-70b-instruct-v1:0",
                                 input={"invokeModel": {"body": json.dumps(body)}})
    assert count["inputTokens"] == answer["prompt_token_count"]


def test_bound_embeddings_have_the_dimensions_of_what_answers(bound):
    runtime = bound.client("bedrock-runtime")

    def embed(model: str, **members) -> list[float]:
        answer = runtime.invoke_model(modelId=model,
                                      body=json.dumps({"inputText": "hello", **members}))
        return json.loads(answer["body"].read())["embedding"]

    assert len(embed(TITAN)) == 384 and embed(TITAN) == embed(EMBEDDINGS)
    failure = failure_of(runtime.invoke_model, modelId=TITAN,
                         body=json.dumps({"inputText": "hello", "dimensions": 1024}))
    assert failure.code == "ValidationException" and "1024" in failure.message


def test_a_bound_model_keeps_what_is_published_of_it(bound):
    bedrock = bound.client("bedrock")
    details = bedrock.get_foundation_model(modelIdentifier=HAIKU)["modelDetails"]
    assert details["modelId"] == HAIKU and details["modelName"] == "Claude 3 Haiku"
    assert details["providerName"] == "Anthropic"
    assert details["inputModalities"] == ["TEXT", "IMAGE"]
    availability = bedrock.get_foundation_model_availability(modelId=HAIKU)
    assert availability["entitlementAvailability"] == "AVAILABLE"
    assert availability["regionAvailability"] == "AVAILABLE"


def test_what_was_unbound_does_not_answer_any_more(bound):
    runtime = bound.client("bedrock-runtime")
    model = "mistral.mistral-7b-instruct-v0:2"
    assert failure_of(converse, runtime, modelId=model).code == "AccessDeniedException"
    bound.run("models", "bind", "mistral.*7b*", "--model", CHAT)
    assert converse(runtime, modelId=model)["usage"]["outputTokens"] > 0
    bound.run("models", "unbind", "mistral.*7b*")
    assert failure_of(converse, runtime, modelId=model).code == "AccessDeniedException"
