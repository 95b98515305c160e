#include "runtime/usage_ledger.h"

#include <fmt/format.h>

#include <ranges>

namespace bedplate::runtime {
namespace {

constexpr int64_t kPicodollars = 1'000'000'000'000;  // of a dollar

}  // namespace

ModelUse UseOf(const models::Model& model, const TokenUsage& usage) {
  ModelUse use{.input_tokens = usage.input_tokens, .output_tokens = usage.output_tokens};
  const auto* published = model.published.get();
  const int64_t cached_tokens = usage.cache_read_tokens + usage.cache_write_tokens;
  if (published == nullptr || !published->price || cached_tokens != 0) return use;
  const models::TokenPrice& price = *published->price;
  if (!price.output && usage.output_tokens != 0) return use;
  use.cost_picodollars =
      usage.input_tokens * price.input + usage.output_tokens * price.output.value_or(0);
  return use;
}

std::string InDollars(int64_t picodollars) {
  std::string text =
      fmt::format("{}.{:012}", picodollars / kPicodollars, picodollars % kPicodollars);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void UsageLedger::Merge(Book& book, const UsageLine& more) {
  const auto [at, is_new] = book.try_emplace({more.model_id, more.profile_arn}, more);
  if (is_new) return;
  UsageLine& line = at->second;
  line.answers += more.answers;
  line.input_tokens += more.input_tokens;
  line.output_tokens += more.output_tokens;
  line.priced = line.priced && more.priced;
  line.cost_picodollars += more.cost_picodollars;
  if (!more.price_as_of.empty()) line.price_as_of = more.price_as_of;
}

void UsageLedger::Add(const models::Model& model, const std::string& profile_arn,
                      const ModelUse& use) {
  UsageLine line{.model_id = model.facts.id,
                 .profile_arn = profile_arn,
                 .answers = 1,
                 .input_tokens = static_cast<uint64_t>(use.input_tokens),
                 .output_tokens = static_cast<uint64_t>(use.output_tokens),
                 .priced = use.cost_picodollars.has_value(),
                 .cost_picodollars = use.cost_picodollars.value_or(0)};
  if (use.cost_picodollars) line.price_as_of = model.published->provider->price_as_of;
  const std::lock_guard lock(mutex_);
  Merge(lines_, line);
  Merge(added_, line);
}

std::vector<UsageLine> UsageLedger::Lines() const {
  const std::lock_guard lock(mutex_);
  const auto values = std::views::values(lines_);
  return {values.begin(), values.end()};
}

void UsageLedger::Restore(const std::vector<UsageLine>& lines) {
  const std::lock_guard lock(mutex_);
  for (const UsageLine& line : lines) Merge(lines_, line);
}

std::vector<UsageLine> UsageLedger::TakeAdded() {
  const std::lock_guard lock(mutex_);
  const auto values = std::views::values(added_);
  std::vector<UsageLine> added(values.begin(), values.end());
  added_.clear();
  return added;
}

void UsageLedger::GiveBack(const std::vector<UsageLine>& added) {
  const std::lock_guard lock(mutex_);
  for (const UsageLine& line : added) Merge(added_, line);
}

}  // namespace bedplate::runtime
