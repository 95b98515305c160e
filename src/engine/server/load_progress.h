// LoadProgress: how much of a model's weights is in memory while it is loaded.
//
// Threads: written by the one that loads, read by any.
#pragma once

#include <atomic>
#include <cstdint>

namespace bedplate::engine {

struct LoadProgress {
  std::atomic<uint64_t> loaded_bytes{0};
  std::atomic<uint64_t> total_bytes{0};  // 0 until it is known
};

}  // namespace bedplate::engine
