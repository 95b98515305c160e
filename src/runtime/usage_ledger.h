// UsageLedger: what was used of models since the server started, and what it would have cost at the
// price that the catalog publishes: tokens of complete answers, by model and by application
// inference profile.
//
// Threads: any. A lock is held for one addition.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/model.h"

namespace bedplate::runtime {

// Of one answer.
struct ModelUse {
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  // Nothing where no price is known: of the model, or of tokens that a cache checkpoint saved. In
  // millionths of a millionth of a US dollar, which is exact: prices are millionths of a dollar for
  // a million tokens.
  std::optional<int64_t> cost_picodollars{};
};

// Every answer of one model by one name.
struct UsageLine {
  std::string model_id{};
  std::string profile_arn{};  // of an application inference profile; or empty
  uint64_t answers = 0;
  uint64_t input_tokens = 0;
  uint64_t output_tokens = 0;
  bool priced = false;  // whether the cost is of all of them
  int64_t cost_picodollars = 0;
  std::string price_as_of{};  // the month of the prices, "2025-06"
  friend bool operator==(const UsageLine&, const UsageLine&) = default;
};

// What an answer costs. `cached_tokens`: those that a checkpoint saved or wrote.
ModelUse UseOf(const models::Model& model, int64_t input_tokens, int64_t output_tokens,
               int64_t cached_tokens);
// "0.000000035": US dollars, as many digits as it has.
std::string InDollars(int64_t picodollars);

class UsageLedger {
 public:
  void Add(const models::Model& model, const std::string& profile_arn, const ModelUse& use);
  // Ordered by model and profile.
  std::vector<UsageLine> Lines() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, UsageLine> lines_;
};

}  // namespace bedplate::runtime
