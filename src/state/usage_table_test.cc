#include "state/usage_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::state {
namespace {

using testing::ElementsAre;

class UsageTableTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  UsageTable table_{*database_};
  UsageRow row_{.account = "000000000001",
                .region = "us-east-1",
                .model_id = "a.b",
                .profile_arn = "",
                .answers = 1,
                .input_tokens = 3'000'000'000,
                .output_tokens = 4,
                .priced = true,
                .cost_picodollars = 5,
                .price_as_of = "2025-06"};
};

TEST_F(UsageTableTest, AddsToWhatIsThereOfAModelAndAProfile) {
  UsageRow by_profile = row_;
  by_profile.profile_arn = "arn:p'; --";
  ASSERT_TRUE(table_.Add({row_, by_profile, row_}));
  UsageRow unpriced = row_;
  unpriced.priced = false;
  unpriced.cost_picodollars = 0;
  unpriced.price_as_of = "";
  ASSERT_TRUE(table_.Add({unpriced}));
  ASSERT_TRUE(table_.Add({row_}));
  UsageRow sum = row_;
  sum.answers = 4;
  sum.input_tokens = 12'000'000'000;
  sum.output_tokens = 16;
  sum.priced = false;
  sum.cost_picodollars = 15;
  EXPECT_THAT(*table_.All(row_.account, row_.region), ElementsAre(sum, by_profile));
}

TEST_F(UsageTableTest, AccountsAndRegionsAreApartAndARestartForgetsNothing) {
  UsageRow elsewhere = row_;
  elsewhere.region = "eu-west-1";
  ASSERT_TRUE(table_.Add({row_, elsewhere}));
  const auto again = *Database::Open(folder_.path() / "bedplate.db");
  EXPECT_THAT(*UsageTable(*again).All(row_.account, row_.region), ElementsAre(row_));
  EXPECT_THAT(*UsageTable(*again).All(row_.account, "eu-west-1"), ElementsAre(elsewhere));
  EXPECT_TRUE(UsageTable(*again).All("000000000002", row_.region)->empty());
}

}  // namespace
}  // namespace bedplate::state
