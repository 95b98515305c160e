#include "wire/uri.h"

#include <gtest/gtest.h>

#include <string>

namespace bedplate::wire {
namespace {

std::string Decoded(std::string_view text, bool plus_is_space = false) {
  std::string out;
  return AppendPercentDecoded(out, text, plus_is_space) ? out : "refused";
}

TEST(Uri, SplitsATarget) {
  EXPECT_EQ(SplitTarget("/a/b?c=d?e#f").path, "/a/b");
  EXPECT_EQ(SplitTarget("/a/b?c=d?e#f").query, "c=d?e");
  EXPECT_EQ(SplitTarget("/a").query, "");
}

TEST(Uri, DecodesOnce) {
  EXPECT_EQ(Decoded("a%2Fb%252F%C3%a9+"), "a/b%2F\u00e9+");
  EXPECT_EQ(Decoded("a+b%2B", true), "a b+");
  for (const char* text : {"%", "%1", "a%zz", "%%20"}) EXPECT_EQ(Decoded(text), "refused") << text;
}

TEST(Uri, WalksParameters) {
  QueryParameters walk("a=1&&b&c=x=y&=z&");
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.raw_name(), "a");
  EXPECT_EQ(walk.raw_value(), "1");
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.raw_name(), "b");
  EXPECT_FALSE(walk.has_value());
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.raw_value(), "x=y");
  ASSERT_TRUE(walk.Next());
  EXPECT_EQ(walk.raw_name(), "");
  EXPECT_FALSE(walk.Next());
  EXPECT_EQ(FindParameter("a=1&b=2&b=3", "b"), "2");
  EXPECT_EQ(FindParameter("a=1", "b"), std::nullopt);
}

}  // namespace
}  // namespace bedplate::wire
