#include "state/endpoint_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

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
  const EndpointKey key_{.account = row_.account, .region = row_.region, .name = row_.name};
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

  const auto changed = table_.Change(key_, [](EndpointRow& now) -> Result<bool> {
    now.registered = false;
    now.config = "{1}";
    now.update_token = "u";
    now.updated_at_ms = 9;
    return true;
  });
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->config, "{1}");
  EXPECT_EQ(changed->created_at_ms, 7);
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
  const auto missing = table_.Change(key_, [](EndpointRow&) -> Result<bool> { return true; });
  EXPECT_EQ(missing.error().fault, Fault::kNotFound);
}

TEST_F(EndpointTableTest, AnEditThatFailsOrWantsNothingLeavesTheRow) {
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {}));
  const int64_t revision = *Revision(*database_);
  const auto refused = table_.Change(key_, [](EndpointRow& now) -> Result<bool> {
    now.config = "{1}";
    return Fail(Fault::kConflict, "no");
  });
  EXPECT_EQ(refused.error().message, "no");
  EXPECT_EQ(table_.Change(key_, [](EndpointRow&) -> Result<bool> { return false; })->config, "{}");
  EXPECT_EQ(All().at(0).config, "{}");
  EXPECT_EQ(*Revision(*database_), revision);
}

TEST_F(EndpointTableTest, ChangesAtTheSameTimeAllCount) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 8;
  row_.config = "";
  ASSERT_TRUE(table_.Insert(row_, "arn:1", {}));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        EXPECT_TRUE(table_.Change(key_, [](EndpointRow& now) -> Result<bool> {
          now.config += "x";
          return true;
        }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(All().at(0).config.size(), size_t{kThreads} * kRounds);
}

TEST_F(EndpointTableTest, AServerIsRegisteredOnceWhateverItsConfiguration) {
  row_.client_token = "";
  ASSERT_TRUE(table_.Register(row_, "arn:1"));
  ASSERT_TRUE(table_.Change(key_, [](EndpointRow& now) -> Result<bool> {
    now.registered = false;
    now.config = "{1}";
    return true;
  }));
  EndpointRow again = row_;
  again.name = "again";
  again.updated_at_ms = 10;
  const auto kept = table_.Register(again, "arn:2");
  EXPECT_EQ(kept->name, "mine");
  EXPECT_TRUE(kept->registered);
  EXPECT_EQ(kept->updated_at_ms, 10);
  EXPECT_EQ(All().at(0).config, "{1}");
  EXPECT_TRUE(All().at(0).registered);
  const int64_t revision = *Revision(*database_);
  EXPECT_EQ(table_.Register(again, "arn:2")->name, "mine");
  EXPECT_EQ(*Revision(*database_), revision);

  for (std::string EndpointRow::* member :
       {&EndpointRow::source, &EndpointRow::url, &EndpointRow::model, &EndpointRow::account}) {
    EndpointRow other = row_;
    other.name = "other" + std::to_string(All().size());
    other.*member += "1";
    EXPECT_EQ(table_.Register(other, "arn:3")->name, other.name);
  }
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
