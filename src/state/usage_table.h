// UsageTable: what was used of models, summed by model and application inference profile.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct UsageRow {
  std::string account{};
  std::string region{};
  std::string model_id{};
  std::string profile_arn{};  // or empty
  int64_t answers = 0;
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  bool priced = false;           // whether the cost is of all answers
  int64_t cost_picodollars = 0;  // millionths of a millionth of a US dollar
  std::string price_as_of{};     // the month of the last price; empty where there was none
  friend bool operator==(const UsageRow&, const UsageRow&) = default;
};

class UsageTable {
 public:
  // `database` outlives the table.
  explicit UsageTable(Database& database) : database_(database) {}

  // Adds each to what is there of its model and profile: all of them, or none where it fails.
  // Durable when it returns.
  Result<void> Add(const std::vector<UsageRow>& rows);
  // In the order of models and profiles.
  Result<std::vector<UsageRow>> All(const std::string& account, const std::string& region);

 private:
  Database& database_;
};

}  // namespace bedplate::state
