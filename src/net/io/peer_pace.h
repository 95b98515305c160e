// Whether a peer that we wait for moves enough bytes: one that sends or takes a byte a second is
// as gone as one that is silent, and holds as much memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bedplate::net {

class PeerPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Of `window` spent waiting, each must move `bytes_min`.
  PeerPace(std::chrono::milliseconds window, size_t bytes_min)
      : window_(window), bytes_min_(bytes_min) {}

  // Called now and then with whether we wait for the peer and a running total of bytes moved; true
  // when the peer is too slow. Time in which we do not wait does not count.
  bool Observe(bool waiting, uint64_t moved, Time now) {
    if (waiting && waiting_) waited_ += now - last_;
    waiting_ = waiting;
    last_ = now;
    if (moved - moved_at_start_ >= bytes_min_) {
      waited_ = {};
      moved_at_start_ = moved;
    }
    return waited_ >= window_;
  }
  // What was waited so far is forgotten: another exchange begins.
  void Restart(uint64_t moved) {
    waited_ = {};
    moved_at_start_ = moved;
    waiting_ = false;
  }

 private:
  std::chrono::milliseconds window_;
  size_t bytes_min_;
  bool waiting_ = false;
  uint64_t moved_at_start_ = 0;
  Time::duration waited_{};
  Time last_{};
};

}  // namespace bedplate::net
