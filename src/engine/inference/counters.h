// True counters of what the inference thread does, for /metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/scheduler/cost_model.h"

namespace bedplate::engine {

// Counts values into buckets with the given upper bounds, and one beyond them. One writer, any
// reader.
template <size_t kBuckets>
class Histogram {
 public:
  explicit constexpr Histogram(const std::array<double, kBuckets>& bounds) : bounds_(bounds) {}

  void Add(double value) {
    size_t bucket = 0;
    while (bucket < kBuckets && value > bounds_[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }

  const std::array<double, kBuckets>& bounds() const { return bounds_; }
  uint64_t count(size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<double, kBuckets> bounds_;
  std::array<std::atomic<uint64_t>, kBuckets + 1> counts_{};
  std::atomic<double> sum_ = 0;
};

struct Counters {
  using Count = std::atomic<uint64_t>;

  Count requests = 0;  // submitted
  // Ended, by how (Ending).
  std::array<Count, 9> ended{};
  Count prompt_tokens = 0;  // of started requests
  Count cached_tokens = 0;  // of these, found in the cache
  Count new_tokens = 0;     // sampled
  Count images = 0;         // encoded, or parts of them where a projector cuts them
  Count embedding_inputs = 0;
  Count embedding_tokens = 0;
  // As it is now.
  Count waiting = 0;
  Count running = 0;
  Count cells_used = 0;
  Count cells_idle = 0;  // of these, kept only because they may be wanted again
  Count evicted_tokens = 0;
  Count compactions = 0;      // of the cache
  Count loaded_tokens = 0;    // of cached_tokens, from the store of prefixes
  Count drafted_tokens = 0;   // computed although only guessed
  Count accepted_tokens = 0;  // of these, guessed right
  Count set_back = 0;         // requests that gave their cells up for a while
  // Each step of the loop.
  Histogram<10> step_rows{{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}};
  Histogram<12> step_seconds{
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0}};
  // How long a batch of so many rows (scheduler::CostModel::kRangeEnds) is expected to take, but
  // for the cells it looks at; and what each of these adds, for each row. 0: not known.
  std::array<std::atomic<double>, scheduler::CostModel::kRanges> batch_seconds{};
  std::atomic<double> seen_seconds = 0;
  std::atomic<double> sampling_seconds = 0;  // of step_seconds, choosing tokens
  std::atomic<double> drafting_seconds = 0;  // of step_seconds, guessing tokens
};

}  // namespace bedplate::engine
