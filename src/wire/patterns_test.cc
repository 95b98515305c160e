#include "wire/patterns.h"

#include <gtest/gtest.h>

#include <string>

namespace bedplate::wire {
namespace {

TEST(Patterns, TheWholeTextMustMatch) {
  static constexpr Constraint kName{.pattern = "[a-z]+", .re2_pattern = "[a-z]+"};
  EXPECT_TRUE(MatchesPattern(kName, "abc"));
  EXPECT_FALSE(MatchesPattern(kName, "abc1"));
  EXPECT_FALSE(MatchesPattern(kName, ""));
  EXPECT_FALSE(MatchesPattern(kName, std::string_view("abc\0", 4)));
}

TEST(Patterns, NoneIsNoConstraint) {
  static constexpr Constraint kNone{.min = 1};
  EXPECT_TRUE(MatchesPattern(kNone, "anything"));
}

TEST(Patterns, TellsWhatDoesNotCompile) {
  static constexpr Constraint kLookAhead{.pattern = "(?!a)b", .re2_pattern = "(?!a)b"};
  EXPECT_FALSE(PatternCompiles(kLookAhead));
}

// Java would take time exponential in the length.
TEST(Patterns, TimeIsLinear) {
  static constexpr Constraint kNested{.pattern = "(a+)+b", .re2_pattern = "(a+)+b"};
  EXPECT_FALSE(MatchesPattern(kNested, std::string(100'000, 'a')));
}

}  // namespace
}  // namespace bedplate::wire
