#include "base/bounded_run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

namespace bedplate {
namespace {

using Ending = BoundedOutcome::Ending;

BoundedOutcome Shell(const std::string& script, std::string_view input = {},
                     size_t output_bytes_max = 1 << 20, int ms_max = 60'000) {
  const auto outcome = RunBounded({.program = "/bin/sh",
                                   .arguments = {"-c", script},
                                   .environment = {"PATH=/usr/bin:/bin", "WORD=hello"},
                                   .input = input,
                                   .output_bytes_max = output_bytes_max,
                                   .time_max = std::chrono::milliseconds(ms_max)});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome.value_or(BoundedOutcome{});
}

TEST(BoundedRun, HandsInputInAndOutputOut) {
  const BoundedOutcome outcome = Shell("cat; echo $WORD; echo wrong >&2; exit 3", "in ");
  EXPECT_EQ(outcome.ending, Ending::kExit);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.output, "in hello\n");
  EXPECT_EQ(outcome.errors, "wrong\n");
}

TEST(BoundedRun, MoreThanAPipeHoldsGoesBothWays) {
  const std::string input(5 << 20, 'x');
  EXPECT_EQ(Shell("cat", input, 6 << 20).output, input);
}

TEST(BoundedRun, AProgramThatDoesNotReadIsNoFault) {
  const std::string input(5 << 20, 'x');
  const BoundedOutcome outcome = Shell("exec 0<&-; echo done", input);
  EXPECT_EQ(outcome.ending, Ending::kExit);
  EXPECT_EQ(outcome.output, "done\n");
}

TEST(BoundedRun, TooMuchOutputEndsIt) {
  EXPECT_EQ(Shell("yes", {}, 100'000).ending, Ending::kOutput);
}

TEST(BoundedRun, ManyErrorsAreCutAndDoNotBlock) {
  const BoundedOutcome outcome = Shell("yes | head -c 1000000 >&2; echo done");
  EXPECT_EQ(outcome.output, "done\n");
  EXPECT_EQ(outcome.errors.size(), 4096U);
}

TEST(BoundedRun, AStopEndsItWhateverItDoes) {
  // While it writes, while it is silent, and after it closed its outputs.
  for (const char* script : {"yes", "exec sleep 1000", "exec >&- 2>&-; exec sleep 1000"}) {
    std::stop_source stop;
    std::jthread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      stop.request_stop();
    });
    const auto outcome = RunBounded({.program = "/bin/sh",
                                     .arguments = {"-c", script},
                                     .environment = {"PATH=/usr/bin:/bin"},
                                     .output_bytes_max = SIZE_MAX,
                                     .time_max = std::chrono::minutes(1),
                                     .stop = stop.get_token()});
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->ending, Ending::kStopped) << script;
  }
}

TEST(BoundedRun, TooMuchTimeEndsIt) {
  EXPECT_EQ(Shell("exec sleep 1000", {}, 10, 100).ending, Ending::kTime);
}

TEST(BoundedRun, SoDoesOneThatOnlyClosesItsOutputs) {
  EXPECT_EQ(Shell("exec >&- 2>&-; exec sleep 1000", {}, 10, 100).ending, Ending::kTime);
}

TEST(BoundedRun, ItHasNoneOfTheFilesOfThisProcess) {
  const int inherited = fcntl(STDERR_FILENO, F_DUPFD, 100);  // without FD_CLOEXEC
  ASSERT_GE(inherited, 0);
  EXPECT_EQ(Shell("ls /proc/self/fd | grep -c -x " + std::to_string(inherited)).output, "0\n");
  close(inherited);
}

TEST(BoundedRun, ASignalIsTold) {
  const BoundedOutcome outcome = Shell("kill -SEGV $$");
  EXPECT_EQ(outcome.ending, Ending::kSignal);
  EXPECT_EQ(outcome.status, SIGSEGV);
}

TEST(BoundedRun, AMissingProgramIsUnavailable) {
  const auto outcome = RunBounded({.program = "/nowhere/nothing"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().fault, Fault::kUnavailable);
}

}  // namespace
}  // namespace bedplate
