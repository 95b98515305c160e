#include "services/metering.h"

#include <utility>

namespace bedplate::services {

void Count(const Meter& meter, const wire::Call& call, const std::string& name,
           const models::Model& model, const runtime::TokenUsage& usage) {
  const runtime::ModelUse use = runtime::UseOf(model, usage);
  const models::Scope scope{.account = call.account, .region = call.region};
  std::string profile_arn = meter.directory.FindOwnProfile(name, scope).value_or("");
  meter.ledger.Add(model, profile_arn, use);
  call.notes.push_back({.name = "input_tokens", .number = use.input_tokens});
  call.notes.push_back({.name = "output_tokens", .number = use.output_tokens});
  const auto note_cached = [&](std::string_view note, int64_t tokens) {
    if (tokens != 0) call.notes.push_back({.name = note, .number = tokens});
  };
  note_cached("cache_read_input_tokens", usage.cache_read_tokens);
  note_cached("cache_write_input_tokens", usage.cache_write_tokens);
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

}  // namespace bedplate::services
