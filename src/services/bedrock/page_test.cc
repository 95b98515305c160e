#include "services/bedrock/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace bedplate::services::bedrock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Item {
  std::string key{};
  int64_t created_at_ms = 0;
};

struct Keys {
  std::vector<std::string> keys{};
  wire::Opt<std::string> next_token{};
};

Result<Keys> Ask(std::vector<Item> items, const wire::Opt<std::string>& token, int32_t most) {
  wire::Opt<int32_t> results_max;
  results_max = most;
  auto page = FindPage(items, token, results_max, &Item::key);
  if (!page) return std::unexpected(page.error());
  Keys keys{.next_token = page->next_token};
  for (size_t i = page->first; i < page->end; ++i) keys.keys.push_back(items[i].key);
  return keys;
}

TEST(PageTest, EveryItemIsOnOnePage) {
  const std::vector<Item> items = {{"d", 2}, {"a/b", 1}, {"c", 1}, {"z", 0}, {"b", 2}};
  std::vector<std::string> all;
  wire::Opt<std::string> token;
  do {
    auto page = Ask(items, token, 2);
    ASSERT_TRUE(page) << page.error().message;
    all.insert(all.end(), page->keys.begin(), page->keys.end());
    token = page->next_token;
  } while (token);
  EXPECT_THAT(all, ElementsAre("z", "a/b", "c", "b", "d"));
}

TEST(PageTest, ThePageMayBeDeletedBeforeTheNext) {
  const auto first = Ask({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 2}}, {}, 2);
  EXPECT_THAT(first->keys, ElementsAre("a", "b"));
  const auto second = Ask({{"c", 1}, {"d", 2}}, first->next_token, 2);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_THAT(second->keys, ElementsAre("c", "d"));
  EXPECT_FALSE(second->next_token);
  EXPECT_TRUE(Ask({}, first->next_token, 2)->keys.empty());
}

TEST(PageTest, OneMillisecondIsNoGap) {
  const auto first = Ask({{"b", 5}, {"d", 5}, {"f", 5}}, {}, 2);
  EXPECT_THAT(first->keys, ElementsAre("b", "d"));
  EXPECT_THAT(Ask({{"b", 5}, {"d", 5}, {"e", 5}, {"f", 5}}, first->next_token, 2)->keys,
              ElementsAre("e", "f"));
  EXPECT_THAT(Ask({{"b", 5}, {"f", 5}, {"a", 6}}, first->next_token, 2)->keys,
              ElementsAre("f", "a"));
}

TEST(PageTest, OnlyWhatIsNoTokenIsRefused) {
  const auto encoded = [](std::string_view text) {
    std::string token;
    AppendBase64(token, text);
    return token;
  };
  for (const std::string& wrong :
       {std::string("wrong"), std::string("!"), encoded("abcdefghijkl"), encoded("5"),
        encoded("/a"), encoded("5 a"), encoded("99999999999999999999/a")}) {
    wire::Opt<std::string> token;
    token = wrong;
    const auto page = Ask({{"a", 1}}, token, 2);
    ASSERT_FALSE(page) << wrong;
    EXPECT_EQ(page.error().fault, Fault::kValidation);
    EXPECT_THAT(page.error().message, HasSubstr("nextToken '" + wrong + "'"));
  }
}

}  // namespace
}  // namespace bedplate::services::bedrock
