// Surveys of masks that a thread's graph computation goes through, so that a mask is looked at once
// for all layers.
#pragma once

#include <array>
#include <cstdint>

#include "engine/kernels/plan.h"

namespace bedplate::kernels {

// What a survey is good for: the same mask in the same computation, cut the same way.
struct SurveyKey {
  uint64_t computation = 0;  // 0: unknown, never found again
  const void* tensor = nullptr;
  const void* data = nullptr;
  const Kernel* kernel = nullptr;
  int64_t mask_stride = 0;
  int64_t mask_stream_stride = 0;
  int64_t mask_streams = 0;
  int64_t streams = 0;
  int64_t query_count = 0;
  int64_t cells = 0;
  Plan plan = {};

  bool operator==(const SurveyKey&) const = default;
};

// A model has one mask, or two with sliding windows. Not thread-safe; each thread that computes
// graphs has its own, and keeps the memory until it ends.
class SurveyCache {
 public:
  struct Slot {
    SurveyKey key;
    SurveyMemory memory;
    uint64_t used = 0;
  };
  // The slot of that key; `found`: its survey is complete. Otherwise one that another computation
  // left, or this one used least lately: to be surveyed anew.
  Slot& Find(const SurveyKey& key, bool& found);

 private:
  Slot& SlotFor(uint64_t computation);

  std::array<Slot, 4> slots_;
  uint64_t uses_ = 0;
};

}  // namespace bedplate::kernels
