#include "engine/llamacpp/thread_count.h"

#include <algorithm>

namespace bedplate::engine {
namespace {

// What a thread adds is less than its part of all: they share the memory. Of two threads on two
// processors one makes 0.65 of both; beside one busy process both wait 0.57 of the time, and 0.05
// where only their own server and its client are busy too.
constexpr double kPartOfAThread = 0.6;

}  // namespace

void ThreadCount::Note(double computed, double waited, double at) {
  // While one waits none goes on, so all that is waited is lost.
  const bool crowded = waited > kPartOfAThread / now_ * computed;
  if (crowded && now_ > 1) {
    --now_;
    pause_ = trying_ ? std::min(2 * pause_, kPauseMost) : kPauseFirst;
  } else if (trying_) {
    pause_ = kPauseFirst;
  } else if (now_ < most_ && at >= next_try_) {
    ++now_;
    trying_ = true;
    return;
  } else {
    return;
  }
  trying_ = false;
  next_try_ = at + pause_;
}

}  // namespace bedplate::engine
