#include <filesystem>
#include <string>
#include <utility>

#include "bedrock/ops/GetFoundationModelAvailability.h"
#include "models/access.h"
#include "models/model_id.h"
#include "services/bedrock/service.h"
#include "wire/permits.h"

namespace bedplate::services::bedrock {
namespace {

// A model whose weights are not here can't be run here. Whether a URL answers is not known before
// it is asked.
bool CanRun(const models::Model& model) {
  if (!model.IsBound()) return false;
  const auto* weights = std::get_if<models::LocalWeights>(&model.binding);
  std::error_code error;
  if (weights == nullptr) return true;
  const auto is_here = [&](const std::string& file) {
    return std::filesystem::is_regular_file(file, error);
  };
  return is_here(weights->file) && (weights->adapter.empty() || is_here(weights->adapter)) &&
         (weights->projector.empty() || is_here(weights->projector)) &&
         (weights->draft.empty() || is_here(weights->draft));
}

// Whether the caller's own policies and the model's let it.
bool MayInvoke(const wire::Call& call, const std::string& id) {
  if (call.permission == nullptr) return true;
  return call.permission
      ->CheckHere({.action = "bedrock:InvokeModel",
                   .directory = "bedrock-model",
                   .name = id,
                   .arn = models::FoundationModelArn(call.region, id)})
      .has_value();
}

}  // namespace

net::Task<Result<gen::GetFoundationModelAvailabilityResponse>>
Bedrock::GetFoundationModelAvailability(const wire::Call& call,
                                        gen::GetFoundationModelAvailabilityRequest input) {
  auto model = Find(call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  auto here = co_await pool_.Run([&]() -> Result<bool> { return CanRun(**model); });
  if (!here) co_return std::unexpected(std::move(here.error()));
  gen::GetFoundationModelAvailabilityResponse response;
  response.modelId = (*model)->facts.id;
  const models::Scope scope = ScopeOf(call);
  const std::string& id = (*model)->facts.id;
  const bool agreed =
      models::WantsAgreement(**model) ? directory_.HasAgreement(id, scope) : (*model)->IsBound();
  response.agreementAvailability.emplace().status =
      agreed ? gen::AgreementStatus::kAvailable : gen::AgreementStatus::kNotAvailable;
  const bool denied = directory_.IsDenied((*model)->facts) || !MayInvoke(call, id);
  response.authorizationStatus =
      denied ? gen::AuthorizationStatus::kNotAuthorized : gen::AuthorizationStatus::kAuthorized;
  response.entitlementAvailability = directory_.Resolve(id, scope)
                                         ? gen::EntitlementAvailability::kAvailable
                                         : gen::EntitlementAvailability::kNotAvailable;
  response.regionAvailability =
      *here ? gen::RegionAvailability::kAvailable : gen::RegionAvailability::kNotAvailable;
  co_return response;
}

}  // namespace bedplate::services::bedrock
