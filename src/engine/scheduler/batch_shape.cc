#include "engine/scheduler/batch_shape.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace bedplate::scheduler {
namespace {

// Twice the rows a batch must make prompts so much faster to be worth that others stand still.
constexpr double kWorthwhile = 0.1;
// Of the most rows that were measured: with so many, the next doubling may be tried.
constexpr double kTriedFrom = 1.5;
// As many prompts are looked at in turn; those behind count as waiting.
constexpr size_t kPromptsPlanned = 64;

// What `rows` rows of a sequence look at, the first of them behind `computed` others.
double SeenFrom(uint32_t computed, uint32_t rows) {
  return static_cast<double>(rows) * (computed + (rows + 1) / 2.0);
}

}  // namespace

BatchShape::BatchShape(const CostModel& cost, uint32_t generating, uint64_t generating_seen,
                       std::span<const PromptWork> shortest_first, double first_token)
    : cost_(cost),
      generating_(generating),
      generating_seen_(generating_seen),
      prompts_(shortest_first),
      first_token_(first_token),
      longest_waiting_first_(shortest_first.begin(), shortest_first.end()) {
  std::ranges::sort(longest_waiting_first_, std::greater(), &PromptWork::waited);
  for (const PromptWork& prompt : prompts_) {
    rows_due_ += prompt.rows;
    tokens_ += uint64_t{prompt.computed} + prompt.rows;
  }
}

double BatchShape::SeenBy(uint32_t rows) const {
  double seen = 0;
  for (const PromptWork& prompt : prompts_) {
    const uint32_t taken = std::min(rows, prompt.rows);
    seen += SeenFrom(prompt.computed, taken);
    rows -= taken;
    if (rows == 0) break;
  }
  return seen;
}

double BatchShape::Seconds(uint32_t rows) const {
  return cost_.Seconds(generating_ + rows, static_cast<double>(generating_seen_) + SeenBy(rows));
}

uint32_t BatchShape::RowsWithin(double seconds, uint32_t most) const {
  uint32_t fits = 0;
  for (uint32_t beyond = most + 1; beyond - fits > 1;) {
    const uint32_t middle = fits + (beyond - fits) / 2;
    (Seconds(middle) <= seconds ? fits : beyond) = middle;
  }
  return fits;
}

// If those that have waited longest come first.
double BatchShape::Lateness(uint32_t rows, double best_row_seconds) const {
  const double row_seconds = Seconds(rows) / rows;
  double done = 0;
  double latest = 0;
  for (const PromptWork& prompt : longest_waiting_first_) {
    done += row_seconds * prompt.rows;
    const double fair = std::max(first_token_, best_row_seconds * prompt.rows);
    latest = std::max(latest, (prompt.waited + done) / fair);
  }
  return latest;
}

uint32_t BatchShape::PromptRows(double seconds, uint32_t most) const {
  most = static_cast<uint32_t>(std::min<uint64_t>(most, rows_due_));
  if (generating_ == 0 && tokens_ <= kUncutAlone) return most;
  const auto rows_within = [&](double time) {
    return std::max(RowsWithin(time, most), std::min(kPromptRowsMin, most));
  };
  uint32_t rows = rows_within(seconds);
  if (rows == most) return rows;
  const double best_row_seconds = Seconds(most) / most;
  const double late = std::clamp(Lateness(rows, best_row_seconds), 1.0, kLateMost);
  if (generating_ > 0) rows = std::max(rows, std::min(kLateRows, rows_within(seconds * late)));
  const double without =
      cost_.Seconds(std::max(1U, generating_), static_cast<double>(generating_seen_));
  while (rows < most && Lateness(rows, best_row_seconds) > 1) {
    const uint32_t more = std::min(2 * rows, most);
    const double growth = static_cast<double>(more) / rows;
    const double faster = growth * Seconds(rows) / Seconds(more);
    // What was never tried is guessed to be no faster: once, it is tried.
    const bool tried = rows > kTriedFrom * cost_.rows_measured() || more <= cost_.rows_measured();
    if (tried && faster < 1 + kWorthwhile * (growth - 1)) break;
    if (Seconds(more) > kLateMost * without) break;
    rows = more;
  }
  return rows;
}

// From the last prompt to the first: the least sum of the times at which those from it on are
// complete, over all ways to make batches of neighbours. All that are not complete wait for each
// batch.
size_t BatchShape::Completing(uint32_t most) const {
  if (prompts_.empty() || prompts_[0].rows > most) return 0;
  const size_t planned = std::min(prompts_.size(), kPromptsPlanned);
  std::vector<double> least(planned + 1, 0);
  size_t completed = 0;
  for (size_t first = planned; first-- > 0;) {
    const auto waiting = static_cast<double>(prompts_.size() - first);
    double best = std::numeric_limits<double>::infinity();
    uint64_t rows = 0;
    auto seen = static_cast<double>(generating_seen_);
    for (size_t end = first; end < planned; ++end) {
      rows += prompts_[end].rows;
      seen += SeenFrom(prompts_[end].computed, prompts_[end].rows);
      // One that is longer than a batch takes several by itself.
      const double batches = std::max(1.0, static_cast<double>(rows) / std::max(1U, most));
      if (batches > 1 && end > first) break;
      const double seconds =
          batches *
          cost_.Seconds(generating_ + static_cast<double>(rows) / batches, seen / batches);
      const double sum = waiting * seconds + least[end + 1];
      if (sum < best) best = sum, completed = end + 1 - first;
    }
    least[first] = best;
  }
  return completed;
}

}  // namespace bedplate::scheduler
