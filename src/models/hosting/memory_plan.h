// Which loaded models give way to a newcomer: the one decision about memory, without processes.
//
// Units: bytes. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"

namespace bedplate::models {

// One way to load a model: how many tokens its context holds and what it takes then.
struct Room {
  int context_cells = 0;
  uint64_t bytes = 0;
};

// A model that holds memory.
struct Holder {
  uint64_t bytes = 0;
  bool pinned = false;        // stays whatever happens
  bool busy = false;          // requests under way, or it is being loaded
  MonotonicTime last_used{};  // of models that are not busy
};

struct MemoryPlan {
  enum class Verdict : uint8_t {
    kEnter,  // there is room, once `leaving` have left
    kWait,   // there will be, when models that are busy now are not
    kNever,  // it does not fit beside the pinned models
  };
  Verdict verdict = Verdict::kNever;
  Room room{};                    // that it gets; for kNever the smallest that was asked for
  std::vector<size_t> leaving{};  // indices of holders, those not used for longest first
};

// `rooms`: the ways the newcomer can be loaded, not empty, the one it likes best first. It gets the
// first that fits the budget beside the pinned models: others give way rather than that it takes a
// smaller one.
MemoryPlan PlanMemory(uint64_t budget_bytes, std::span<const Holder> holders,
                      std::span<const Room> rooms);

}  // namespace bedplate::models
