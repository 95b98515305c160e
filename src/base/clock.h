// Clock: the only way this server reads the time. The real clocks live in clock.cc alone
// (tools/tidy refuses them elsewhere), so that a test can hold time in its hand: see FakeClock.
//
// Threads: every member may be called from any thread.
#pragma once

#include <chrono>

namespace bedplate {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;  // UTC; may jump
using MonotonicTime = std::chrono::steady_clock::time_point;       // never goes back

class Clock {
 public:
  virtual ~Clock() = default;
  // What a calendar shows: signatures, log lines, creation times.
  virtual WallTime Now() const = 0;
  // What a stopwatch shows: latencies and deadlines. Only differences mean anything.
  virtual MonotonicTime Monotonic() const = 0;
};

// The machine's clocks. Lives as long as the process.
const Clock& SystemClock();

}  // namespace bedplate
