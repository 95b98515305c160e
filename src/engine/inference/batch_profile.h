// How long batches of a few sizes take on this machine, measured before there are requests, so that
// the scheduler chooses the shapes of the first batches by more than a guess.
//
// Threads: those of Decoder.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "engine/inference/decoder.h"
#include "engine/scheduler/types.h"

namespace bedplate::engine {

struct ProfileOptions {
  MonotonicTime::duration budget{};  // behind the first row; none: nothing is measured
  uint32_t rows_max = 512;           // of a batch
  uint32_t vocabulary_size = 1;      // tokens of all kinds are computed: experts differ by them
};

// A row first, which is not counted: it brings the weights in from the disk. Where that took
// several budgets, nothing more. Then one row, and larger batches as long as the next ends within
// the budget even if it takes in proportion to its rows. The cache is empty before and after. A
// batch that fails is the last.
std::vector<scheduler::Measured> MeasureBatches(Decoder& decoder, const ProfileOptions& options,
                                                const Clock& clock = SystemClock());

}  // namespace bedplate::engine
