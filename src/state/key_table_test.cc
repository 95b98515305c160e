#include "state/key_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "base/testing/temporary_folder.h"
#include "state/alias_table.h"
#include "state/database.h"
#include "state/grant_table.h"

namespace bedplate::state {
namespace {

class KeyTableTest : public testing::Test {
 protected:
  std::string Insert(const std::string& id, const std::string& alias = {}) {
    const KeyRow row{.place = {.account = "1", .region = "r", .key_id = id},
                     .spec = "S",
                     .usage = "U",
                     .manager = "CUSTOMER",
                     .state = "Enabled",
                     .policy = "{'}",
                     .created_at_ms = 5};
    const KeyVersionRow version{.material_id = "m", .sealed = "s", .origin = "CREATED"};
    return *keys_.Insert(
        {.row = row, .version = version, .arn = Arn(id), .tags = {{"a", "b"}}, .alias = alias});
  }
  static std::string Arn(const std::string& id) { return "arn:aws:kms:r:1:key/" + id; }
  static KeyPlace Place(const std::string& id) {
    return {.account = "1", .region = "r", .key_id = id};
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  KeyTable keys_{*database_};
  AliasTable aliases_{*database_};
  GrantTable grants_{*database_};
};

TEST_F(KeyTableTest, AKeyIsFoundWithAllThatBelongsToIt) {
  Insert("k");
  Insert("other");
  ASSERT_TRUE(grants_.Insert({.account = "1", .region = "r", .key_id = "k", .grant_id = "g"}));
  const auto whole = keys_.Find(Place("k"), Arn("k"));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->row.policy, "{'}");
  EXPECT_EQ(whole->row.created_at_ms, 5);
  ASSERT_EQ(whole->versions.size(), 1u);
  EXPECT_EQ(whole->versions[0].sealed, "s");
  ASSERT_EQ(whole->grants.size(), 1u);
  EXPECT_EQ(whole->tags.at("a"), "b");
  EXPECT_EQ(keys_.Find(Place("none"), Arn("none")).error().fault, Fault::kNotFound);
}

TEST_F(KeyTableTest, WhatAChangeRefusesHasNotHappened) {
  Insert("k");
  const auto refused =
      keys_.Update(Place("k"), [](KeyRow& row, std::optional<KeyVersionRow>& version) {
        row.state = "Disabled";
        version = KeyVersionRow{.version = 2};
        return Result<void>(Fail(Fault::kConflict, "no"));
      });
  EXPECT_EQ(refused.error().fault, Fault::kConflict);
  EXPECT_EQ(keys_.Find(Place("k"), Arn("k"))->row.state, "Enabled");
  EXPECT_EQ(keys_.Find(Place("k"), Arn("k"))->versions.size(), 1u);
  ASSERT_TRUE(keys_.Update(Place("k"), [](KeyRow& row, std::optional<KeyVersionRow>& version) {
    row.state = "Disabled";
    version = KeyVersionRow{.version = 2, .origin = "ON_DEMAND"};
    return Result<void>();
  }));
  EXPECT_EQ(keys_.Find(Place("k"), Arn("k"))->row.state, "Disabled");
  EXPECT_EQ(keys_.Find(Place("k"), Arn("k"))->versions.size(), 2u);
  EXPECT_EQ(*keys_.CountVersions(Place("k"), "ON_DEMAND"), 1);
}

TEST_F(KeyTableTest, OfTwoThatMakeTheKeyOfAnAliasOneDoes) {
  EXPECT_EQ(Insert("first", "alias/aws/s3"), "first");
  EXPECT_EQ(Insert("second", "alias/aws/s3"), "first");
  EXPECT_EQ(*keys_.List("1", "r", "", 10), (std::vector<std::string>{"first"}));
}

TEST_F(KeyTableTest, AKeyGoesWithAllThatBelongsToItWhenItIsDue) {
  Insert("k", "alias/a");
  ASSERT_TRUE(grants_.Insert(
      {.account = "1", .region = "r", .key_id = "k", .grant_id = "g", .retiring = "p"}));
  ASSERT_TRUE(keys_.Delete(Place("k"), Arn("k"), 1'000));
  EXPECT_TRUE(keys_.Find(Place("k"), Arn("k")));
  ASSERT_TRUE(keys_.Update(Place("k"), [](KeyRow& row, std::optional<KeyVersionRow>&) {
    row.deletion_at_ms = 500;
    return Result<void>();
  }));
  EXPECT_TRUE(keys_.DueDeletions(499)->empty());
  EXPECT_EQ(keys_.DueDeletions(500)->size(), 1u);
  ASSERT_TRUE(keys_.Delete(Place("k"), Arn("k"), 499));
  EXPECT_TRUE(keys_.Find(Place("k"), Arn("k")));
  ASSERT_TRUE(keys_.Delete(Place("k"), Arn("k"), 500));
  EXPECT_FALSE(keys_.Find(Place("k"), Arn("k")));
  EXPECT_FALSE(aliases_.Find("1", "r", "alias/a"));
  EXPECT_TRUE(grants_.Retirable({.region = "r", .principal = "p"}, "", 10)->empty());
  Insert("k");
  EXPECT_TRUE(keys_.Find(Place("k"), Arn("k"))->grants.empty());
}

TEST_F(KeyTableTest, TheFirstFingerprintStays) {
  EXPECT_EQ(*keys_.RootFingerprint(), "");
  ASSERT_TRUE(keys_.KeepRootFingerprint("one"));
  ASSERT_TRUE(keys_.KeepRootFingerprint("two"));
  EXPECT_EQ(*keys_.RootFingerprint(), "one");
}

TEST_F(KeyTableTest, AnAliasIsOfAKeyThatIsThere) {
  EXPECT_EQ(aliases_.Insert({.account = "1", .region = "r", .name = "alias/a", .key_id = "k"})
                .error()
                .fault,
            Fault::kNotFound);
  Insert("k");
  ASSERT_TRUE(aliases_.Insert({.account = "1", .region = "r", .name = "alias/a", .key_id = "k"}));
  EXPECT_EQ(aliases_.Insert({.account = "1", .region = "r", .name = "alias/a", .key_id = "k"})
                .error()
                .fault,
            Fault::kConflict);
  EXPECT_FALSE(aliases_.Find("2", "r", "alias/a"));
  EXPECT_FALSE(aliases_.Find("1", "s", "alias/a"));
  EXPECT_EQ(*aliases_.Find("1", "r", "alias/a"), "k");
}

TEST_F(KeyTableTest, AnAliasThatMovesOrGoesTellsWhichKeyItNamed) {
  Insert("k");
  Insert("l");
  const AliasRow row{.account = "1", .region = "r", .name = "alias/a", .key_id = "l"};
  EXPECT_EQ(aliases_.Update(row).error().fault, Fault::kNotFound);
  ASSERT_TRUE(aliases_.Insert({.account = "1", .region = "r", .name = "alias/a", .key_id = "k"}));
  EXPECT_EQ(*aliases_.Update(row), "k");
  EXPECT_EQ(*aliases_.Delete("1", "r", "alias/a"), "l");
  EXPECT_EQ(aliases_.Delete("1", "r", "alias/a").error().fault, Fault::kNotFound);
}

}  // namespace
}  // namespace bedplate::state
