#include "engine/scheduler/cost_model.h"

#include <algorithm>
#include <cmath>

namespace bedplate::scheduler {
namespace {

constexpr double kMemory = 16;          // batches of a range that its means are of
constexpr double kHalfForgotten = 512;  // batches of other ranges that halve what a range knows
constexpr double kSlopeMemory = 256;    // batches that per_seen is of
constexpr double kScatterMemory = 16;
// A batch is believed to have taken up to so much longer than expected, in parts of that: the
// least, the most, and in units of the usual scatter.
constexpr double kExcessMin = 0.25;
constexpr double kExcessMax = 1;
constexpr double kExcessScatters = 3;
// Before much is known of it, looking at so many cells is thought to cost at most as much as a row
// by itself. As firm as one batch that is 10 % off.
constexpr double kSeenOfARow = 4096;
constexpr double kPriorScatter = 0.1;
// Of the mean time of a range, at least so much is the rows'.
constexpr double kRowsPartMin = 0.1;

size_t RangeOf(uint32_t rows) {
  const auto found = std::ranges::lower_bound(CostModel::kRangeEnds, rows);
  return std::min<size_t>(found - CostModel::kRangeEnds.begin(), CostModel::kRanges - 1);
}

}  // namespace

double CostModel::Seconds(double rows, double seen) const {
  if (points_ == 0 || rows <= 0) return 0;
  const double attention = per_seen_ * seen;
  const Point& first = curve_[0];
  const Point& last = curve_[points_ - 1];
  if (rows <= first.rows) return first.seconds + attention;
  if (rows >= last.rows) return last.seconds * rows / last.rows + attention;
  size_t above = 1;
  while (curve_[above].rows < rows) ++above;
  const Point& low = curve_[above - 1];
  const Point& high = curve_[above];
  const double part = (rows - low.rows) / (high.rows - low.rows);
  return low.seconds + part * (high.seconds - low.seconds) + attention;
}

void CostModel::Learn(uint32_t rows, uint64_t seen, double seconds) {
  if (rows == 0 || !(seconds > 0) || !std::isfinite(seconds)) return;
  ++learnt_;
  const auto cells = static_cast<double>(seen);
  if (known()) seconds = Believable(seconds, Seconds(rows, cells));
  Range& range = ranges_[RangeOf(rows)];
  const auto age = static_cast<double>(learnt_ - range.learnt_at);
  range.learnt_at = learnt_;
  range.count = std::min(range.count * std::exp2(-age / kHalfForgotten) + 1, kMemory);
  if (range.count > 1) LearnPerSeen(range, rows, cells, seconds);
  const double gain = 1 / range.count;
  range.rows += gain * (rows - range.rows);
  range.seen += gain * (cells - range.seen);
  range.seconds += gain * (seconds - range.seconds);
  DrawCurve();
}

// A batch is never done sooner than the machine can, so what is too short counts in full.
double CostModel::Believable(double seconds, double expected) {
  const double most = std::clamp(kExcessScatters * scatter_, kExcessMin, kExcessMax);
  scatter_ += (std::min(std::abs(seconds / expected - 1), 1.0) - scatter_) / kScatterMemory;
  return std::min(seconds, expected * (1 + most));
}

// A regression within ranges: how far a batch is from the mean of its range in what it saw, and in
// the time it took beyond what its rows explain. Short and long batches count alike.
void CostModel::LearnPerSeen(const Range& range, double rows, double seen, double seconds) {
  const double mean_seconds =
      range.seconds + Seconds(rows, range.seen) - Seconds(range.rows, range.seen);
  if (mean_seconds <= 0) return;
  const double seen_off = (seen - range.seen) / mean_seconds;
  const double seconds_off = (seconds - mean_seconds) / mean_seconds;
  const double weight = 1 - 1 / range.count;
  constexpr double kKept = 1 - 1 / kSlopeMemory;
  covariance_ = kKept * covariance_ + weight * seen_off * seconds_off;
  variance_ = kKept * variance_ + weight * seen_off * seen_off;
  const double firmness = kPriorScatter * kSeenOfARow / curve_[0].seconds;
  per_seen_ = std::max(0.0, covariance_ / (variance_ + firmness * firmness));
}

void CostModel::DrawCurve() {
  points_ = 0;
  // Ranges that have one level, as more rows never take less time.
  struct Level {
    double seconds;
    double weight;
    size_t end;  // of its points
  };
  std::array<Level, kRanges> levels;
  size_t count = 0;
  for (const Range& range : ranges_) {
    if (range.count == 0) continue;
    curve_[points_++].rows = range.rows;
    const double seconds =
        std::max(range.seconds - per_seen_ * range.seen, kRowsPartMin * range.seconds);
    levels[count++] = {seconds, range.count, points_};
    for (; count > 1 && levels[count - 2].seconds > levels[count - 1].seconds; --count) {
      const Level& last = levels[count - 1];
      Level& joined = levels[count - 2];
      const double weight = joined.weight + last.weight;
      joined.seconds = (joined.seconds * joined.weight + last.seconds * last.weight) / weight;
      joined.weight = weight;
      joined.end = last.end;
    }
  }
  for (size_t level = 0, point = 0; level < count; ++level) {
    for (; point < levels[level].end; ++point) curve_[point].seconds = levels[level].seconds;
  }
  // n times the rows never take more than n times as long: the smaller batch is believed.
  for (size_t i = 1; i < points_; ++i) {
    const Point& before = curve_[i - 1];
    curve_[i].seconds = std::min(curve_[i].seconds, before.seconds * curve_[i].rows / before.rows);
  }
}

}  // namespace bedplate::scheduler
