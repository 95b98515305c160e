#include "state/endpoint_table.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/limits.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

class EndpointTableTest : public testing::Test {
 protected:
  Tags TagsOf(const std::string& arn) {
    return *tags_.All({.account = row_.account, .region = row_.region, .arn = arn});
  }
  std::vector<EndpointRow> All() { return *EndpointTable(*database_).All(); }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  EndpointTable table_{*database_};
  TagTable tags_{*database_};
  EndpointRow row_{.account = "000000000001",
                   .region = "us-east-1",
                   .name = "mine",
                   .source = "arn:source'; --",
                   .url = "http://a/v1",
                   .model = "Größe",
                   .config = "{}",
                   .message = "m",
                   .client_token = "token",
                   .update_token = "",
                   .created_at_ms = 7,
                   .updated_at_ms = 8};
};

TEST_F(EndpointTableTest, KeepsChangesAndDeletesARowWithItsTags) {
  int64_t revision = *Revision(*database_);
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {{"team", "a"}}));
  EXPECT_GT(*Revision(*database_), std::exchange(revision, *Revision(*database_)));
  EndpointRow row = All().at(0);
  EXPECT_EQ(row.source, row_.source);
  EXPECT_EQ(row.url, row_.url);
  EXPECT_EQ(row.model, row_.model);
  EXPECT_EQ(row.config, "{}");
  EXPECT_TRUE(row.registered && row.compatible);
  EXPECT_EQ(row.message, "m");
  EXPECT_EQ(row.created_at_ms, 7);
  EXPECT_EQ(row.updated_at_ms, 8);
  EXPECT_EQ(TagsOf("arn:1"), (Tags{{"team", "a"}}));

  row.registered = false;
  row.config = "{1}";
  row.update_token = "u";
  row.updated_at_ms = 9;
  ASSERT_TRUE(table_.Put(row));
  EXPECT_GT(*Revision(*database_), std::exchange(revision, *Revision(*database_)));
  EXPECT_FALSE(All().at(0).registered);
  EXPECT_EQ(All().at(0).config, "{1}");
  EXPECT_EQ(All().at(0).update_token, "u");
  EXPECT_EQ(All().at(0).updated_at_ms, 9);

  row.compatible = false;
  row.message = "gone";
  ASSERT_TRUE(table_.PutState(row));
  EXPECT_EQ(*Revision(*database_), revision) << "what was seen is nobody else's business";
  EXPECT_FALSE(All().at(0).compatible);
  EXPECT_EQ(All().at(0).message, "gone");

  const TaggedResource resource{.account = row_.account, .region = row_.region, .arn = "arn:1"};
  ASSERT_TRUE(table_.Delete(resource, "mine"));
  EXPECT_GT(*Revision(*database_), revision);
  EXPECT_TRUE(All().empty());
  EXPECT_TRUE(TagsOf("arn:1").empty());
  EXPECT_EQ(table_.Delete(resource, "mine").error().fault, Fault::kNotFound);
  EXPECT_EQ(table_.Put(row).error().fault, Fault::kNotFound);
}

TEST_F(EndpointTableTest, ATokenMakesOneRowAndANameIsTakenOnce) {
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {}));
  EndpointRow again = row_;
  again.name = "other";
  EXPECT_EQ(table_.Insert(again, "arn:2", {})->name, "mine");
  again.client_token = "";
  again.name = "mine";
  EXPECT_EQ(table_.Insert(again, "arn:2", {}).error().fault, Fault::kConflict);
  again.region = "eu-west-1";
  again.client_token = "token";
  EXPECT_EQ(table_.Insert(again, "arn:2", {})->region, "eu-west-1");
  EXPECT_EQ(All().size(), 2u);
}

TEST_F(EndpointTableTest, ThereAreAsManyAsThereCanBe) {
  row_.client_token = "";
  for (size_t i = 0; i < limits::kModelEndpointsMax; ++i) {
    row_.name = std::to_string(i);
    ASSERT_TRUE(table_.Insert(row_, "arn:" + row_.name, {}));
  }
  row_.name = "more";
  EXPECT_EQ(table_.Insert(row_, "arn:more", {}).error().fault, Fault::kQuota);
  row_.account = "000000000002";
  EXPECT_TRUE(table_.Insert(row_, "arn:more", {}));
}

}  // namespace
}  // namespace bedplate::state
