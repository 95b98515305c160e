#include "app/data_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"

namespace bedplate::app {
namespace {

using testing::HasSubstr;

TEST(DataFolder, IsMadeForItsOwnerAlone) {
  const TemporaryFolder temporary;
  const auto folder = DataFolder::Open(temporary.path() / "a" / "b");
  ASSERT_TRUE(folder) << folder.error().message;
  struct stat status;
  ASSERT_EQ(stat(folder->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST(DataFolder, SaysWhyItCannotBeUsed) {
  const TemporaryFolder temporary;
  std::ofstream(temporary.path() / "file") << "x";
  const auto folder = DataFolder::Open(temporary.path() / "file");
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message, HasSubstr((temporary.path() / "file").string()));
  EXPECT_THAT(folder.error().message, HasSubstr("it is no folder"));
  EXPECT_FALSE(DataFolder::Open(temporary.path() / "file" / "below"));
}

TEST(DataFolder, WhatWasKeptOfPromptsGoesWhenNobodyUsesIt) {
  const TemporaryFolder temporary;
  const auto folder = DataFolder::Open(temporary.path());
  const auto now = std::filesystem::file_time_type::clock::now();
  const auto sys = [](auto time) {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::file_clock::to_sys(time));
  };
  std::filesystem::create_directories(folder->prefixes() / "a_model");
  const auto old = folder->prefixes() / "a_model" / "old";
  const auto fresh = folder->prefixes() / "a_model" / "fresh";
  for (const auto& path : {old, fresh}) std::ofstream(path) << "x";
  std::filesystem::last_write_time(old, now - std::chrono::hours(25));
  RemoveOldPrefixes(*folder, sys(now - std::chrono::hours(24)));
  EXPECT_FALSE(std::filesystem::exists(old));
  EXPECT_TRUE(std::filesystem::exists(fresh));
  RemoveOldPrefixes(*folder, sys(now + std::chrono::hours(1)));
  EXPECT_FALSE(std::filesystem::exists(fresh));
  std::filesystem::remove_all(folder->prefixes());
  RemoveOldPrefixes(*folder, sys(now));  // of a server that never kept any
}

TEST(ServerLock, IsHeldByOneServerUntilItEnds) {
  const TemporaryFolder temporary;
  const auto folder = DataFolder::Open(temporary.path());
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->RunningServer(), std::nullopt);
  {
    const auto first = ServerLock::Take(*folder);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(folder->RunningServer(), getpid());
    const auto second = ServerLock::Take(*folder);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().fault, Fault::kConflict);
    EXPECT_THAT(second.error().message, HasSubstr("kill " + std::to_string(getpid())));
    // Looking must not take the lock away.
    EXPECT_EQ(folder->RunningServer(), getpid());
  }
  EXPECT_EQ(folder->RunningServer(), std::nullopt);
  EXPECT_TRUE(ServerLock::Take(*folder));
}

TEST(ServerLock, EndsWithAKilledServer) {
  const TemporaryFolder temporary;
  const auto folder = DataFolder::Open(temporary.path());
  ASSERT_TRUE(folder);
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = ServerLock::Take(*folder);
    const char answer = lock ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(folder->RunningServer(), child);
  EXPECT_FALSE(ServerLock::Take(*folder));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(folder->RunningServer(), std::nullopt);
  EXPECT_TRUE(ServerLock::Take(*folder));
}

TEST(OpenRuntimeFolder, IsShortEnoughForSockets) {
  const TemporaryFolder temporary;
  const auto near = DataFolder::Open(temporary.path());
  std::filesystem::create_directories(near->path() / "run");
  std::ofstream(near->path() / "run" / "stale.sock") << "";
  const auto near_run = OpenRuntimeFolder(*near);
  ASSERT_TRUE(near_run) << near_run.error().message;
  EXPECT_EQ(*near_run, near->path() / "run");
  EXPECT_TRUE(std::filesystem::is_empty(*near_run));

  const auto deep = DataFolder::Open(temporary.path() / std::string(100, 'd'));
  ASSERT_TRUE(deep);
  const auto deep_run = OpenRuntimeFolder(*deep);
  ASSERT_TRUE(deep_run) << deep_run.error().message;
  EXPECT_LT(deep_run->string().size(), 40u);
  struct stat status;
  ASSERT_EQ(stat(deep_run->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  std::filesystem::remove_all(*deep_run);
}

}  // namespace
}  // namespace bedplate::app
