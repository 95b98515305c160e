"""Model access as scripts set it up: use case, offers, agreements, availability."""

from __future__ import annotations

import json

import pytest

from asking import assert_validation, converse, failure_of
from bedplate_server import CHAT

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
JAMBA = "ai21.jamba-1-5-mini-v1:0"
FORM = {"companyName": "Example", "companyWebsite": "https://example.org", "intendedUsers": "0",
        "industryOption": "Education", "otherIndustryOption": "", "useCases": "Trying things out"}


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    from bedplate_server import BedplateServer

    server = BedplateServer(tmp_path_factory.mktemp("strict"),
                            models__require_agreements="true").start()
    for pattern in ("anthropic.*", "ai21.*", "meta.*"):
        server.run("models", "bind", pattern, "--model", CHAT)
    yield server
    server.stop()


def statuses(bedrock, model: str) -> tuple[str, str]:
    answer = bedrock.get_foundation_model_availability(modelId=model)
    return answer["agreementAvailability"]["status"], answer["entitlementAvailability"]


def offer_token(bedrock, model: str) -> str:
    offers = bedrock.list_foundation_model_agreement_offers(modelId=model, offerType="ALL")["offers"]
    return offers[0]["offerToken"]


def test_agreements_open_and_close_models_at_once(strict):
    bedrock, runtime = strict.client("bedrock"), strict.client("bedrock-runtime")
    assert converse(runtime, modelId="meta.llama3-8b-instruct-v1:0")["stopReason"]
    assert statuses(bedrock, JAMBA) == ("NOT_AVAILABLE", "NOT_AVAILABLE")
    failure = failure_of(converse, runtime, modelId=JAMBA)
    assert (failure.code, failure.status) == ("AccessDeniedException", 403)
    assert "CreateFoundationModelAgreement" in failure.message

    token = offer_token(bedrock, JAMBA)
    made = bedrock.create_foundation_model_agreement(modelId=JAMBA, offerToken=token)
    assert made["modelId"] == JAMBA and made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert statuses(bedrock, JAMBA) == ("AVAILABLE", "AVAILABLE")
    assert converse(runtime, modelId=JAMBA)["stopReason"]
    again = failure_of(bedrock.create_foundation_model_agreement, modelId=JAMBA, offerToken=token)
    assert again.code == "ConflictException" and JAMBA in again.message

    bedrock.delete_foundation_model_agreement(modelId=JAMBA)
    assert failure_of(converse, runtime, modelId=JAMBA).code == "AccessDeniedException"
    gone = failure_of(bedrock.delete_foundation_model_agreement, modelId=JAMBA)
    assert (gone.code, gone.status) == ("ResourceNotFoundException", 404)


def test_anthropic_wants_the_use_case_first_and_both_survive_a_kill(strict):
    bedrock = strict.client("bedrock")
    missing = failure_of(bedrock.get_use_case_for_model_access)
    assert (missing.code, missing.status) == ("ResourceNotFoundException", 404)
    token = offer_token(bedrock, HAIKU)
    refused = failure_of(bedrock.create_foundation_model_agreement, modelId=HAIKU, offerToken=token)
    assert refused.code == "ResourceNotFoundException"
    assert "PutUseCaseForModelAccess" in refused.message
    put = bedrock.put_use_case_for_model_access(formData=json.dumps(FORM))
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 201
    bedrock.create_foundation_model_agreement(modelId=HAIKU, offerToken=token)

    strict.kill()
    strict.start()
    bedrock, runtime = strict.client("bedrock"), strict.client("bedrock-runtime")
    assert json.loads(bedrock.get_use_case_for_model_access()["formData"]) == FORM
    assert statuses(bedrock, HAIKU) == ("AVAILABLE", "AVAILABLE")
    assert converse(runtime, modelId="us." + HAIKU)["stopReason"]


def test_offers_show_price_and_terms(bedrock):
    offers = bedrock.list_foundation_model_agreement_offers(modelId=JAMBA)["offers"]
    terms = offers[0]["termDetails"]
    rates = {rate["dimension"]: rate["price"] for rate in terms["usageBasedPricingTerm"]["rateCard"]}
    assert rates == {"InputTokenCount": "0.2", "OutputTokenCount": "0.4"}
    assert terms["legalTerm"]["url"].startswith("https://")
    assert bedrock.list_foundation_model_agreement_offers(modelId=CHAT)["offers"] == []


def test_bad_requests_say_what_is_wrong(bedrock):
    failure = failure_of(bedrock.create_foundation_model_agreement, modelId=JAMBA, offerToken="mine")
    assert_validation(failure, "offerToken", "'mine'", JAMBA)
    for call, members in ((bedrock.list_foundation_model_agreement_offers, {}),
                          (bedrock.create_foundation_model_agreement, {"offerToken": "x"}),
                          (bedrock.delete_foundation_model_agreement, {})):
        missing = failure_of(call, modelId="nobody.nothing-v1:0", **members)
        assert (missing.code, missing.status) == ("ResourceNotFoundException", 404)
    assert_validation(failure_of(bedrock.put_use_case_for_model_access, formData="x" * 20),
                      "formData")
    for member in FORM.keys() - {"otherIndustryOption"}:
        form = {name: value for name, value in FORM.items() if name != member}
        assert_validation(failure_of(bedrock.put_use_case_for_model_access,
                                     formData=json.dumps(form)), "formData", member)
    assert_validation(failure_of(bedrock.put_use_case_for_model_access, formData="short"), "formData")
    for member, rule in (("companyName", "1 to 128"), ("otherIndustryOption", "at most 128")):
        form = json.dumps(FORM | {member: "株" * 129}, ensure_ascii=False)
        assert_validation(failure_of(bedrock.put_use_case_for_model_access, formData=form),
                          member, "129 characters", rule)


def test_a_bound_model_just_works_unless_agreements_are_required(server, bedrock, runtime):
    server.run("models", "bind", JAMBA, "--model", CHAT)
    try:
        assert statuses(bedrock, JAMBA) == ("NOT_AVAILABLE", "AVAILABLE")
        assert converse(runtime, modelId=JAMBA)["stopReason"]
    finally:
        server.run("models", "unbind", JAMBA)
