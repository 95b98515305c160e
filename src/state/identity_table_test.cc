#include "state/identity_table.h"

#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::state {
namespace {

class IdentityTableTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  IdentityTable table_{*database_};
};

TEST_F(IdentityTableTest, IdentitiesArePutReplacedAndTakenAway) {
  const auto first = table_.Put("1", {{.kind = "user", .name = "a", .body = "{1}"},
                                      {.kind = "role", .name = "a", .body = "{2}"}});
  ASSERT_TRUE(first);
  const auto second = table_.Put("1", {{.kind = "user", .name = "a", .body = "{3}"},
                                       {.kind = "role", .name = "a", .body = ""}});
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, *first + 1);
  EXPECT_EQ(*table_.Revision(), *second);
  ASSERT_TRUE(table_.Put("2", {{.kind = "user", .name = "a", .body = "{4}"}}));
  const auto loaded = table_.Load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->identities.size(), 2u);
  EXPECT_EQ(loaded->identities[0].first, "1");
  EXPECT_EQ(loaded->identities[0].second.body, "{3}");
  EXPECT_EQ(loaded->identities[1].first, "2");
}

TEST_F(IdentityTableTest, AnAccountIsInsertedOnce) {
  const AccountRow row{.account = "1", .name = "n", .root = "sealed", .created_at_ms = 7};
  const int64_t before = *table_.Revision();
  ASSERT_TRUE(table_.Insert(row));
  EXPECT_GT(*table_.Revision(), before);
  EXPECT_EQ(table_.Insert(row).error().fault, Fault::kConflict);
  const auto loaded = table_.Load();
  ASSERT_EQ(loaded->accounts.size(), 1u);
  EXPECT_EQ(loaded->accounts[0].root, "sealed");
  EXPECT_EQ(loaded->accounts[0].created_at_ms, 7);
}

TEST_F(IdentityTableTest, TheLastUseIsKept) {
  UseRow use{.account = "1", .id = "AKIA", .used_at_ms = 5, .service = "s3", .region = "r"};
  ASSERT_TRUE(table_.PutUses({use}));
  use.used_at_ms = 9;
  use.service = "kms";
  ASSERT_TRUE(table_.PutUses({use}));
  const auto loaded = table_.Load();
  ASSERT_EQ(loaded->uses.size(), 1u);
  EXPECT_EQ(loaded->uses[0].used_at_ms, 9);
  EXPECT_EQ(loaded->uses[0].service, "kms");
}

}  // namespace
}  // namespace bedplate::state
