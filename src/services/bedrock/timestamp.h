// Times of the domain as wire types.
//
// Threads: pure function.
#pragma once

#include <cstdint>

#include "wire/types.h"

namespace bedplate::services::bedrock {

// `ms`: since the Unix epoch.
inline wire::Timestamp ToTimestamp(int64_t ms) {
  constexpr int64_t kMsPerSecond = 1000;
  constexpr int32_t kNsPerMs = 1'000'000;
  return {.seconds = ms / kMsPerSecond,
          .nanoseconds = static_cast<int32_t>(ms % kMsPerSecond) * kNsPerMs};
}

}  // namespace bedplate::services::bedrock
