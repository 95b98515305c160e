#include "runtime/usage_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::runtime {
namespace {

class UsageStoreTest : public testing::Test {
 protected:
  UsageStoreTest() { model_.facts.id = "a.b"; }

  std::vector<UsageLine> AfterARestart() {
    UsageLedger ledger;
    EXPECT_TRUE(UsageStore(*database_, scope_, ledger).Restore());
    return ledger.Lines();
  }

  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_ =
      *state::Database::Open(folder_.path() / "bedplate.db");
  const models::Scope scope_{.account = "000000000001", .region = "us-east-1"};
  models::Model model_;
  UsageLedger ledger_;
  UsageStore store_{*database_, scope_, ledger_};
};

TEST_F(UsageStoreTest, WhatWasUsedIsCountedOnFromAfterARestart) {
  ASSERT_TRUE(store_.Save()) << "of nothing";
  const ModelUse use{.input_tokens = 3, .output_tokens = 2, .cost_picodollars = {}};
  ledger_.Add(model_, "arn:p", use);
  ASSERT_TRUE(store_.Save());
  ledger_.Add(model_, "arn:p", use);
  EXPECT_EQ(AfterARestart().front().answers, 1u) << "the second is not kept yet";
  ASSERT_TRUE(store_.Save());
  ASSERT_TRUE(store_.Save());
  EXPECT_EQ(AfterARestart(), ledger_.Lines());
  EXPECT_EQ(AfterARestart().front().input_tokens, 6u);
}

TEST_F(UsageStoreTest, WhatCannotBeKeptNowIsKeptLater) {
  ledger_.Add(model_, "", {.input_tokens = 3, .output_tokens = 2, .cost_picodollars = {}});
  const auto added = ledger_.TakeAdded();
  ledger_.Add(model_, "", {.input_tokens = 1, .output_tokens = 1, .cost_picodollars = {}});
  ledger_.GiveBack(added);
  EXPECT_EQ(ledger_.Lines().front().answers, 2u);
  ASSERT_TRUE(store_.Save());
  EXPECT_EQ(AfterARestart(), ledger_.Lines());
}

}  // namespace
}  // namespace bedplate::runtime
