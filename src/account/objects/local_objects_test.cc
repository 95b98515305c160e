#include "account/objects/local_objects.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::account::objects {
namespace {

class LocalObjectsTest : public testing::Test {
 protected:
  LocalObjectsTest() {
    EXPECT_TRUE(buckets_->Create("111122223333", "us-east-1", "the-bucket", {}));
  }

  void Write(const std::string& key, std::string_view bytes) {
    auto sink = objects_.Write("the-bucket", key, "text/plain");
    ASSERT_TRUE(sink);
    ASSERT_TRUE((*sink)->Append(bytes.substr(0, bytes.size() / 2)));
    ASSERT_TRUE((*sink)->Append(bytes.substr(bytes.size() / 2)));
    ASSERT_TRUE((*sink)->Finish());
  }

  TemporaryFolder folder_;
  FakeClock clock_;
  std::unique_ptr<state::Database> database_ =
      std::move(*state::Database::Open(folder_.path() / "bedplate.db"));
  std::unique_ptr<Buckets> buckets_ = std::move(*Buckets::Open(*database_, clock_));
  std::unique_ptr<LocalStore> store_ =
      std::move(*LocalStore::Open({.folder = folder_.path() / "objects", .region = "us-east-1"},
                                  *database_, *buckets_, clock_));
  LocalObjects objects_{*store_};
};

TEST_F(LocalObjectsTest, WhatIsWrittenIsReadInPiecesToItsEnd) {
  std::string bytes(200'000, 'a');
  bytes[100'000] = 'b';
  Write("in/one", bytes);
  const auto source = objects_.Read("the-bucket", "in/one");
  ASSERT_TRUE(source);
  EXPECT_EQ((*source)->facts().size_bytes, bytes.size());
  EXPECT_EQ((*source)->facts().content_type, "text/plain");
  std::string read;
  for (size_t before = 1; before != read.size();) {
    before = read.size();
    ASSERT_TRUE((*source)->Read(read, 70'000));
    EXPECT_LE(read.size() - before, 70'000u);
  }
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(objects_.Look("the-bucket", "in/one")->etag, (*source)->facts().etag);
}

TEST_F(LocalObjectsTest, WhatIsNotFinishedIsNotThere) {
  Write("key", "before");
  {
    auto sink = objects_.Write("the-bucket", "key", "");
    ASSERT_TRUE((*sink)->Append("after"));
  }
  EXPECT_EQ(objects_.Look("the-bucket", "key")->size_bytes, 6u);
}

TEST_F(LocalObjectsTest, ListsByPagesInOrderOfKeys) {
  for (const char* key : {"a/3", "a/1", "b", "a/2"}) Write(key, "x");
  const auto first = objects_.List("the-bucket", "a/", "", 2);
  ASSERT_EQ(first->entries.size(), 2u);
  EXPECT_EQ(first->entries[1].key, "a/2");
  EXPECT_TRUE(first->more);
  const auto second = objects_.List("the-bucket", "a/", "a/2", 2);
  ASSERT_EQ(second->entries.size(), 1u);
  EXPECT_EQ(second->entries[0].key, "a/3");
  EXPECT_FALSE(second->more);
}

TEST_F(LocalObjectsTest, SaysByS3sNamesWhatIsNotThere) {
  EXPECT_EQ(objects_.Read("the-bucket", "none").error().type, "NoSuchKey");
  EXPECT_EQ(objects_.Write("no-bucket", "key", "").error().type, "NoSuchBucket");
  EXPECT_TRUE(objects_.Delete("the-bucket", "none"));
  Write("key", "x");
  EXPECT_TRUE(objects_.Delete("the-bucket", "key"));
  EXPECT_EQ(objects_.Look("the-bucket", "key").error().type, "NoSuchKey");
  EXPECT_FALSE(objects_.Write("the-bucket", std::string(2000, 'k'), ""));
}

}  // namespace
}  // namespace bedplate::account::objects
