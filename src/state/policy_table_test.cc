#include "state/policy_table.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/profile_table.h"
#include "state/revisions.h"
#include "state/router_table.h"

namespace bedplate::state {
namespace {

class PolicyTableTest : public testing::Test {
 protected:
  size_t Count() { return PolicyTable(*database_).All()->size(); }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  PolicyTable table_{*database_};
  const PolicyRow row_{.account = "1", .region = "r", .resource_arn = "arn:x", .policy = "{'}"};
};

TEST_F(PolicyTableTest, APolicyIsReplacedAndDeleted) {
  int64_t revision = *Revision(*database_);
  ASSERT_TRUE(table_.Put(row_));
  EXPECT_GT(*Revision(*database_), std::exchange(revision, *Revision(*database_)));
  PolicyRow other = row_;
  other.policy = "{2}";
  ASSERT_TRUE(table_.Put(other));
  ASSERT_EQ(Count(), 1u);
  EXPECT_EQ(table_.All()->front().policy, "{2}");
  EXPECT_EQ(table_.All()->front().resource_arn, "arn:x");
  other.region = "s";
  EXPECT_EQ(table_.Delete(other).error().fault, Fault::kNotFound);
  revision = *Revision(*database_);
  ASSERT_TRUE(table_.Delete(row_));
  EXPECT_GT(*Revision(*database_), revision);
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(table_.Delete(row_).error().fault, Fault::kNotFound);
}

TEST_F(PolicyTableTest, APolicyEndsWithItsResource) {
  const TaggedResource resource{.account = "1", .region = "r", .arn = "arn:x"};
  ProfileTable profiles(*database_);
  ProfileRow profile;
  profile.account = "1";
  profile.region = "r";
  profile.profile_id = "p";
  ASSERT_TRUE(profiles.Insert(profile, "arn:x", {}));
  ASSERT_TRUE(table_.Put(row_));
  ASSERT_TRUE(profiles.Delete(resource, "p"));
  EXPECT_EQ(Count(), 0u);
  RouterTable routers(*database_);
  RouterRow router;
  router.account = "1";
  router.region = "r";
  router.router_id = "q";
  ASSERT_TRUE(routers.Insert(router, "arn:x", {}));
  ASSERT_TRUE(table_.Put(row_));
  ASSERT_TRUE(routers.Delete(resource, "q"));
  EXPECT_EQ(Count(), 0u);
}

TEST_F(PolicyTableTest, RetentionIsOfAnAccountAndTheLastWord) {
  EXPECT_EQ(table_.Retention("1", "r").error().fault, Fault::kNotFound);
  ASSERT_TRUE(
      table_.PutRetention({.account = "1", .region = "r", .mode = "none", .updated_at_ms = 5}));
  ASSERT_TRUE(
      table_.PutRetention({.account = "1", .region = "r", .mode = "default", .updated_at_ms = 6}));
  EXPECT_EQ(table_.Retention("1", "r")->mode, "default");
  EXPECT_EQ(table_.Retention("1", "r")->updated_at_ms, 6);
  EXPECT_EQ(table_.Retention("2", "r").error().fault, Fault::kNotFound);
}

}  // namespace
}  // namespace bedplate::state
