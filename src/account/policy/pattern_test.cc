// What the cases cannot say in JSON, and that no action is passed over which a pattern names.
#include "account/policy/pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "account/policy/text.h"

namespace bedplate::account::policy {
namespace {

TEST(Pattern, TakesNoWildcardsFromBytesThatAreNoUtf8) {
  const Pattern pattern("arn:aws:s3:::team/${aws:PrincipalTag/folder}/x", true);
  for (const std::string_view value : {"\xFF", "a\xFE", "\xFF\xFF"}) {
    Context context;
    context.Set("aws:PrincipalTag/folder", std::string(value));
    EXPECT_FALSE(pattern.Expand(context));
  }
  Context context;
  context.Set("aws:PrincipalTag/folder", "\xC3\xA9*");
  const auto form = pattern.Expand(context);
  ASSERT_TRUE(form);
  EXPECT_TRUE(Matches(*form, "arn:aws:s3:::team/\xC3\xA9*/x"));
  EXPECT_FALSE(Matches(*form, "arn:aws:s3:::team/\xC3\xA9y/x"));
}

TEST(Pattern, KnowsWhatItsTextsBeginWith) {
  EXPECT_EQ(Pattern("arn:aws:s3:::a*", true).prefix(), "arn:aws:s3:::a");
  EXPECT_EQ(Pattern("arn:aws:s3:::${a:b}?", true).prefix(), "arn:aws:s3:::");
  EXPECT_EQ(Pattern("a${*}b", true).prefix(), "a*b");
  EXPECT_EQ(Pattern("a${*}b", false).prefix(), "a${");
  EXPECT_EQ(Pattern("*", true).prefix(), "");
  EXPECT_EQ(Pattern("plain", true).prefix(), "plain");
}

TEST(ServiceBit, IsSharedByEveryActionThatAPatternNames) {
  constexpr int kRounds = 50'000;
  std::mt19937 random(7);
  const auto make = [&](std::string_view letters) {
    std::string text;
    for (size_t i = 1 + random() % 4; i > 0; --i) text += letters[random() % letters.size()];
    return text;
  };
  int named = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string pattern = make("aB:*?");
    const std::string action = make("Ab") + ":" + make("ab");
    if (!MatchesIgnoringCase(Pattern(pattern, false).form(), action)) continue;
    ++named;
    ASSERT_NE(ServiceBit(pattern) & ServiceBit(action), 0U) << pattern << " " << action;
  }
  EXPECT_GT(named, kRounds / 100);
  EXPECT_EQ(ServiceBit("s3:GetObject"), ServiceBit("S3:*"));
  EXPECT_NE(ServiceBit("s3:GetObject"), ServiceBit("bedrock:InvokeModel"));
}

}  // namespace
}  // namespace bedplate::account::policy
