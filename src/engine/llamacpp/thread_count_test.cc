#include "engine/llamacpp/thread_count.h"

#include <gtest/gtest.h>

namespace bedplate::engine {
namespace {

constexpr double kStep = 0.05;

// A machine on which more than `room` threads wait all the time.
struct Machine {
  ThreadCount count;
  int room;
  double at = 0;
  int steps_beyond_room = 0;

  void Run(double seconds) {
    for (const double end = at + seconds; at < end; at += kStep) {
      if (count.now() > room) ++steps_beyond_room;
      count.Note(kStep, count.now() > room ? kStep : 0, at);
    }
  }
};

TEST(ThreadCount, AllThreadsComputeWhereNobodyElseDoes) {
  Machine machine{.count = ThreadCount(16), .room = 16};
  machine.Run(10);
  EXPECT_EQ(machine.count.now(), 16);
}

TEST(ThreadCount, ShortWaitsCostLessThanAThread) {
  ThreadCount two(2);
  two.Note(1, 0.25, 0);
  EXPECT_EQ(two.now(), 2);
  two.Note(1, 0.35, 1);
  EXPECT_EQ(two.now(), 1);
  ThreadCount many(16);
  many.Note(1, 0.03, 0);
  EXPECT_EQ(many.now(), 16);
  many.Note(1, 0.05, 1);
  EXPECT_EQ(many.now(), 15);
}

TEST(ThreadCount, GoesDownToWhatThereIsRoomForAndTriesMoreSeldom) {
  Machine machine{.count = ThreadCount(8), .room = 3};
  machine.Run(1);
  EXPECT_LE(machine.count.now(), 4);
  EXPECT_GE(machine.count.now(), 3);
  machine.Run(20);
  machine.steps_beyond_room = 0;
  machine.Run(100);
  // One step in each pause.
  EXPECT_GE(machine.steps_beyond_room, 20);
  EXPECT_LE(machine.steps_beyond_room, 26);
}

TEST(ThreadCount, ComesBackOnceTheOthersAreGone) {
  Machine machine{.count = ThreadCount(4), .room = 1};
  machine.Run(30);
  machine.room = 4;
  machine.Run(ThreadCount::kPauseMost + 4 * (ThreadCount::kPauseFirst + 2 * kStep));
  EXPECT_EQ(machine.count.now(), 4);
}

TEST(ThreadCount, OneThreadStaysHoweverItWaits) {
  Machine machine{.count = ThreadCount(1), .room = 0};
  machine.Run(10);
  EXPECT_EQ(machine.count.now(), 1);
}

}  // namespace
}  // namespace bedplate::engine
