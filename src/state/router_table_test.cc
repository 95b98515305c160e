#include "state/router_table.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

class RouterTableTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  RouterTable table_{*database_};
  TagTable tags_{*database_};
  RouterRow row_{.account = "000000000001",
                 .region = "us-east-1",
                 .router_id = "abc",
                 .name = "my router",
                 .description = "d",
                 .models = "[\"arn:a\"]",
                 .fallback_model = "arn:b",
                 .quality_difference = 12.5,
                 .client_token = "token",
                 .created_at_ms = 7};
};

TEST_F(RouterTableTest, KeepsARowWithItsTagsAndDeletesBoth) {
  const TaggedResource resource{.account = row_.account, .region = row_.region, .arn = "arn:1"};
  int64_t revision = *Revision(*database_);
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {{"team", "a"}}));
  EXPECT_GT(*Revision(*database_), std::exchange(revision, *Revision(*database_)));
  const auto rows = RouterTable(*database_).All();
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().name, row_.name);
  EXPECT_EQ(rows->front().description, row_.description);
  EXPECT_EQ(rows->front().models, row_.models);
  EXPECT_EQ(rows->front().fallback_model, row_.fallback_model);
  EXPECT_EQ(rows->front().quality_difference, 12.5);
  EXPECT_EQ(rows->front().created_at_ms, 7);
  EXPECT_EQ(*tags_.All(resource), (Tags{{"team", "a"}}));
  revision = *Revision(*database_);
  ASSERT_TRUE(table_.Delete(resource, "abc"));
  EXPECT_GT(*Revision(*database_), revision);
  EXPECT_TRUE(table_.All()->empty());
  EXPECT_TRUE(tags_.All(resource)->empty());
  EXPECT_EQ(table_.Delete(resource, "abc").error().fault, Fault::kNotFound);
}

TEST_F(RouterTableTest, ATokenMakesOneRowAndANameIsTakenOnce) {
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {}));
  RouterRow again = row_;
  again.router_id = "def";
  EXPECT_EQ(table_.Insert(again, "arn:2", {})->router_id, "abc");
  again.client_token = "other";
  EXPECT_EQ(table_.Insert(again, "arn:2", {}).error().fault, Fault::kConflict);
  again.name = "another";
  EXPECT_EQ(table_.Insert(again, "arn:2", {})->router_id, "def");
  again.account = "000000000002";
  again.name = row_.name;
  EXPECT_TRUE(table_.Insert(again, "arn:3", {}));
}

}  // namespace
}  // namespace bedplate::state
