#include <fmt/format.h>

#include <utility>

#include "bedrock/ops/GetFoundationModel.h"
#include "services/bedrock/foundation_model.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {

Result<models::ModelPtr> Bedrock::Find(const wire::Call& call,
                                       const std::string& identifier) const {
  auto model = directory_.Find(identifier, {.account = call.account, .region = call.region});
  if (model) return model;
  return Fail(Fault::kNotFound,
              fmt::format("Could not resolve the foundation model from the provided model "
                          "identifier. There is no model '{}' in this account and region.",
                          identifier));
}

net::Task<Result<gen::GetFoundationModelResponse>> Bedrock::GetFoundationModel(
    const wire::Call& call, gen::GetFoundationModelRequest input) {
  auto model = Find(call, *input.modelIdentifier);
  if (!model) co_return std::unexpected(std::move(model.error()));
  gen::GetFoundationModelResponse response;
  response.modelDetails = ToDetails((*model)->facts, call.region);
  co_return response;
}

}  // namespace bedplate::services::bedrock
