#include "state/access_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/revisions.h"

namespace bedplate::state {
namespace {

constexpr const char* kAccount = "000000000001";
constexpr const char* kRegion = "us-east-1";

class AccessTableTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  AccessTable table_{*database_};
};

TEST_F(AccessTableTest, KeepsTheLastUseCaseOfEachAccountAndRegion) {
  EXPECT_EQ(table_.UseCase(kAccount, kRegion).error().fault, Fault::kNotFound);
  UseCaseRow row{.account = kAccount, .region = kRegion, .form = "{\"a\":\"Größe'\"}"};
  ASSERT_TRUE(table_.PutUseCase(row));
  EXPECT_EQ(AccessTable(*database_).UseCase(kAccount, kRegion)->form, row.form);
  row.form = "{}";
  ASSERT_TRUE(table_.PutUseCase(row));
  EXPECT_EQ(table_.UseCase(kAccount, kRegion)->form, "{}");
  EXPECT_FALSE(table_.UseCase(kAccount, "eu-west-1"));
  EXPECT_FALSE(table_.UseCase("000000000002", kRegion));
}

TEST_F(AccessTableTest, KeepsOneAgreementForEachModel) {
  const AgreementRow row{.account = kAccount,
                         .region = kRegion,
                         .model_id = "a.b",
                         .offer_token = "token",
                         .created_at_ms = 7};
  int64_t revision = *Revision(*database_);
  ASSERT_TRUE(table_.InsertAgreement(row));
  EXPECT_GT(*Revision(*database_), std::exchange(revision, *Revision(*database_)));
  EXPECT_EQ(table_.InsertAgreement(row).error().fault, Fault::kConflict);
  AgreementRow other = row;
  other.region = "eu-west-1";
  ASSERT_TRUE(table_.InsertAgreement(other));
  const auto rows = AccessTable(*database_).Agreements();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[1].model_id, "a.b");
  EXPECT_EQ((*rows)[1].offer_token, "token");
  EXPECT_EQ((*rows)[1].created_at_ms, 7);
  revision = *Revision(*database_);
  ASSERT_TRUE(table_.DeleteAgreement(kAccount, kRegion, "a.b"));
  EXPECT_GT(*Revision(*database_), revision);
  EXPECT_EQ(table_.DeleteAgreement(kAccount, kRegion, "a.b").error().fault, Fault::kNotFound);
  EXPECT_EQ(table_.Agreements()->size(), 1u);
}

}  // namespace
}  // namespace bedplate::state
