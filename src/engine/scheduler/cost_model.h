// CostModel: how long this machine takes for a batch of this model. Learnt from batches that were
// timed; the scheduler chooses the shapes of batches by it.
//
//   seconds = curve(rows) + per_seen * seen
//
// `rows` are the batch's; `seen` is the sum over them of the cells that each looks at (its own
// included), which is what attention costs. The curve is no straight line: a row alone takes as
// long as reading the weights does, and the next few come for nearly nothing.
//
// Measured: for each range of rows (1, 2, 3-4, 5-8, .. 257-512 and more) the mean rows, cells seen
// and seconds of its latest batches, and from how batches of one range differ by the cells they
// see, `per_seen`. So is the curve at these means.
// Guessed: between two means, a straight line; below the first, as long as that; beyond the last,
// in proportion to the rows. With the two things that hold on each machine (more rows never take
// less time; n times the rows never take more than n times as long) both are the most that it can
// be. So a shape that was never tried is tried from below, and each try makes the next guess
// better.
//
// Old batches are forgotten. A batch that took much longer than expected (a neighbour had the
// processor) counts for no more than the usual scatter allows, until several did.
//
// Deterministic; times are values that it is told. Threads: none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bedplate::scheduler {

class CostModel {
 public:
  static constexpr size_t kRanges = 10;

  // Rows up to which each range goes; the last has those beyond, too.
  static constexpr std::array<uint32_t, kRanges> kRangeEnds = {1,  2,  4,   8,   16,
                                                               32, 64, 128, 256, 512};

  // A batch of `rows` took so long. No time at all, or one that is no number, is passed over.
  void Learn(uint32_t rows, uint64_t seen, double seconds);

  // Whether anything was measured; what follows is 0 until then.
  bool known() const { return points_ > 0; }
  double Seconds(double rows, double seen) const;
  double per_seen() const { return per_seen_; }
  // The most rows of a batch that was measured, about.
  double rows_measured() const { return points_ > 0 ? curve_[points_ - 1].rows : 0; }

 private:
  struct Range {
    double count = 0;  // batches that the means are of, the forgotten ones left out
    double rows = 0;   // the means
    double seen = 0;
    double seconds = 0;
    uint64_t learnt_at = 0;
  };
  struct Point {
    double rows = 0;
    double seconds = 0;
  };

  // What is believed of a batch that is said to have taken so long.
  double Believable(double seconds, double expected);
  void LearnPerSeen(const Range& range, double rows, double seen, double seconds);
  void DrawCurve();

  std::array<Range, kRanges> ranges_;
  std::array<Point, kRanges> curve_;  // ascending in rows and seconds
  size_t points_ = 0;
  uint64_t learnt_ = 0;
  double scatter_ = 0;  // how far batches are from what is expected, in parts of that
  // Within the ranges, how seconds change with what is seen.
  double covariance_ = 0;
  double variance_ = 0;
  double per_seen_ = 0;
};

}  // namespace bedplate::scheduler
