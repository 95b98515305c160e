// BatchShape: how many prompt rows the next batch has, from what batches cost on this machine and
// from what the requests were promised.
//
// Threads: none; it lives for one decision. Cost: tens of microseconds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/scheduler/cost_model.h"

namespace bedplate::scheduler {

// A prompt, or what is left of it.
struct PromptWork {
  uint32_t rows = 0;      // to compute
  uint32_t computed = 0;  // tokens before them
  double waited = 0;      // seconds since the request came
};

class BatchShape {
 public:
  // At least so many prompt rows are in a batch, however long they take: a tile of the matrix
  // products, which cost hardly more than a few.
  static constexpr uint32_t kPromptRowsMin = 16;
  // Prompts of so many tokens in all, for which no answer waits, are not cut for the time that they
  // take: rounding depends on where a prompt is cut, and the same request to an idle engine should
  // not be computed in another way because the machine was slower.
  static constexpr uint32_t kUncutAlone = 64;
  static constexpr double kLateMost = 10;
  // Beside answers. More rows at a time would let answers end together, and so the next prompts
  // come together and wait for each other (found by simulation).
  static constexpr uint32_t kLateRows = 256;

  // `first_token`: seconds that may pass from a request to its first token.
  // A batch that has `generating` rows in any case, which look at `generating_seen` cells, and
  // rows of these prompts, of which those that have the fewest come first. `cost` is known. Both
  // outlive it.
  BatchShape(const CostModel& cost, uint32_t generating, uint64_t generating_seen,
             std::span<const PromptWork> shortest_first, double first_token);

  // As many prompt rows as fit `seconds`, never more than `most`. More, while prompts would be late
  // at that pace:
  // - where answers are under way, these may stand still longer by the factor by which the latest
  //   prompt is late, so that both sides miss their targets alike, at most by kLateMost and
  //   for kLateRows. What a prompt would take alone does not make it late;
  // - while twice the rows are read clearly faster: where each batch has much to do beside prompts,
  //   or needs its time however few rows it has. It then takes at most kLateMost times as long as
  //   without prompts.
  uint32_t PromptRows(double seconds, uint32_t most) const;

  // How many of the prompts, the shortest, should be completed by a batch of at most `most` prompt
  // rows, and no row of others be in it, for the first tokens of all to come soonest on average;
  // 0: not even the first can be. A prompt more lets those before it wait longer, and saves all
  // others the time of a batch.
  size_t Completing(uint32_t most) const;

 private:
  // Of a batch with the first `rows` rows of the prompts.
  double Seconds(uint32_t rows) const;
  double SeenBy(uint32_t rows) const;
  uint32_t RowsWithin(double seconds, uint32_t most) const;
  // By what factor the latest prompt is late at the pace of batches of so many rows; not for
  // being long, where a row takes `best_row_seconds` at least.
  double Lateness(uint32_t rows, double best_row_seconds) const;

  const CostModel& cost_;
  const uint32_t generating_;
  const uint64_t generating_seen_;
  const std::span<const PromptWork> prompts_;
  const double first_token_;
  std::vector<PromptWork> longest_waiting_first_;
  uint64_t rows_due_ = 0;  // of all prompts
  uint64_t tokens_ = 0;    // the same with those computed
};

}  // namespace bedplate::scheduler
