// UsageLedger: what was used of models, and what it would have cost at the price that the catalog
// publishes: tokens of complete answers, by model and by application inference profile. UsageStore
// keeps it across restarts.
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
#include "runtime/conversation.h"

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
  std::string price_as_of{};  // the month of the last price, "2025-06"
  friend bool operator==(const UsageLine&, const UsageLine&) = default;
};

// What an answer costs.
ModelUse UseOf(const models::Model& model, const TokenUsage& usage);
// "0.000000035": US dollars, as many digits as it has.
std::string InDollars(int64_t picodollars);

class UsageLedger {
 public:
  void Add(const models::Model& model, const std::string& profile_arn, const ModelUse& use);
  // Ordered by model and profile.
  std::vector<UsageLine> Lines() const;

  // What was used before, to be counted on from.
  void Restore(const std::vector<UsageLine>& lines);
  // What was added since the last call; it stays in Lines().
  std::vector<UsageLine> TakeAdded();
  // What was taken and could not be kept: the next call takes it again.
  void GiveBack(const std::vector<UsageLine>& added);

 private:
  using Book = std::map<std::pair<std::string, std::string>, UsageLine>;
  static void Merge(Book& book, const UsageLine& more);

  mutable std::mutex mutex_;  // guards both
  Book lines_;
  Book added_;
};

}  // namespace bedplate::runtime
