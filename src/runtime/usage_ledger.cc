#include "runtime/usage_ledger.h"

#include <fmt/format.h>

namespace bedplate::runtime {
namespace {

constexpr int64_t kPicodollars = 1'000'000'000'000;  // of a dollar

}  // namespace

ModelUse UseOf(const models::Model& model, int64_t input_tokens, int64_t output_tokens,
               int64_t cached_tokens) {
  ModelUse use{.input_tokens = input_tokens, .output_tokens = output_tokens};
  const auto* published = model.published.get();
  if (published == nullptr || !published->price || cached_tokens != 0) return use;
  const models::TokenPrice& price = *published->price;
  if (!price.output && output_tokens != 0) return use;
  use.cost_picodollars = input_tokens * price.input + output_tokens * price.output.value_or(0);
  return use;
}

std::string InDollars(int64_t picodollars) {
  std::string text =
      fmt::format("{}.{:012}", picodollars / kPicodollars, picodollars % kPicodollars);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void UsageLedger::Add(const models::Model& model, const std::string& profile_arn,
                      const ModelUse& use) {
  const std::lock_guard lock(mutex_);
  UsageLine& line = lines_[{model.facts.id, profile_arn}];
  if (line.answers == 0) {
    line.model_id = model.facts.id;
    line.profile_arn = profile_arn;
    line.priced = true;
  }
  ++line.answers;
  line.input_tokens += static_cast<uint64_t>(use.input_tokens);
  line.output_tokens += static_cast<uint64_t>(use.output_tokens);
  line.priced = line.priced && use.cost_picodollars.has_value();
  line.cost_picodollars += use.cost_picodollars.value_or(0);
  if (use.cost_picodollars) line.price_as_of = model.published->provider->price_as_of;
}

std::vector<UsageLine> UsageLedger::Lines() const {
  const std::lock_guard lock(mutex_);
  std::vector<UsageLine> lines;
  lines.reserve(lines_.size());
  for (const auto& [key, line] : lines_) lines.push_back(line);
  return lines;
}

}  // namespace bedplate::runtime
