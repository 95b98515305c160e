#include "net/http.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/reactors.h"

namespace bedplate::net {
namespace {

TEST(Headers, FindsAnyCaseAndKeepsOrder) {
  Headers headers{{"Content-Type", "text/plain"}, {"X-Tag", "one"}};
  headers.Add("x-tag", "two");
  EXPECT_EQ(headers.Find("CONTENT-TYPE"), "text/plain");
  EXPECT_EQ(headers.Find("x-tag"), "one");
  EXPECT_FALSE(headers.Find("x-ta"));
  std::vector<std::string> seen;
  for (const auto& [name, value] : headers)
    seen.push_back(std::string(name) + "=" + std::string(value));
  EXPECT_EQ(seen, (std::vector<std::string>{"content-type=text/plain", "x-tag=one", "x-tag=two"}));
}

TEST(Headers, SetReplacesAllOfAName) {
  Headers headers{{"a", "1"}, {"b", "2"}, {"A", "3"}};
  headers.Set("a", "4");
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers[0].name, "b");
  EXPECT_EQ(headers.Find("a"), "4");
  headers.Remove("B");
  EXPECT_FALSE(headers.Has("b"));
  headers.Clear();
  EXPECT_TRUE(headers.empty());
}

TEST(Headers, CopiesDoNotShareText) {
  Headers first{{"name", "value"}};
  const Headers copy = first;
  first.Set("name", "other");
  EXPECT_EQ(copy.Find("name"), "value");
}

class Pieces final : public BodyReader {
 public:
  explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  Task<Result<std::string_view>> Next() override {
    if (next_ == pieces_.size()) co_return std::string_view();
    co_return pieces_[next_++];
  }

 private:
  std::vector<std::string> pieces_;
  size_t next_ = 0;
};

TEST(ReadAll, JoinsAndRefusesOneByteTooMany) {
  Reactors reactors({.threads = 1});
  Pieces exact({"abc", "def"});
  EXPECT_EQ(reactors.Run(0, ReadAll(exact, 6)).value(), "abcdef");
  Pieces longer({"abc", "defg"});
  const auto refused = reactors.Run(0, ReadAll(longer, 6));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kValidation);
  EXPECT_EQ(refused.error().message, "The body is longer than 6 bytes");
}

}  // namespace
}  // namespace bedplate::net
