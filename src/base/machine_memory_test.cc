#include "base/machine_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/process_memory.h"
#include "base/testing/temporary_folder.h"

namespace bedplate {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class MachineMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    Write("proc/meminfo", "MemTotal:     8192 kB\nMemFree:  10 kB\nMemAvailable:    4096 kB\n");
  }
  void Write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((folder_.path() / file).parent_path());
    std::ofstream(folder_.path() / file) << text;
  }
  MachineMemory Read() { return ReadMachineMemory(folder_.path()); }

  TemporaryFolder folder_;
};

TEST_F(MachineMemoryTest, IsTheMachinesWhereNothingLimitsIt) {
  Write("proc/self/cgroup", "0::/a/b\n");
  Write("sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(Read().total_bytes, 8 * kMiB);
  EXPECT_EQ(Read().available_bytes, 4 * kMiB);
}

TEST_F(MachineMemoryTest, IsThatOfTheNarrowestControlGroup) {
  Write("proc/self/cgroup", "0::/a/b\n");
  Write("sys/fs/cgroup/a/memory.max", std::to_string(3 * kMiB));
  Write("sys/fs/cgroup/a/memory.current", std::to_string(2 * kMiB));
  Write("sys/fs/cgroup/a/memory.stat", "anon 5\nfile " + std::to_string(kMiB) + "\n");
  Write("sys/fs/cgroup/a/b/memory.max", std::to_string(6 * kMiB));
  EXPECT_EQ(Read().total_bytes, 3 * kMiB);
  EXPECT_EQ(Read().available_bytes, 2 * kMiB);  // the group holds 1 MiB that is no cache
}

TEST_F(MachineMemoryTest, KnowsTheFirstKindOfControlGroups) {
  Write("proc/self/cgroup", "4:cpu:/x\n3:memory:/docker/1\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", std::to_string(2 * kMiB));
  Write("sys/fs/cgroup/memory/memory.usage_in_bytes", std::to_string(kMiB));
  EXPECT_EQ(Read().total_bytes, 2 * kMiB);
  EXPECT_EQ(Read().available_bytes, kMiB);
}

TEST(MachineMemory, OfThisMachineIsThere) {
  const MachineMemory memory = ReadMachineMemory();
  EXPECT_GT(memory.available_bytes, 0u);
  EXPECT_GE(memory.total_bytes, memory.available_bytes);
  const auto own = ReadProcessMemory(getpid());
  ASSERT_TRUE(own);
  EXPECT_LT(own->resident_bytes, memory.total_bytes);
}

}  // namespace
}  // namespace bedplate
