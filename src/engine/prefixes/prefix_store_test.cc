#include "engine/prefixes/prefix_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"

namespace bedplate::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class PrefixStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<PrefixStore> Open(uint64_t bytes_max = 1'000'000) {
    auto store = PrefixStore::Open({.folder = folder_ / "store",
                                    .bytes_max = bytes_max,
                                    .queued_bytes_max = 10'000,
                                    .disk_bytes_min = disk_bytes_min_},
                                   clock_);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }
  static std::vector<BlockKey> Keys(size_t count, TokenId first = 0) {
    std::vector<TokenId> tokens(count * kBlockTokens);
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = first + static_cast<TokenId>(i);
    return BlockKeys(RootKey("a model", 0), tokens);
  }
  static Bytes Contents(char fill, size_t size = 1'000) {
    return Bytes(size, static_cast<std::byte>(fill));
  }
  fs::path FileOf(const BlockKey& key) const { return folder_ / "store" / ToHex(key); }
  size_t Files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_ / "store"), fs::directory_iterator()));
  }

  TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
  FakeClock clock_;
  uint64_t disk_bytes_min_ = 0;
};

TEST_F(PrefixStoreTest, KeepsBlocksForAStoreOpenedLater) {
  const auto keys = Keys(3);
  {
    const auto store = Open();
    EXPECT_TRUE(store->Write(keys[0], Contents('a')));
    EXPECT_TRUE(store->Write(keys[1], Contents('b')));
    EXPECT_EQ(*store->Read(keys[0]), Contents('a'));  // whether it is written yet or not
  }
  const auto store = Open();
  EXPECT_EQ(store->Find(keys), 2U);
  EXPECT_TRUE(store->Has(keys[1]));
  EXPECT_FALSE(store->Has(keys[2]));
  EXPECT_EQ(*store->Read(keys[1]), Contents('b'));
  EXPECT_EQ(store->Read(keys[2]), nullptr);
  EXPECT_EQ(store->GetCounts().blocks, 2U);
}

TEST_F(PrefixStoreTest, FindEndsAtTheFirstThatIsMissing) {
  const auto keys = Keys(3);
  const auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Write(keys[2], Contents('c'));
  EXPECT_EQ(store->Find(keys), 1U);
}

TEST_F(PrefixStoreTest, WhatIsSpoiltIsNotReadAndGoes) {
  const auto keys = Keys(6);
  auto store = Open();
  for (size_t i = 0; i < 5; ++i) store->Write(keys[i], Contents(static_cast<char>('a' + i)));
  store->Flush();
  fs::resize_file(FileOf(keys[0]), 500);  // cut short
  fs::resize_file(FileOf(keys[1]), 10);   // not even its head
  fs::resize_file(FileOf(keys[2]), 0);
  std::fstream(FileOf(keys[3]), std::ios::in | std::ios::out).seekp(700).put('!');  // changed
  fs::rename(FileOf(keys[4]), FileOf(keys[5]));  // under another's name
  store = Open();
  for (const BlockKey& key : keys) EXPECT_EQ(store->Read(key), nullptr);
  EXPECT_EQ(store->GetCounts().failed_total, 5U);
  store->Flush();
  EXPECT_EQ(Files(), 0U);
  EXPECT_EQ(store->GetCounts().bytes, 0U);
}

