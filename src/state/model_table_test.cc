#include "state/model_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

class ModelTableTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  ModelTable table_{*database_};
  ModelRow row_{.account = "000000000001",
                .region = "us-east-1",
                .model_id = "mine.chat-v1:0",
                .kind = "openai",
                .location = "http://10.0.0.7:8000/v1",
                .upstream_model = "Qwen/Qwen3 \"8B\"'; DROP TABLE added_models; --",
                .api_key_variable = "MY_KEY",
                .projector = "/models/eyes.gguf",
                .draft = "/models/small.gguf",
                .details = "{\"name\":\"Größe\"}",
                .created_at_ms = 1'763'800'000'123};
};

TEST_F(ModelTableTest, GivesBackWhatWasInserted) {
  ASSERT_TRUE(table_.Insert(row_));
  const auto rows = ModelTable(*database_).All();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  const ModelRow& row = rows->front();
  EXPECT_EQ(row.account, row_.account);
  EXPECT_EQ(row.region, row_.region);
  EXPECT_EQ(row.model_id, row_.model_id);
  EXPECT_EQ(row.kind, row_.kind);
  EXPECT_EQ(row.location, row_.location);
  EXPECT_EQ(row.upstream_model, row_.upstream_model);
  EXPECT_EQ(row.api_key_variable, row_.api_key_variable);
  EXPECT_EQ(row.projector, row_.projector);
  EXPECT_EQ(row.draft, row_.draft);
  EXPECT_EQ(row.details, row_.details);
  EXPECT_EQ(row.created_at_ms, row_.created_at_ms);
}

TEST_F(ModelTableTest, KeepsAccountsAndRegionsApart) {
  ASSERT_TRUE(table_.Insert(row_));
  const auto again = table_.Insert(row_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::kConflict);
  EXPECT_THAT(again.error().message, testing::HasSubstr("mine.chat-v1:0"));
  ModelRow other_region = row_;
  other_region.region = "eu-west-1";
  EXPECT_TRUE(table_.Insert(other_region));
  ModelRow other_account = row_;
  other_account.account = "000000000002";
  EXPECT_TRUE(table_.Insert(other_account));
  ASSERT_TRUE(table_.Delete(row_.account, row_.region, row_.model_id));
  EXPECT_EQ(table_.All()->size(), 2u);
}

TEST_F(ModelTableTest, DeletesOnlyWhatThereIs) {
  const auto missing = table_.Delete(row_.account, row_.region, row_.model_id);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::kNotFound);
}

TEST_F(ModelTableTest, RevisionGrowsWithChangesOfOtherProcessesToo) {
  const int64_t first = *Revision(*database_);
  const auto other = *Database::Open(folder_.path() / "bedplate.db");
  ASSERT_TRUE(ModelTable(*other).Insert(row_));
  const int64_t second = *Revision(*database_);
  EXPECT_GT(second, first);
  EXPECT_FALSE(table_.Insert(row_));
  EXPECT_EQ(*Revision(*database_), second);
  ASSERT_TRUE(table_.Delete(row_.account, row_.region, row_.model_id));
  EXPECT_GT(*Revision(*database_), second);
}

}  // namespace
}  // namespace bedplate::state
