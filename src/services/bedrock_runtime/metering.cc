#include "services/bedrock_runtime/metering.h"

#include <utility>

namespace bedplate::services::bedrock_runtime {

void Count(const Meter& meter, const wire::Call& call, const std::string& name,
           const models::Model& model, const runtime::ModelUse& use) {
  const models::Scope scope{.account = call.account, .region = call.region};
  std::string profile_arn = meter.directory.FindOwnProfile(name, scope).value_or("");
  meter.ledger.Add(model, profile_arn, use);
  call.notes.push_back({.name = "input_tokens", .number = use.input_tokens});
  call.notes.push_back({.name = "output_tokens", .number = use.output_tokens});
  if (!profile_arn.empty()) {
    call.notes.push_back({.name = "inference_profile", .text = std::move(profile_arn)});
  }
  if (!use.cost_picodollars) return;
  std::string cost = runtime::InDollars(*use.cost_picodollars);
  call.response_headers.emplace_back("x-bedplate-cost-usd", cost);
  call.response_headers.emplace_back("x-bedplate-price-as-of",
                                     model.published->provider->price_as_of);
  call.notes.push_back({.name = "cost_usd", .text = std::move(cost)});
}

}  // namespace bedplate::services::bedrock_runtime
