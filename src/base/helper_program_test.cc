#include "base/helper_program.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bedplate {
namespace {

rlim_t LimitOf(__rlimit_resource resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit.rlim_max;
}

TEST(HelperProgram, HoldsItsProcessToTheLimits) {
  const pid_t child = fork();
  if (child == 0) {
    LimitThisProcess({.memory_bytes = uint64_t{1} << 40, .processor_s = 7, .open_files = 9});
    const bool held = LimitOf(RLIMIT_CPU) == 7 && LimitOf(RLIMIT_NOFILE) == 9 &&
                      LimitOf(RLIMIT_FSIZE) == 0 && LimitOf(RLIMIT_CORE) == 0;
    _exit(held ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(HelperProgram, PassesItsInputOn) {
  int in[2];
  int out[2];
  ASSERT_EQ(pipe(in), 0);
  ASSERT_EQ(pipe(out), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    close(out[0]);
    std::string bytes;
    _exit(ReadInput(bytes) && WriteOutput(bytes + "!") ? 0 : 1);
  }
  close(in[0]);
  close(out[1]);
  // More than a pipe and a piece hold.
  const std::string sent(300'000, 'x');
  std::string rest = sent;
  std::string got;
  // The child reads all before it writes.
  while (!rest.empty()) rest.erase(0, static_cast<size_t>(write(in[1], rest.data(), rest.size())));
  close(in[1]);
  char piece[4096];
  for (ssize_t count = 0; (count = read(out[0], piece, sizeof piece)) > 0;) {
    got.append(piece, static_cast<size_t>(count));
  }
  close(out[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(got == sent + "!") << got.size();
}

}  // namespace
}  // namespace bedplate
