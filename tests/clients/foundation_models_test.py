"""ListFoundationModels with its filters, GetFoundationModel, GetFoundationModelAvailability."""

from __future__ import annotations

import pytest

from asking import assert_validation, failure_of, user
from bedplate_server import CHAT, EMBEDDINGS

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


def ids(client, **filters) -> set[str]:
    return {model["modelId"] for model in client.list_foundation_models(**filters)["modelSummaries"]}


def test_both_packaged_models_are_listed_with_their_facts(bedrock):
    models = {model["modelId"]: model for model in
              bedrock.list_foundation_models()["modelSummaries"]}
    assert set(models) >= {CHAT, EMBEDDINGS}
    chat = models[CHAT]
    assert chat["modelArn"] == f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"
    assert chat["inputModalities"] == ["TEXT"] and chat["outputModalities"] == ["TEXT"]
    assert chat["responseStreamingSupported"] is True
    assert chat["modelLifecycle"]["status"] == "ACTIVE"
    assert models[EMBEDDINGS]["outputModalities"] == ["EMBEDDING"]
    assert models[EMBEDDINGS]["responseStreamingSupported"] is False


def test_filters_choose_over_the_whole_catalog(bedrock):
    provider = bedrock.get_foundation_model(modelIdentifier=CHAT)["modelDetails"]["providerName"]
    everything = ids(bedrock)
    assert ids(bedrock, byProvider=provider) == {CHAT}
    anthropic = ids(bedrock, byProvider="anthropic")
    assert HAIKU in anthropic and all(name.startswith("anthropic.") for name in anthropic)
    text, embedding, image = (ids(bedrock, byOutputModality=modality)
                              for modality in ("TEXT", "EMBEDDING", "IMAGE"))
    assert CHAT in text and EMBEDDINGS in embedding and "amazon.nova-canvas-v1:0" in image
    assert not text & embedding and not text & image and text | embedding | image < everything
    assert CHAT in ids(bedrock, byInferenceType="ON_DEMAND")
    assert HAIKU + ":48k" in ids(bedrock, byInferenceType="PROVISIONED")
    assert HAIKU not in ids(bedrock, byInferenceType="PROVISIONED")
    assert "amazon.nova-pro-v1:0:300k" in ids(bedrock, byCustomizationType="FINE_TUNING")
    assert ids(bedrock, byProvider=provider, byOutputModality="EMBEDDING") == set()
    assert ids(bedrock, byProvider="Nobody") == set()


def test_every_listed_model_can_be_described(bedrock):
    for summary in bedrock.list_foundation_models()["modelSummaries"]:
        details = bedrock.get_foundation_model(modelIdentifier=summary["modelId"])["modelDetails"]
        assert details == summary


def test_a_catalog_model_without_a_binding_says_how_to_bind_it(bedrock, runtime):
    details = bedrock.get_foundation_model(modelIdentifier=HAIKU)["modelDetails"]
    assert details["modelName"] == "Claude 3 Haiku" and details["providerName"] == "Anthropic"
    assert details["modelLifecycle"]["status"] == "LEGACY"
    assert details["modelLifecycle"]["endOfLifeTime"].isoformat().startswith("2026-09-10")
    answer = bedrock.get_foundation_model_availability(modelId=HAIKU)
    assert answer["agreementAvailability"]["status"] == "NOT_AVAILABLE"
    assert answer["entitlementAvailability"] == "NOT_AVAILABLE"
    assert answer["regionAvailability"] == "NOT_AVAILABLE"
    calls = [(runtime.converse, {"messages": [user("Hi")]}),
             (runtime.converse_stream, {"messages": [user("Hi")]}),
             (runtime.invoke_model, {"body": "{}"}),
             (runtime.invoke_model_with_response_stream, {"body": "{}"}),
             (runtime.count_tokens, {"input": {"converse": {"messages": [user("Hi")]}}})]
    for name in (HAIKU, "us." + HAIKU, f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}"):
        for call, members in calls:
            failure = failure_of(call, modelId=name, **members)
            assert (failure.code, failure.status) == ("AccessDeniedException", 403), failure
            assert failure.message.startswith(
                "You don't have access to the model with the specified model ID. ")
            assert f"`bedplate models bind {HAIKU} --gguf FILE`" in failure.message


@pytest.mark.parametrize("name, value", [
    ("byOutputModality", "SMELL"), ("byInferenceType", "NEVER"), ("byCustomizationType", "MAGIC")])
def test_filters_outside_their_enum_are_refused(server, name, value):
    client = server.client("bedrock", parameter_validation=False)
    assert_validation(failure_of(client.list_foundation_models, **{name: value}), name, value)


def test_one_model_by_any_of_its_names(bedrock):
    for name in (CHAT, f"arn:aws:bedrock:us-east-1::foundation-model/{CHAT}"):
        details = bedrock.get_foundation_model(modelIdentifier=name)["modelDetails"]
        assert details["modelId"] == CHAT
        assert details["modelName"]


def test_an_unknown_model_is_not_found(bedrock):
    failure = failure_of(bedrock.get_foundation_model, modelIdentifier="nobody.nothing-v1:0")
    assert (failure.code, failure.status) == ("ResourceNotFoundException", 404)
    assert "nobody.nothing-v1:0" in failure.message


def test_a_packaged_model_is_available(bedrock):
    answer = bedrock.get_foundation_model_availability(modelId=CHAT)
    assert answer["modelId"] == CHAT
    assert answer["authorizationStatus"] == "AUTHORIZED"
    assert answer["entitlementAvailability"] == "AVAILABLE"
    assert answer["regionAvailability"] == "AVAILABLE"
    assert answer["agreementAvailability"]["status"] == "AVAILABLE"
