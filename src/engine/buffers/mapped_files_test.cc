#include "engine/buffers/mapped_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "base/testing/temporary_folder.h"

namespace bedplate::engine {
namespace {

constexpr size_t kBytes = size_t{4} << 20;

// What /proc says is resident of the mapping that begins at `address`, in KiB.
size_t ResidentKib(const void* address) {
  std::ostringstream begin;
  begin << std::hex << reinterpret_cast<uintptr_t>(address) << '-';
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    if (line.starts_with(begin.str())) inside = true;
    if (inside && line.starts_with("Rss:")) return std::stoul(line.substr(4));
  }
  ADD_FAILURE() << "the mapping is not in /proc/self/smaps";
  return 0;
}

class Mapped {
 public:
  Mapped(const std::string& path, int protection, int flags) {
    const int file = open(path.c_str(), O_RDWR);
    bytes_ = static_cast<char*>(mmap(nullptr, kBytes, protection, flags | MAP_POPULATE, file, 0));
    close(file);
  }
  ~Mapped() { munmap(bytes_, kBytes); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  char* bytes() const { return bytes_; }

 private:
  char* bytes_;
};

class MappedFiles : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(path_) << std::string(kBytes, 'w'); }

  TemporaryFolder folder_;
  std::string path_ = (folder_.path() / "some weights.gguf").string();
};

TEST_F(MappedFiles, PagesLeaveAndComeBackAsTheyWere) {
  const Mapped weights(path_, PROT_READ, MAP_SHARED);
  ASSERT_EQ(ResidentKib(weights.bytes()), kBytes >> 10);
  ASSERT_TRUE(ReleaseMappedFiles());
  EXPECT_EQ(ResidentKib(weights.bytes()), 0U);
  EXPECT_EQ(std::count(weights.bytes(), weights.bytes() + kBytes, 'w'),
            static_cast<std::ptrdiff_t>(kBytes));
}

TEST_F(MappedFiles, WhatIsWrittenStays) {
  const Mapped shared(path_, PROT_READ | PROT_WRITE, MAP_SHARED);
  const Mapped own(path_, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  own.bytes()[7] = 'x';
  mprotect(own.bytes(), kBytes, PROT_READ);  // such a mapping is private, and keeps its changes
  ASSERT_TRUE(ReleaseMappedFiles());
  EXPECT_EQ(own.bytes()[7], 'x');
  EXPECT_EQ(ResidentKib(shared.bytes()), kBytes >> 10);
}

}  // namespace
}  // namespace bedplate::engine
