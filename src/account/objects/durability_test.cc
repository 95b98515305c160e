// That an object's bytes, and the name of their file, are on the disk before its row is written.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "account/objects/local_store.h"
#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace {

struct Synced {
  std::string path;
  off_t size = 0;
};

std::vector<Synced>& AllSynced() {
  static std::vector<Synced> all;
  return all;
}

}  // namespace

// In place of the C library's: does the same, and tells.
extern "C" int fsync(int descriptor) {
  std::string path(4096, '\0');
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path.data(), path.size());
  path.resize(size < 0 ? 0 : static_cast<size_t>(size));
  struct stat status{};
  fstat(descriptor, &status);
  AllSynced().push_back({.path = std::move(path), .size = status.st_size});
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

namespace bedplate::account::objects {
namespace {

TEST(Durability, ABlobAndItsNameAreOnTheDiskBeforeItsRow) {
  const TemporaryFolder folder;
  const FakeClock clock;
  const auto database = std::move(*state::Database::Open(folder.path() / "bedplate.db"));
  const auto buckets = std::move(*Buckets::Open(*database, clock));
  const auto store = std::move(*LocalStore::Open(
      {.folder = folder.path() / "objects", .region = "us-east-1"}, *database, *buckets, clock));
  ASSERT_TRUE(buckets->Create("111122223333", "us-east-1", "the-bucket", {}));
  auto content = std::move(*store->Begin("the-bucket", "k", {}, Checksum::kCrc32));
  const std::string bytes(300'000, 'x');
  ASSERT_TRUE(content->Append(bytes));
  AllSynced().clear();
  ASSERT_TRUE(content->Finish({}));

  const auto file = std::ranges::find_if(AllSynced(), [](const Synced& synced) {
    return synced.path.find("/objects/blobs/") != std::string::npos && synced.size > 300'000;
  });
  ASSERT_NE(file, AllSynced().end());
  EXPECT_EQ(static_cast<uintmax_t>(file->size), std::filesystem::file_size(file->path));
  const std::string parent = std::filesystem::path(file->path).parent_path();
  EXPECT_TRUE(std::any_of(file, AllSynced().end(),
                          [&](const Synced& synced) { return synced.path == parent; }));
}

}  // namespace
}  // namespace bedplate::account::objects
