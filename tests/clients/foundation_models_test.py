"""ListFoundationModels with its filters, GetFoundationModel, GetFoundationModelAvailability."""

from __future__ import annotations

import pytest

from asking import assert_validation, failure_of
from bedplate_server import CHAT, EMBEDDINGS


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


def test_filters_choose(bedrock):
    provider = bedrock.get_foundation_model(modelIdentifier=CHAT)["modelDetails"]["providerName"]
    assert ids(bedrock, byProvider=provider) == {CHAT}
    assert ids(bedrock, byOutputModality="TEXT") == {CHAT}
    assert ids(bedrock, byOutputModality="EMBEDDING") == {EMBEDDINGS}
    assert ids(bedrock, byOutputModality="IMAGE") == set()
    assert ids(bedrock, byInferenceType="ON_DEMAND") == {CHAT, EMBEDDINGS}
    assert ids(bedrock, byInferenceType="PROVISIONED") == set()
    assert ids(bedrock, byProvider=provider, byOutputModality="EMBEDDING") == set()
    assert ids(bedrock, byProvider="Nobody") == set()


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
