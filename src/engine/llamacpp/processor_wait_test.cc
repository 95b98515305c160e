#include "engine/llamacpp/processor_wait.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

namespace bedplate::engine {
namespace {

TEST(ProcessorWait, ReadsWhatTheKernelCounts) {
  EXPECT_DOUBLE_EQ(WaitedSecondsIn("1500000000 2500000000 77\n"), 2.5);
  EXPECT_EQ(WaitedSecondsIn(""), 0);
  EXPECT_EQ(WaitedSecondsIn("12"), 0);
  EXPECT_DOUBLE_EQ(
      ThrottledSecondsIn("usage_usec 9\nnr_periods 4\nthrottled_usec 3500000\nburst_usec 1\n"),
      3.5);
  EXPECT_EQ(ThrottledSecondsIn("usage_usec 9\nuser_usec 8\n"), 0);
  EXPECT_EQ(ThrottledSecondsIn(""), 0);
}

TEST(ProcessorWait, KnowsTheThreadsOfThisProcess) {
  const std::vector<pid_t> threads = ThreadsOfProcess();
  EXPECT_TRUE(threads.empty() || std::ranges::find(threads, gettid()) != threads.end());
  ProcessorWait wait;
  wait.Add(gettid());
  wait.Add(-1);
  (void)wait.Seconds();
}

}  // namespace
}  // namespace bedplate::engine
