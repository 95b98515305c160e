// For tests: how long batches take on a made-up machine.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/scheduler/types.h"

namespace bedplate::scheduler {

// Reading the weights takes `weights` seconds however few rows there are, computing `row` for each.
struct MachineLaw {
  double weights = 0.008;
  double row = 0.0007;
  double fixed = 0.002;
  double seen = 3e-7;

  double Seconds(double rows, double cells_seen) const {
    return fixed + std::max(weights, row * rows) + seen * cells_seen;
  }
  double Seconds(const Batch& batch) const {
    double cells_seen = 0;
    for (const Position position : batch.positions) cells_seen += position + 1;
    return Seconds(static_cast<double>(batch.size()), cells_seen);
  }
};

// Two processors and a model of 135 million weights, of a billion, and of eight.
inline constexpr MachineLaw kSmallModel{};
inline constexpr MachineLaw kMiddleModel{.weights = 0.045, .row = 0.008, .fixed = 0.005};
inline constexpr MachineLaw kLargeModel{.weights = 0.25, .row = 0.05, .fixed = 0.01, .seen = 2e-6};

}  // namespace bedplate::scheduler
