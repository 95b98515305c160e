// ThreadCount: how many threads compute, where other work wants the processors too.
//
// Computing threads meet at a barrier a few hundred times a token. One that is ready and has no
// processor lets all others stand still, so that two threads beside one busy process on two
// processors make a fifth of what they make alone, and one thread two thirds.
//
// Threads: a value; no clock of its own.
#pragma once

namespace bedplate::engine {

class ThreadCount {
 public:
  // Between two tries of a thread more, in seconds: at first, and after tries that failed.
  static constexpr double kPauseFirst = 0.25;
  static constexpr double kPauseMost = 4;

  explicit ThreadCount(int most) : most_(most), now_(most) {}

  int now() const { return now_; }

  // What was seen since the last Note, all of it with now() threads: computations took `computed`
  // seconds, in which the threads, summed up, were ready for `waited` and had no processor. `at`:
  // seconds of a clock that never goes back.
  //
  // A thread less is worth it where waiting costs more than the thread does. From time to time one
  // more is tried.
  void Note(double computed, double waited, double at);

 private:
  const int most_;
  int now_;
  bool trying_ = false;  // a thread more
  double pause_ = kPauseFirst;
  double next_try_ = 0;
};

}  // namespace bedplate::engine
