#include "account/objects/lifecycle.h"

#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::account::objects {
namespace {

using std::chrono::hours;

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() {
    EXPECT_TRUE(buckets_->Create("111122223333", "us-east-1", "the-bucket", {}));
    EXPECT_TRUE(store_->Sweep());
  }

  Written Put(const std::string& key, const std::string& bytes = "bytes", Tags tags = {}) {
    auto content = std::move(*store_->Begin("the-bucket", key, {}, Checksum::kCrc32));
    EXPECT_TRUE(content->Append(bytes));
    EXPECT_TRUE(content->Finish({}));
    PutRequest request;
    request.bucket = "the-bucket";
    request.key = key;
    request.tags = std::move(tags);
    return *store_->Put(std::move(request), *content);
  }
  void Rules(const std::vector<LifecycleRule>& rules) {
    EXPECT_TRUE(buckets_->Say("the-bucket", setting::kLifecycle, ToJson(rules)));
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    for (const Version& version : store_->List({.bucket = "the-bucket"}, false)->rows) {
      keys.push_back(version.key);
    }
    return keys;
  }
  size_t Versions() { return store_->List({.bucket = "the-bucket"}, true)->rows.size(); }
  size_t Files() {
    size_t files = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path() / "objects" / "blobs")) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
  }

  TemporaryFolder folder_;
  FakeClock clock_;
  std::unique_ptr<state::Database> database_ =
      std::move(*state::Database::Open(folder_.path() / "bedplate.db"));
  std::unique_ptr<Buckets> buckets_ = std::move(*Buckets::Open(*database_, clock_));
  std::unique_ptr<LocalStore> store_ =
      std::move(*LocalStore::Open({.folder = folder_.path() / "objects", .region = "us-east-1"},
                                  *database_, *buckets_, clock_));
};

TEST_F(LifecycleTest, ObjectsExpireAtTheMidnightBehindTheirDays) {
  Rules({{.id = "r", .prefix = "logs/", .has_prefix = true, .expire_days = 2}});
  Put("logs/a");
  Put("kept");
  clock_.Advance(hours(47));
  EXPECT_EQ(CarryOut(*store_)->expired, 0u);
  clock_.Advance(hours(26));
  EXPECT_EQ(CarryOut(*store_)->expired, 1u);
  EXPECT_EQ(Keys(), std::vector<std::string>{"kept"});
  EXPECT_EQ(Files(), 1u);
}

TEST_F(LifecycleTest, FiltersSayWhatExpires) {
  Rules({{.id = "r", .tags = {{"tmp", "1"}}, .size_greater_than = 3, .expire_days = 1},
         {.id = "off", .enabled = false, .expire_days = 1}});
  Put("tagged", "long enough", {{"tmp", "1"}});
  Put("small", "abc", {{"tmp", "1"}});
  Put("other", "long enough", {{"tmp", "2"}});
  clock_.Advance(hours(72));
  EXPECT_EQ(CarryOut(*store_)->expired, 1u);
  EXPECT_EQ(Keys(), (std::vector<std::string>{"other", "small"}));
}

TEST_F(LifecycleTest, WithVersionsAMarkerComesFirstAndNoncurrentVersionsGoLater) {
  EXPECT_TRUE(buckets_->SetVersioning("the-bucket", "Enabled"));
  Rules({{.id = "r", .expire_days = 1, .noncurrent_days = 1, .noncurrent_kept = 1}});
  Put("k", "1");
  Put("k", "2");
  clock_.Advance(hours(49));
  EXPECT_EQ(CarryOut(*store_)->expired, 1u);
  EXPECT_TRUE(Keys().empty());
  EXPECT_EQ(Versions(), 3u);
  clock_.Advance(hours(49));
  EXPECT_EQ(CarryOut(*store_)->removed, 1u);  // the newest of those below stays
  EXPECT_EQ(Versions(), 2u);
}

TEST_F(LifecycleTest, MarkersWithNothingBelowGo) {
  EXPECT_TRUE(buckets_->SetVersioning("the-bucket", "Enabled"));
  Rules({{.id = "r", .expire_markers = true}});
  const Written put = Put("k");
  EXPECT_TRUE(store_->Delete("the-bucket", "k", {}));
  EXPECT_EQ(CarryOut(*store_)->removed, 0u);
  EXPECT_TRUE(store_->Delete("the-bucket", "k", put.version_id));
  EXPECT_EQ(CarryOut(*store_)->removed, 1u);
  EXPECT_EQ(Versions(), 0u);
}

TEST_F(LifecycleTest, WhatWasPutAnewMeanwhileStays) {
  const Written old = Put("k", "old");
  const Written now = Put("k", "new");
  EXPECT_TRUE(store_->table().DeleteSeen(old.version));
  EXPECT_EQ(store_->Find("the-bucket", "k", {})->etag, now.version.etag);
}

}  // namespace
}  // namespace bedplate::account::objects
