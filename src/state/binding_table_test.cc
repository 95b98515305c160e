#include "state/binding_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

class BindingTableTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  BindingTable table_{*database_};
  BindingRow row_{.account = "000000000001",
                  .region = "us-east-1",
                  .pattern = "anthropic.*",
                  .kind = "openai",
                  .location = "http://10.0.0.7:8000/v1",
                  .upstream_model = "Qwen/Qwen3 \"8B\"'; DROP TABLE bindings; --",
                  .api_key_variable = "MY_KEY",
                  .projector = "/models/eyes.gguf",
                  .draft = "/models/small.gguf",
                  .use = 2,
                  .created_at_ms = 1'763'800'000'123};
};

TEST_F(BindingTableTest, GivesBackWhatWasPut) {
  ASSERT_TRUE(table_.Put(row_));
  const auto rows = BindingTable(*database_).All();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  const BindingRow& row = rows->front();
  EXPECT_EQ(row.account, row_.account);
  EXPECT_EQ(row.region, row_.region);
  EXPECT_EQ(row.pattern, row_.pattern);
  EXPECT_EQ(row.kind, row_.kind);
  EXPECT_EQ(row.location, row_.location);
  EXPECT_EQ(row.upstream_model, row_.upstream_model);
  EXPECT_EQ(row.api_key_variable, row_.api_key_variable);
  EXPECT_EQ(row.projector, row_.projector);
  EXPECT_EQ(row.draft, row_.draft);
  EXPECT_EQ(row.use, 2);
  EXPECT_EQ(row.created_at_ms, row_.created_at_ms);
}

TEST_F(BindingTableTest, ThePatternHasOneRowInEachAccountAndRegion) {
  ASSERT_TRUE(table_.Put(row_));
  BindingRow again = row_;
  again.location = "/models/other.gguf";
  ASSERT_TRUE(table_.Put(again));
  ASSERT_EQ(table_.All()->size(), 1u);
  EXPECT_EQ(table_.All()->front().location, again.location);
  again.region = "eu-west-1";
  ASSERT_TRUE(table_.Put(again));
  again.account = "000000000002";
  ASSERT_TRUE(table_.Put(again));
  EXPECT_EQ(table_.All()->size(), 3u);
  ASSERT_TRUE(table_.Delete(row_.account, row_.region, row_.pattern));
  EXPECT_EQ(table_.All()->size(), 2u);
  const auto missing = table_.Delete(row_.account, row_.region, row_.pattern);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::kNotFound);
  EXPECT_THAT(missing.error().message, testing::HasSubstr("anthropic.*"));
}

TEST_F(BindingTableTest, RevisionGrowsWithEachChange) {
  int64_t last = *Revision(*database_);
  auto grew = [&] {
    const int64_t now = *Revision(*database_);
    return now > std::exchange(last, now);
  };
  ASSERT_TRUE(table_.Put(row_));
  EXPECT_TRUE(grew());
  ASSERT_TRUE(table_.Put(row_));
  EXPECT_TRUE(grew());
  ASSERT_TRUE(table_.Delete(row_.account, row_.region, row_.pattern));
  EXPECT_TRUE(grew());
  EXPECT_FALSE(table_.Delete(row_.account, row_.region, row_.pattern));
  EXPECT_FALSE(grew());
}

TEST_F(BindingTableTest, RefusesMoreThanThereCanBe) {
  for (size_t i = 0; i < limits::kBindingsMax; ++i) {
    row_.pattern = std::to_string(i) + ".*";
    ASSERT_TRUE(table_.Put(row_));
  }
  row_.pattern = "one-more.*";
  const auto refused = table_.Put(row_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kQuota);
  row_.pattern = "7.*";  // takes a place that is there
  EXPECT_TRUE(table_.Put(row_));
}

}  // namespace
}  // namespace bedplate::state
