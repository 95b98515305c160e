#include "state/response_table.h"

#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "state/database.h"

namespace bedplate::state {
namespace {

constexpr ResponseTable::Bounds kAll{.kept_since_ms = 0, .bytes_max = 1'000};

class ResponseTableTest : public testing::Test {
 protected:
  ResponseRow Row(const std::string& id, int64_t created_at_ms) {
    return {.account = "123456789012",
            .region = "us-east-1",
            .response_id = id,
            .created_at_ms = created_at_ms,
            .response = R"({"id":"a"})",
            .items = "[1]"};
  }
  auto Find(const std::string& id, int64_t since = 0, const std::string& account = "123456789012") {
    return table_.Find(account, "us-east-1", id, since);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  ResponseTable table_{*database_};
};

TEST_F(ResponseTableTest, KeepsARowForItsAccountAlone) {
  ASSERT_TRUE(table_.Insert(Row("a", 10), kAll));
  const auto found = Find("a");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->response, R"({"id":"a"})");
  EXPECT_EQ(found->items, "[1]");
  EXPECT_EQ(found->created_at_ms, 10);
  EXPECT_EQ(Find("b").error().fault, Fault::kNotFound);
  EXPECT_EQ(Find("a", 0, "210987654321").error().fault, Fault::kNotFound);
  ASSERT_TRUE(table_.Delete("123456789012", "us-east-1", "a"));
  EXPECT_EQ(Find("a").error().fault, Fault::kNotFound);
  EXPECT_EQ(table_.Delete("123456789012", "us-east-1", "a").error().fault, Fault::kNotFound);
}

TEST_F(ResponseTableTest, ForgetsWhatIsTooOld) {
  ASSERT_TRUE(table_.Insert(Row("old", 10), kAll));
  EXPECT_EQ(Find("old", 11).error().fault, Fault::kNotFound);
  EXPECT_TRUE(Find("old", 10));
  ASSERT_TRUE(table_.Insert(Row("new", 20), {.kept_since_ms = 11, .bytes_max = 1'000}));
  EXPECT_EQ(Find("old").error().fault, Fault::kNotFound);
  EXPECT_TRUE(Find("new"));
}

TEST_F(ResponseTableTest, ForgetsTheOldestWhereAllTogetherAreTooMuch) {
  const size_t bytes = Row("a", 1).response.size() + Row("a", 1).items.size();
  const ResponseTable::Bounds two{.kept_since_ms = 0, .bytes_max = 2 * bytes};
  ResponseRow other = Row("other", 1);
  other.account = "210987654321";
  ASSERT_TRUE(table_.Insert(other, two));
  for (int64_t at = 1; at <= 3; ++at) {
    ASSERT_TRUE(table_.Insert(Row("r" + std::to_string(at), at), two));
  }
  EXPECT_EQ(Find("r1").error().fault, Fault::kNotFound);
  EXPECT_TRUE(Find("r2"));
  EXPECT_TRUE(Find("r3"));
  EXPECT_TRUE(Find("other", 0, "210987654321"));
}

}  // namespace
}  // namespace bedplate::state
