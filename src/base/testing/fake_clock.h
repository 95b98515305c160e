// FakeClock: a Clock that stands still until a test moves it.
//
// Threads: Advance and the readers may run on different threads.
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace bedplate {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime start = WallTime{std::chrono::seconds{1'700'000'000}})
      : wall_ns_(start.time_since_epoch().count()) {}

  // Moves both clocks on, as real time passing does.
  void Advance(std::chrono::nanoseconds by) {
    wall_ns_ += by.count();
    monotonic_ns_ += by.count();
  }
  // Moves the calendar alone, as an administrator or NTP does.
  void SetWall(WallTime to) { wall_ns_ = to.time_since_epoch().count(); }

  WallTime Now() const override { return WallTime{std::chrono::nanoseconds{wall_ns_.load()}}; }
  MonotonicTime Monotonic() const override {
    return MonotonicTime{std::chrono::nanoseconds{monotonic_ns_.load()}};
  }

 private:
  std::atomic<int64_t> wall_ns_;
  std::atomic<int64_t> monotonic_ns_ = 0;
};

}  // namespace bedplate
