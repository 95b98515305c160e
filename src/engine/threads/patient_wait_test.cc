// The linker sends every call of BedplateNap here (--wrap), so that naps are counted.
#include "engine/threads/patient_wait.h"

#include <gtest/gtest.h>

#if defined(__x86_64__)

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>

#include <atomic>
#include <thread>

extern "C" {
void __real_BedplateNap();
void __wrap_BedplateNap();
}

namespace {

std::atomic<int> naps = 0;

constexpr int kTurnsMax = 100'000'000;

class PatientWait : public testing::Test {
 protected:
  void SetUp() override {
    naps = 0;
    bedplate_wait = {};
  }

  // Takes turns until one of them naps.
  static void TurnUntilNap() {
    const int before = naps;
    for (int i = 0; i < kTurnsMax && naps == before; ++i) BedplateWaitTurn();
    ASSERT_GT(naps, before);
  }
};

TEST_F(PatientWait, ANewWaitSpins) {
  BedplateWaitTurn();
  EXPECT_EQ(naps, 0);
  EXPECT_EQ(bedplate_wait.begin_ticks, bedplate_wait.last_ticks);
}

TEST_F(PatientWait, ALongWaitNapsAndGoesOnNapping) {
  TurnUntilNap();
  const uint64_t began = bedplate_wait.begin_ticks;
  EXPECT_GE(bedplate_wait.last_ticks - began, BEDPLATE_SPIN_TICKS_MAX);
  // The time asleep is part of the wait: the next turn naps again instead of spinning anew, unless
  // this thread was just taken off its processor for longer than turns lie apart.
  for (int tries = 0; tries < 1'000; ++tries) {
    TurnUntilNap();
    const int before = naps;
    BedplateWaitTurn();
    if (naps > before) return;
  }
  FAIL() << "no turn after a nap napped";
}

TEST_F(PatientWait, ATurnLongAfterTheLastBeginsAnotherWait) {
  TurnUntilNap();
  const int before = naps;
  bedplate_wait.last_ticks -= 2 * BEDPLATE_SAME_WAIT_TICKS_MAX;  // as if it had computed meanwhile
  const uint64_t began = bedplate_wait.begin_ticks;
  BedplateWaitTurn();
  EXPECT_EQ(naps, before);
  EXPECT_GT(bedplate_wait.begin_ticks, began);
}

TEST_F(PatientWait, EachThreadHasAWaitOfItsOwn) {
  TurnUntilNap();
  const int before = naps;
  std::thread([] { BedplateWaitTurn(); }).join();
  EXPECT_EQ(naps, before);
}

TEST_F(PatientWait, ANapAsksForShortSleepsOfItsThreadAlone) {
  const int here = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  int there = 0;
  std::thread([&] {
    BedplateNap();
    there = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  }).join();
  EXPECT_EQ(there, 1'000);
  EXPECT_EQ(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), here);
}

// What it is for: a waiter and the thread it waits for, on one processor.
TEST_F(PatientWait, AWaiterGivesItsProcessorToTheThreadItWaitsFor) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int processor = 0;
  while (!CPU_ISSET(processor, &allowed)) ++processor;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  std::atomic<bool> arrived = false;
  std::thread waiter([&] {
    sched_setaffinity(0, sizeof one, &one);
    while (!arrived) BedplateWaitTurn();
  });
  std::thread awaited([&] {
    sched_setaffinity(0, sizeof one, &one);
    for (int i = 0; i < 10'000 && naps == 0; ++i) poll(nullptr, 0, 1);
    arrived = true;
  });
  waiter.join();
  awaited.join();
  EXPECT_GT(naps, 0);
}

}  // namespace

extern "C" void __wrap_BedplateNap() {
  ++naps;
  __real_BedplateNap();
}

#else

TEST(PatientWait, IsForX86) { GTEST_SKIP() << "elsewhere ggml waits its own way"; }

#endif
