#include "state/object_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "state/bucket_table.h"
#include "state/commit_queue.h"
#include "state/database.h"

namespace bedplate::state {
namespace {

class ObjectTableTest : public testing::Test {
 protected:
  ObjectTableTest() {
    EXPECT_TRUE(buckets_.Insert(
        {.account = "1", .region = "r", .bucket = "b", .created_at_ms = 1, .versioning = ""}, 10));
  }
  // An object whose content is one blob of that name; its ETag is it, too.
  Result<ObjectWritten> Put(const std::string& key, const std::string& blob,
                            const WriteCondition& condition = {}, const std::string& bucket = "b") {
    return objects_.Put(Row(key, blob, bucket), {{.blob = blob, .size_bytes = 5}}, condition);
  }
  static VersionRow Row(const std::string& key, const std::string& blob,
                        const std::string& bucket = "b") {
    VersionRow row;
    row.bucket = bucket;
    row.key = key;
    row.version_id = "v-" + blob;
    row.content_id = "c-" + blob;
    row.etag = blob;
    row.size_bytes = 5;
    return row;
  }
  std::string Latest(const std::string& key) {
    const auto found = objects_.Find("b", key, "");
    return found ? found->etag : found.error().type;
  }
  std::vector<std::string> Keys(ObjectTable::Scan scan) {
    scan.bucket = "b";
    if (scan.most == 0) scan.most = 100;
    const auto listed = objects_.List(scan);
    EXPECT_TRUE(listed);
    std::vector<std::string> keys;
    if (!listed) return keys;
    for (const VersionRow& row : *listed) keys.push_back(row.key);
    return keys;
  }
  bool IsNamed(const std::string& blob) { return objects_.IsNamed(blob).value_or(false); }

  using Texts = std::vector<std::string>;
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  CommitQueue queue_{*database_};
  BucketTable buckets_{*database_};
  ObjectTable objects_{*database_, queue_};
};

TEST_F(ObjectTableTest, ANewObjectFreesTheBlobOfTheOld) {
  EXPECT_EQ(Put("k", "one")->freed, Texts());
  EXPECT_EQ(Latest("k"), "one");
  EXPECT_EQ(Put("k", "two")->freed, Texts{"one"});
  EXPECT_EQ(Latest("k"), "two");
  EXPECT_FALSE(IsNamed("one"));
  EXPECT_TRUE(IsNamed("two"));
  EXPECT_EQ(Put("k", "three", {}, "none").error().type, "NoSuchBucket");
}

TEST_F(ObjectTableTest, ConditionsOfWrites) {
  EXPECT_FALSE(Put("k", "one", {.if_match = "*"}));
  ASSERT_TRUE(Put("k", "one", {.if_none_match = true}));
  EXPECT_EQ(Put("k", "two", {.if_none_match = true}).error().type, "PreconditionFailed");
  EXPECT_EQ(Put("k", "two", {.if_match = "other"}).error().type, "PreconditionFailed");
  EXPECT_EQ(Latest("k"), "one");
  EXPECT_FALSE(IsNamed("two"));
  ASSERT_TRUE(Put("k", "two", {.if_match = "one"}));
  EXPECT_EQ(Latest("k"), "two");
}

TEST_F(ObjectTableTest, ACopySharesTheBlobUntilTheLastIsGone) {
  ASSERT_TRUE(Put("k", "one"));
  const auto source = objects_.Find("b", "k", "");
  ASSERT_TRUE(source);
  ASSERT_TRUE(objects_.Copy(Row("copy", "copied"), *source, {}));
  EXPECT_EQ(objects_.Segments("c-copied", 0)->front().blob, "one");
  EXPECT_EQ(objects_.Delete(Row("k", "gone"), {})->freed, Texts());
  EXPECT_TRUE(IsNamed("one"));
  EXPECT_EQ(objects_.Delete(Row("copy", "gone"), {})->freed, Texts{"one"});
  // What is gone is copied by nobody.
  EXPECT_FALSE(objects_.Copy(Row("late", "late"), *source, {}));
}

TEST_F(ObjectTableTest, VersionsLieOverEachOther) {
  ASSERT_TRUE(buckets_.SetVersioning("b", "Enabled"));
  ASSERT_EQ(Put("k", "one")->version_id, "v-one");
  EXPECT_EQ(Put("k", "two")->freed, Texts());
  EXPECT_EQ(objects_.Find("b", "k", "v-one")->etag, "one");
  VersionRow marker = Row("k", "marker");
  marker.content_id.clear();
  const auto deleted = objects_.Delete(marker, {});
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(deleted->delete_marker);
  EXPECT_TRUE(objects_.Find("b", "k", "")->delete_marker);
  EXPECT_EQ(Keys({}), Texts());
  EXPECT_EQ(Keys({.latest = false}), (Texts{"k", "k", "k"}));
  // Without the marker the one below is the latest again.
  ASSERT_TRUE(objects_.DeleteVersion("b", "k", deleted->version_id));
  EXPECT_EQ(Latest("k"), "two");
  EXPECT_EQ(objects_.DeleteVersion("b", "k", "v-two")->freed, Texts{"two"});
  EXPECT_EQ(Latest("k"), "one");
}

TEST_F(ObjectTableTest, ListsByBytesAfterAKeyAndWithAPrefix) {
  for (const char* key : {"a", "a/b", "a0", "B", "\xC3\xA4", "a%_c", "aXYc"}) {
    ASSERT_TRUE(Put(key, std::string("blob-") + key));
  }
  EXPECT_EQ(Keys({}), (Texts{"B", "a", "a%_c", "a/b", "a0", "aXYc", "\xC3\xA4"}));
  EXPECT_EQ(Keys({.prefix = "a%"}), Texts{"a%_c"});
  EXPECT_EQ(Keys({.prefix = "a", .after = "a/b"}), (Texts{"a0", "aXYc"}));
  EXPECT_EQ(Keys({.after = "a", .most = 2}), (Texts{"a%_c", "a/b"}));
}

TEST_F(ObjectTableTest, WhatWasSeenIsTakenAwayOnlyIfItIsThatStill) {
  ASSERT_TRUE(Put("k", "one"));
  const auto seen = objects_.Find("b", "k", "");
  ASSERT_TRUE(Put("k", "two"));
  EXPECT_EQ(*objects_.DeleteSeen(*seen), Texts());
  EXPECT_EQ(Latest("k"), "two");
  EXPECT_EQ(*objects_.DeleteSeen(*objects_.Find("b", "k", "")), Texts{"two"});
}

}  // namespace
}  // namespace bedplate::state
