#include "runtime/usage_store.h"

#include <utility>
#include <vector>

namespace bedplate::runtime {

Result<void> UsageStore::Restore() {
  auto rows = table_.All(scope_.account, scope_.region);
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<UsageLine> lines;
  lines.reserve(rows->size());
  for (state::UsageRow& row : *rows) {
    lines.push_back({.model_id = std::move(row.model_id),
                     .profile_arn = std::move(row.profile_arn),
                     .answers = static_cast<uint64_t>(row.answers),
                     .input_tokens = static_cast<uint64_t>(row.input_tokens),
                     .output_tokens = static_cast<uint64_t>(row.output_tokens),
                     .priced = row.priced,
                     .cost_picodollars = row.cost_picodollars,
                     .price_as_of = std::move(row.price_as_of)});
  }
  ledger_.Restore(lines);
  return {};
}

Result<void> UsageStore::Save() {
  const std::vector<UsageLine> added = ledger_.TakeAdded();
  if (added.empty()) return {};
  std::vector<state::UsageRow> rows;
  rows.reserve(added.size());
  for (const UsageLine& line : added) {
    rows.push_back({.account = scope_.account,
                    .region = scope_.region,
                    .model_id = line.model_id,
                    .profile_arn = line.profile_arn,
                    .answers = static_cast<int64_t>(line.answers),
                    .input_tokens = static_cast<int64_t>(line.input_tokens),
                    .output_tokens = static_cast<int64_t>(line.output_tokens),
                    .priced = line.priced,
                    .cost_picodollars = line.cost_picodollars,
                    .price_as_of = line.price_as_of});
  }
  auto saved = table_.Add(rows);
  if (!saved) ledger_.GiveBack(added);
  return saved;
}

}  // namespace bedplate::runtime
