#include <filesystem>
#include <utility>

#include "bedrock/ops/GetFoundationModelAvailability.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {
namespace {

// A model whose weights are not here can't be run here. Whether a URL answers is not known before
// it is asked.
bool HasWeights(const models::Model& model) {
  const auto* weights = std::get_if<models::LocalWeights>(&model.binding);
  std::error_code error;
  return weights == nullptr || std::filesystem::is_regular_file(weights->file, error);
}

}  // namespace

net::Task<Result<gen::GetFoundationModelAvailabilityResponse>>
Bedrock::GetFoundationModelAvailability(const wire::Call& call,
                                        gen::GetFoundationModelAvailabilityRequest input) {
  auto model = Resolve(call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  auto here = co_await pool_.Run([&]() -> Result<bool> { return HasWeights(**model); });
  if (!here) co_return std::unexpected(std::move(here.error()));
  gen::GetFoundationModelAvailabilityResponse response;
  response.modelId = (*model)->facts.id;
  // Models on the user's own machine need no agreement and no entitlement, and whoever may call
  // this operation may use them.
  response.agreementAvailability.emplace().status = gen::AgreementStatus::kAvailable;
  response.authorizationStatus = gen::AuthorizationStatus::kAuthorized;
  response.entitlementAvailability = gen::EntitlementAvailability::kAvailable;
  response.regionAvailability =
      *here ? gen::RegionAvailability::kAvailable : gen::RegionAvailability::kNotAvailable;
  co_return response;
}

}  // namespace bedplate::services::bedrock
