#include "services/metering.h"

#include <utility>

namespace bedplate::services {

namespace {

// Empty where the name is not that of an application inference profile.
std::string ProfileOf(const Meter& meter, const wire::Call& call, const std::string& name) {
  const models::Scope scope{.account = call.account, .region = call.region};
  return meter.directory.FindOwnProfile(name, scope).value_or("");
}

void NoteUse(const wire::Call& call, const std::string& profile_arn,
             const runtime::TokenUsage& usage, const runtime::ModelUse& use) {
  call.notes.push_back({.name = "input_tokens", .number = use.input_tokens});
  call.notes.push_back({.name = "output_tokens", .number = use.output_tokens});
  const auto note_cached = [&](std::string_view note, int64_t tokens) {
    if (tokens != 0) call.notes.push_back({.name = note, .number = tokens});
  };
  note_cached("cache_read_input_tokens", usage.cache_read_tokens);
  note_cached("cache_write_input_tokens", usage.cache_write_tokens);
  if (!profile_arn.empty()) {
    call.notes.push_back({.name = "inference_profile", .text = profile_arn});
  }
  if (!use.cost_picodollars) return;
  call.notes.push_back({.name = "cost_usd", .text = runtime::InDollars(*use.cost_picodollars)});
}

}  // namespace

void Count(const Meter& meter, const wire::Call& call, const std::string& name,
           const models::Model& model, const runtime::TokenUsage& usage) {
  const runtime::ModelUse use = runtime::UseOf(model, usage);
  const std::string profile_arn = ProfileOf(meter, call, name);
  meter.ledger.Add(model, profile_arn, use);
  NoteUse(call, profile_arn, usage, use);
  if (!use.cost_picodollars) return;
  call.response_headers.emplace_back("x-bedplate-cost-usd",
                                     runtime::InDollars(*use.cost_picodollars));
  call.response_headers.emplace_back("x-bedplate-price-as-of",
                                     model.published->provider->price_as_of);
}

RunningCount::RunningCount(const Meter& meter, const wire::Call& call, const std::string& name,
                           const models::Model& model)
    : meter_(meter),
      call_(call),
      model_(model),
      profile_arn_(ProfileOf(meter, call, name)),
      notes_before_(call.notes.size()) {}

void RunningCount::Add(const runtime::TokenUsage& usage) {
  meter_.ledger.Add(model_, profile_arn_, runtime::UseOf(model_, usage));
  sum_.input_tokens += usage.input_tokens;
  sum_.output_tokens += usage.output_tokens;
  sum_.cache_read_tokens += usage.cache_read_tokens;
  sum_.cache_write_tokens += usage.cache_write_tokens;
  sum_.cache_write_long_tokens += usage.cache_write_long_tokens;
  call_.notes.resize(notes_before_);
  NoteUse(call_, profile_arn_, sum_, runtime::UseOf(model_, sum_));
}

}  // namespace bedplate::services