TEST_F(PrefixStoreTest, ALengthThatIsALieAsksForNoMemory) {
  const auto keys = Keys(1);
  auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Flush();
  const uint64_t bytes = uint64_t{1} << 62;
  std::fstream file(FileOf(keys[0]), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(8).write(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  file.close();
  EXPECT_EQ(Open()->Read(keys[0]), nullptr);
}

TEST_F(PrefixStoreTest, TheLongestUnusedGoesFirst) {
  const auto keys = Keys(4);
  const auto store = Open(3 * 1'064);
  for (size_t i = 0; i < 3; ++i) {
    store->Write(keys[i], Contents('a'));
    clock_.Advance(1s);
  }
  EXPECT_EQ(store->Find(std::vector{keys[0]}), 1U);
  store->Write(keys[3], Contents('d'));
  EXPECT_TRUE(store->Has(keys[0]));
  EXPECT_FALSE(store->Has(keys[1]));
  store->Flush();
  EXPECT_EQ(Files(), 3U);
  EXPECT_EQ(store->GetCounts().removed_total, 1U);
}

TEST_F(PrefixStoreTest, OfATextThatIsTooLongTheBeginningStays) {
  const auto keys = Keys(6);
  clock_.SetWall(std::chrono::file_clock::to_sys(fs::file_time_type::clock::now()));
  const auto write_all = [&](PrefixStore& store) {
    size_t written = 0;
    for (size_t i = 0; i < keys.size(); ++i) {
      const BlockKey* const after = i > 0 ? &keys[i - 1] : nullptr;
      written += store.Write(keys[i], Contents('a'), after) ? 1 : 0;
    }
    return written;
  };
  {
    const auto store = Open(3 * 1'064);
    EXPECT_EQ(write_all(*store), 3U);
    EXPECT_EQ(store->Find(keys), 3U);
    // Another text takes the place of its end, not of its beginning.
    store->Write(Keys(1, 900)[0], Contents('b'));
    EXPECT_EQ(store->Find(keys), 2U);
  }
  const auto store = Open(2 * 1'064);
  EXPECT_EQ(store->Find(keys), 1U);
}

TEST_F(PrefixStoreTest, ABlockThatIsLargerThanAllRoomTakesNobodysPlace) {
  const auto keys = Keys(2);
  const auto store = Open(2'000);
  EXPECT_TRUE(store->Write(keys[0], Contents('a')));
  EXPECT_FALSE(store->Write(keys[1], Contents('b', 3'000)));
  EXPECT_TRUE(store->Has(keys[0]));
}

TEST_F(PrefixStoreTest, WhatIsOldGoesFromAStoreThatIsBusyToo) {
  const auto keys = Keys(3);
  const auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Write(keys[1], Contents('b'));
  for (int minute = 0; minute < 25 * 60; minute += 5) {
    clock_.Advance(5min);
    EXPECT_EQ(store->Find(std::vector{keys[1]}), 1U);
    if (minute % 60 == 0) store->Flush();
  }
  store->Write(keys[2], Contents('c'));
  store->Flush();
  EXPECT_FALSE(store->Has(keys[0]));
  EXPECT_TRUE(store->Has(keys[1]));
}

TEST_F(PrefixStoreTest, AFolderThatOthersMayLookIntoIsRefused) {
  fs::create_directories(folder_ / "store");
  fs::permissions(folder_ / "store", fs::perms::owner_all | fs::perms::others_read);
  const auto store = PrefixStore::Open({.folder = folder_ / "store", .bytes_max = 1'000}, clock_);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("others may look into it"), std::string::npos);
}

TEST_F(PrefixStoreTest, WhatTurnsOutToBeOfNoUseGoes) {
  const auto keys = Keys(1);
  const auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Flush();
  store->Spoilt(keys[0]);
  store->Flush();
  EXPECT_FALSE(store->Has(keys[0]));
  EXPECT_EQ(Files(), 0U);
  EXPECT_EQ(store->GetCounts().failed_total, 1U);
}

TEST_F(PrefixStoreTest, AStoreOpenedLaterKnowsWhatWasUsedLast) {
  const auto keys = Keys(3);
  {
    const auto store = Open();
    for (const BlockKey& key : keys) store->Write(key, Contents('a'));
  }
  const auto at = fs::file_time_type::clock::now();
  fs::last_write_time(FileOf(keys[0]), at - 1h);
  fs::last_write_time(FileOf(keys[1]), at - 3h);
  fs::last_write_time(FileOf(keys[2]), at - 2h);
  clock_.SetWall(std::chrono::file_clock::to_sys(at));
  const auto store = Open(2 * 1'064);
  EXPECT_FALSE(store->Has(keys[1]));
  EXPECT_TRUE(store->Has(keys[0]) && store->Has(keys[2]));
}

TEST_F(PrefixStoreTest, WhatIsFoundIsUsedThoughNobodyReadsIt) {
  const auto keys = Keys(1);
  clock_.SetWall(std::chrono::file_clock::to_sys(fs::file_time_type::clock::now()));
  {
    const auto store = Open();
    store->Write(keys[0], Contents('a'));
    store->Flush();
    for (int hour = 0; hour < 30; ++hour) {
      clock_.Advance(1h);
      EXPECT_EQ(store->Find(keys, 1), 1U);
    }
  }
  clock_.Advance(20h);
  EXPECT_TRUE(Open()->Has(keys[0]));
}

TEST_F(PrefixStoreTest, WhatNobodyUsedForADayGoes) {
  const auto keys = Keys(2);
  {
    const auto store = Open();
    store->Write(keys[0], Contents('a'));
  }
  clock_.SetWall(std::chrono::file_clock::to_sys(fs::last_write_time(FileOf(keys[0]))) + 25h);
  const auto store = Open();
  store->Flush();
  EXPECT_FALSE(store->Has(keys[0]));
  EXPECT_EQ(Files(), 0U);
}

TEST_F(PrefixStoreTest, IsItsOwnersAlone) {
  const auto keys = Keys(1);
  const auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Flush();
  struct stat status = {};
  ASSERT_EQ(stat(FileOf(keys[0]).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(stat((folder_ / "store").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(PrefixStoreTest, ALinkInAFilesPlaceIsNotFollowed) {
  const auto keys = Keys(1);
  auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Flush();
  fs::rename(FileOf(keys[0]), folder_ / "elsewhere");
  fs::create_symlink(folder_ / "elsewhere", FileOf(keys[0]));
  EXPECT_EQ(store->Read(keys[0]), nullptr);
}

TEST_F(PrefixStoreTest, WhatCannotBeWrittenIsNotKept) {
  const auto keys = Keys(2);
  disk_bytes_min_ = uint64_t{1} << 60;  // no disk has so much left
  const auto store = Open();
  EXPECT_TRUE(store->Write(keys[0], Contents('a')));
  store->Flush();
  EXPECT_FALSE(store->Has(keys[0]));
  EXPECT_EQ(store->Read(keys[0]), nullptr);
  EXPECT_EQ(store->GetCounts().failed_total, 1U);
  EXPECT_EQ(Files(), 0U);
}

TEST_F(PrefixStoreTest, WhatAnotherEngineRemovedIsGone) {
  const auto keys = Keys(1);
  const auto store = Open();
  store->Write(keys[0], Contents('a'));
  store->Flush();
  fs::remove(FileOf(keys[0]));
  EXPECT_EQ(store->Read(keys[0]), nullptr);
  EXPECT_FALSE(store->Has(keys[0]));
  EXPECT_EQ(store->GetCounts().failed_total, 0U);
  EXPECT_TRUE(store->Write(keys[0], Contents('b')));
  store->Flush();
  EXPECT_EQ(*store->Read(keys[0]), Contents('b'));
}

TEST_F(PrefixStoreTest, LeftoversOfAWriterThatDiedGo) {
  Open();
  const fs::path old = folder_ / "store" / (ToHex(Keys(1)[0]) + ".1-1.part");
  const fs::path fresh = folder_ / "store" / (ToHex(Keys(1)[0]) + ".2-1.part");
  for (const fs::path& path : {old, fresh}) std::ofstream(path) << "half";
  clock_.SetWall(std::chrono::file_clock::to_sys(fs::last_write_time(fresh)));
  fs::last_write_time(old, fs::last_write_time(fresh) - 2h);
  Open();
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST(BlockKeyTest, DependsOnAllThatComesBefore) {
  std::vector<TokenId> tokens(3 * kBlockTokens, 7);
  const BlockKey root = RootKey("a model", 1);
  const auto keys = BlockKeys(root, tokens);
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_NE(keys[0], keys[1]);  // the same tokens at another place
  tokens[0] = 8;
  const auto other = BlockKeys(root, tokens);
  for (size_t i = 0; i < 3; ++i) EXPECT_NE(keys[i], other[i]);
  EXPECT_NE(RootKey("a model", 1), RootKey("a model", 2));
  EXPECT_NE(RootKey("a model", 1), RootKey("another model", 1));
}

TEST(BlockKeyTest, CountsWholeBlocksAndEndsAtAnImage) {
  std::vector<TokenId> tokens(3 * kBlockTokens - 1, 7);
  EXPECT_EQ(BlockKeys({}, tokens).size(), 2U);
  tokens[kBlockTokens + 5] = -2;
  EXPECT_EQ(BlockKeys({}, tokens).size(), 1U);
  EXPECT_TRUE(BlockKeys({}, {}).empty());
}

TEST(BlockKeyTest, IsReadAsItIsWritten) {
  const BlockKey key = RootKey("a model", 3);
  BlockKey read;
  ASSERT_TRUE(FromHex(ToHex(key), read));
  EXPECT_EQ(read, key);
  for (const std::string& wrong : {std::string(), std::string(64, 'g'), std::string(63, 'a')}) {
    EXPECT_FALSE(FromHex(wrong, read)) << wrong;
  }
}

}  // namespace
}  // namespace bedplate::engine
