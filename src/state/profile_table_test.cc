#include "state/profile_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

class ProfileTableTest : public testing::Test {
 protected:
  Tags TagsOf(const std::string& arn) {
    return *tags_.All({.account = row_.account, .region = row_.region, .arn = arn});
  }
  size_t Count() { return ProfileTable(*database_).All()->size(); }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  ProfileTable table_{*database_};
  TagTable tags_{*database_};
  ProfileRow row_{.account = "000000000001",
                  .region = "us-east-1",
                  .profile_id = "abc",
                  .name = "Größe'; --",
                  .description = "d",
                  .source = "arn:source",
                  .model_id = "a.b",
                  .client_token = "token",
                  .created_at_ms = 7};
};

TEST_F(ProfileTableTest, KeepsARowWithItsTagsAndDeletesBoth) {
  const TaggedResource resource{.account = row_.account, .region = row_.region, .arn = "arn:1"};
  int64_t revision = *Revision(*database_);
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {{"team", "a"}, {"cost", ""}}));
  EXPECT_GT(*Revision(*database_), std::exchange(revision, *Revision(*database_)));
  const auto rows = ProfileTable(*database_).All();
  ASSERT_EQ(rows->size(), 1u);
  const ProfileRow& row = rows->front();
  EXPECT_EQ(row.account, row_.account);
  EXPECT_EQ(row.region, row_.region);
  EXPECT_EQ(row.profile_id, row_.profile_id);
  EXPECT_EQ(row.name, row_.name);
  EXPECT_EQ(row.description, row_.description);
  EXPECT_EQ(row.source, row_.source);
  EXPECT_EQ(row.model_id, row_.model_id);
  EXPECT_EQ(row.client_token, row_.client_token);
  EXPECT_EQ(row.created_at_ms, 7);
  EXPECT_EQ(TagsOf("arn:1"), (Tags{{"team", "a"}, {"cost", ""}}));
  revision = *Revision(*database_);
  ASSERT_TRUE(table_.Delete(resource, "abc"));
  EXPECT_GT(*Revision(*database_), revision);
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(TagsOf("arn:1").empty());
  EXPECT_EQ(table_.Delete(resource, "abc").error().fault, Fault::kNotFound);
}

TEST_F(ProfileTableTest, ATokenMakesOneRow) {
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {}));
  ProfileRow again = row_;
  again.profile_id = "def";
  again.name = "other";
  auto kept = table_.Insert(again, "arn:2", {{"k", "v"}});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->profile_id, "abc");
  EXPECT_EQ(kept->name, row_.name);
  EXPECT_EQ(Count(), 1u);
  EXPECT_TRUE(TagsOf("arn:2").empty());
  again.client_token = "";
  EXPECT_EQ(table_.Insert(again, "arn:2", {})->profile_id, "def");
  again.profile_id = "ghi";
  EXPECT_EQ(table_.Insert(again, "arn:3", {})->profile_id, "ghi");
  again.profile_id = "jkl";
  again.client_token = "token";
  again.account = "000000000002";
  EXPECT_EQ(table_.Insert(again, "arn:4", {})->profile_id, "jkl");
}

TEST_F(ProfileTableTest, NothingIsMadeWithTooManyTags) {
  Tags many;
  for (size_t i = 0; i <= limits::kTagsMax; ++i) many[std::to_string(i)] = "v";
  EXPECT_EQ(table_.Insert(row_, "arn:1", many).error().fault, Fault::kTooManyTags);
  EXPECT_EQ(Count(), 0u);
  EXPECT_TRUE(TagsOf("arn:1").empty());
  many.erase("0");
  EXPECT_TRUE(table_.Insert(row_, "arn:1", many));
}

}  // namespace
}  // namespace bedplate::state
