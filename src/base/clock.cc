#include "base/clock.h"

namespace bedplate {
namespace {

class MachineClock final : public Clock {
 public:
  WallTime Now() const override { return std::chrono::system_clock::now(); }
  MonotonicTime Monotonic() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& SystemClock() {
  static constexpr MachineClock kClock;
  return kClock;
}

}  // namespace bedplate
