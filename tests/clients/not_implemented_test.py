"""Every operation that is not served says so by name, through boto3; the served ones do not."""

from __future__ import annotations

import botocore.session
import pytest

from asking import failure_of

SERVED = {
    "bedrock": {"ListFoundationModels", "GetFoundationModel", "GetFoundationModelAvailability",
                "PutUseCaseForModelAccess", "GetUseCaseForModelAccess",
                "ListFoundationModelAgreementOffers", "CreateFoundationModelAgreement",
                "DeleteFoundationModelAgreement", "CreateInferenceProfile", "GetInferenceProfile",
                "ListInferenceProfiles", "DeleteInferenceProfile", "TagResource", "UntagResource",
                "ListTagsForResource",
                "CreateMarketplaceModelEndpoint", "GetMarketplaceModelEndpoint",
                "ListMarketplaceModelEndpoints", "UpdateMarketplaceModelEndpoint",
                "DeleteMarketplaceModelEndpoint", "RegisterMarketplaceModelEndpoint",
                "DeregisterMarketplaceModelEndpoint",
                "CreatePromptRouter", "GetPromptRouter", "ListPromptRouters", "DeletePromptRouter",
                "PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy",
                "GetAccountDataRetention", "PutAccountDataRetention"},
    "bedrock-runtime": {"Converse", "ConverseStream", "InvokeModel",
                        "InvokeModelWithResponseStream", "CountTokens",
                        "InvokeModelWithBidirectionalStream"},
    "bedrock-agent": set(),
    "bedrock-agent-runtime": set(),
}
# These three are one path in two services; the kind of the ARN decides.
TAGGED = {"bedrock-agent": "arn:aws:bedrock:us-east-1:123456789012:agent/AGENT12345",
          "bedrock-agent-runtime": "arn:aws:bedrock:us-east-1:123456789012:session/"
                                   "12345678-1234-1234-1234-123456789012"}
_MODELS = botocore.session.get_session()


def operations(service: str) -> list[str]:
    names = _MODELS.get_service_model(service).operation_names
    return sorted(set(names) - SERVED[service])


def smallest_input(service: str, operation: str) -> dict:
    """What the path needs; the rest is left out, as nothing may look at it."""
    shape = _MODELS.get_service_model(service).operation_model(operation).input_shape
    if shape is None:
        return {}
    members = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") != "uri":
            continue
        members[name] = (TAGGED.get(service, "arn:aws:bedrock:us-east-1:1:x/y")
                         if name == "resourceArn" else "abcdefghij")
    return members


@pytest.mark.parametrize("service", SERVED)
def test_operations_that_are_not_served_say_so(server, service):
    client = server.client(service, parameter_validation=False)
    methods = {operation: method for method, operation in
               client.meta.method_to_api_mapping.items()}
    wrong = []
    for operation in operations(service):
        failure = failure_of(getattr(client, methods[operation]),
                             **smallest_input(service, operation))
        if (failure.code, failure.status) != ("NotImplementedException", 501) or \
                operation not in failure.message:
            wrong.append((operation, failure))
    assert not wrong, f"{len(wrong)} of {len(operations(service))}: {wrong[:5]}"
