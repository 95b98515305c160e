#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/grammar/grammar_constraint.h"
#include "engine/grammar/matcher.h"
#include "engine/grammar/testing/notation.h"

namespace bedplate::engine {
namespace {

using grammar_testing::Make;
using Rules = std::vector<grammar_testing::Rule>;

bool Matches(Matcher& matcher, std::string_view text) {
  MatchState state = matcher.Start();
  return matcher.Advance(state, text) && Matcher::MayEnd(state);
}

bool Matches(const Rules& rules, std::string_view text) {
  Matcher matcher(Make(rules));
  return Matches(matcher, text);
}

TEST(Matcher, FollowsAllPossibilitiesAtOnce) {
  // root ::= A "b" | "a" "c" ; A ::= "a" A | ""
  const Rules rules = {{{"Ab"}, {"ac"}}, {{"aA"}, {""}}};
  EXPECT_TRUE(Matches(rules, "b"));
  EXPECT_TRUE(Matches(rules, "ac"));
  EXPECT_TRUE(Matches(rules, "aaab"));
  EXPECT_FALSE(Matches(rules, "aac"));
  EXPECT_FALSE(Matches(rules, "aa"));
  EXPECT_FALSE(Matches(rules, ""));
  EXPECT_FALSE(Matches(rules, "bb"));
}

TEST(Grammar, EitherOfTwoTakesTheTextsOfBoth) {
  const auto letters = Make({{{"aA"}}, {{"b"}, {"@"}}});
  const auto digits = Make({{{"12"}, {"A3"}}, {{"4"}}});
  Matcher matcher(std::make_shared<Grammar>(EitherOf(*letters, *digits)));
  for (const char* text : {"ab", "12", "43"}) EXPECT_TRUE(Matches(matcher, text)) << text;
  for (const char* text : {"", "a3", "a4", "4b", "ab12", "b"}) {
    EXPECT_FALSE(Matches(matcher, text)) << text;
  }
}

TEST(Matcher, NestsAsDeepAsTheText) {
  const Rules rules = {{{"(@)"}, {""}}};  // @ is the rule itself
  const std::string open(50'000, '(');
  const std::string close(50'000, ')');
  EXPECT_TRUE(Matches(rules, open + close));
  EXPECT_FALSE(Matches(rules, open + close + ")"));
}

TEST(Matcher, CharactersArriveByteByByte) {
  Matcher matcher(Make({{{"\u00e9\u4e2d"}}}));
  EXPECT_TRUE(Matches(matcher, "\u00e9\u4e2d"));
  MatchState state = matcher.Start();
  EXPECT_TRUE(matcher.Advance(state, "\xC3"));
  EXPECT_FALSE(Matcher::MayEnd(state));
  EXPECT_FALSE(matcher.Advance(state, "\xA8"));  // another character of that beginning
  EXPECT_TRUE(matcher.Advance(state, "\xA9"));
  EXPECT_FALSE(matcher.Advance(state, "\xE5"));  // no character of the grammar begins so
  EXPECT_TRUE(matcher.Advance(state, "\xE4\xB8\xAD"));
  EXPECT_TRUE(Matcher::MustEnd(state));
}

TEST(Matcher, WhatIsNoCharacterNeverFits) {
  const auto any = std::make_shared<Grammar>(*Make({{{"a@"}, {""}}}));
  any->sets[0].negated = true;
  any->sets[0].ranges.clear();
  for (const std::string text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5", "\xE4x"}) {
    Matcher matcher(any);
    EXPECT_FALSE(Matches(matcher, text)) << ::testing::PrintToString(text);
  }
  Matcher matcher(any);
  EXPECT_TRUE(Matches(matcher, "a\u0080\u07ff\u0800\ud7ff\ue000\U00010000\U0010ffff"));
}

TEST(Matcher, ARuleThatBeginsWithItselfIsGivenUp) {
  Matcher matcher(Make({{{"@a"}, {"b"}}}));
  EXPECT_TRUE(matcher.Start().stacks.empty());
  EXPECT_TRUE(matcher.exhausted());
}

TEST(Matcher, WhatOffersTooManyPossibilitiesIsGivenUp) {
  // Each level has three equal ways to the next: after n characters 3^n stacks.
  Rules rules;
  for (char level = 'A'; level < 'Z'; ++level) {
    const std::string next(1, static_cast<char>(level + 1));
    rules.push_back({{"[" + next + "]"}, {"[" + next + ")"}, {"[" + next + "}"}});
  }
  rules.front() = {{"B"}};
  rules.push_back({{"x"}});
  Matcher matcher(Make(rules));
  MatchState state = matcher.Start();
  EXPECT_TRUE(matcher.Advance(state, "[[["));
  EXPECT_FALSE(matcher.Advance(state, std::string(20, '[')));
  EXPECT_TRUE(matcher.exhausted());
}

TEST(Matcher, WorkIsAllowedByTheToken) {
  Matcher matcher(Make({{{"a@"}, {""}}}));
  MatchState state = matcher.Start();
  const std::string text(1000, 'a');
  for (int token = 0; token < 1000; ++token) {
    matcher.AllowToken();
    ASSERT_TRUE(matcher.Advance(state, text));
  }
  int more = 0;
  while (matcher.Advance(state, text)) ASSERT_LT(++more, 10'000);
  EXPECT_TRUE(matcher.exhausted());
}

// A vocabulary of a few texts; the last token ends an answer, the one before is a control token.
std::shared_ptr<const TokenTexts> Vocabulary(const std::vector<std::string>& texts,
                                             const std::string& control = "<ctl>") {
  std::vector<TokenTexts::Entry> entries;
  for (const std::string& text : texts) entries.push_back({.text = text});
  entries.push_back({.text = control, .control = true});
  entries.push_back({.text = "", .ends = true});
  return std::make_shared<TokenTexts>(std::move(entries));
}

std::vector<TokenId> Allowed(GrammarConstraint& constraint, size_t tokens) {
  std::vector<TokenId> allowed;
  std::vector<float> logits(tokens, 0.0F);
  constraint.Mask(logits);
  for (size_t i = 0; i < tokens; ++i) {
    const auto token = static_cast<TokenId>(i);
    const bool one = constraint.Allows(token);
    EXPECT_EQ(one, std::isfinite(logits[i])) << "token " << i;
    if (one) allowed.push_back(token);
  }
  return allowed;
}

GrammarRule RuleOf(const Rules& rules) { return {.grammar = Make(rules)}; }

using ::testing::ElementsAre;

TEST(GrammarConstraint, MaskAndSingleChecksAgree) {
  const auto tokens = Vocabulary({"a", "ab", "abc", "b", "c", "", "\xC3", "\xC3\xA9"});
  const auto rule = std::make_shared<GrammarRule>(RuleOf({{{"abc\u00e9"}, {"ac"}}}));
  GrammarConstraint constraint(rule, tokens);
  EXPECT_THAT(Allowed(constraint, 10), ElementsAre(0, 1, 2));
  constraint.Accept(0);
  EXPECT_THAT(Allowed(constraint, 10), ElementsAre(3, 4));
  EXPECT_TRUE(constraint.Allows(3));
  constraint.Accept(3);
  constraint.Accept(4);
  EXPECT_THAT(Allowed(constraint, 10), ElementsAre(6, 7));
  constraint.Accept(7);
  EXPECT_THAT(Allowed(constraint, 10), ElementsAre(9));  // the end
}

TEST(GrammarConstraint, ControlTokensCountOnlyWhereTheFormatNeedsThem) {
  const auto tokens = Vocabulary({"x"});
  GrammarRule rule = RuleOf({{{"<ctl>x"}}});
  GrammarConstraint hidden(std::make_shared<GrammarRule>(rule), tokens);
  EXPECT_THAT(Allowed(hidden, 3), ElementsAre());
  rule.shown = {1};
  GrammarConstraint shown(std::make_shared<GrammarRule>(rule), tokens);
  EXPECT_THAT(Allowed(shown, 3), ElementsAre(1));
}

TEST(GrammarConstraint, WaitsForItsTriggerAndChecksWhatIsBehindIt) {
  const auto tokens = Vocabulary({"hi ", "<t", ">{", ">[", "}", "free"});
  GrammarRule rule = RuleOf({{{"<t>{}"}}});
  rule.triggers.push_back("<t>");
  GrammarConstraint constraint(std::make_shared<GrammarRule>(rule), tokens);
  EXPECT_TRUE(constraint.Allows(7));  // it may end without a call
  for (const TokenId token : {0, 5, 1}) {
    EXPECT_TRUE(constraint.Allows(token));
    constraint.Accept(token);
  }
  EXPECT_FALSE(constraint.Allows(3));  // completes the trigger, but with "[" behind it
  EXPECT_TRUE(constraint.Allows(5));   // "<tfree" is no trigger
  constraint.Accept(2);
  EXPECT_THAT(Allowed(constraint, 8), ElementsAre(4));
  constraint.Accept(4);
  EXPECT_THAT(Allowed(constraint, 8), ElementsAre(7));
}

// Tokens 0 to 8, 9 that is a control token, and 10 that ends the answer.
std::shared_ptr<const TokenTexts> CallTokens() {
  return Vocabulary({" {", "\"name\"", " \t", ": \"", "ad", "d\",1", "d\",2", "s\"", "}"});
}

// A call names "add" or "sub"; the grammar takes no space.
GrammarRule CallRule() {
  GrammarRule rule = RuleOf({{{">{\"name\":\"add\",1}"}, {">{\"name\":\"sub\",1}"}}});
  rule.opening = ">";
  rule.head = {{"{"}, {"\"name\""}, {":"}, {"\"add\"", "\"sub\""}};
  return rule;
}

TEST(GrammarConstraint, HoldsAnAnswerThatBeginsWithTheHead) {
  const auto any = ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  GrammarConstraint constraint(std::make_shared<GrammarRule>(CallRule()), CallTokens());
  for (const TokenId token : {0, 2, 1, 2, 3}) {
    EXPECT_THAT(Allowed(constraint, 11), any) << token;
    constraint.Accept(token);
  }
  EXPECT_THAT(Allowed(constraint, 11), any);
  constraint.Accept(4);
  // Whatever is no name of a tool may follow; what completes one goes on rightly.
  EXPECT_THAT(Allowed(constraint, 11), ElementsAre(0, 1, 2, 3, 4, 5, 7, 8, 9, 10));
  EXPECT_TRUE(constraint.Allows(5));
  constraint.Accept(5);
  EXPECT_THAT(Allowed(constraint, 11), ElementsAre(8));
  constraint.Accept(8);
  EXPECT_THAT(Allowed(constraint, 11), ElementsAre(10));
}

TEST(GrammarConstraint, LeavesAnAnswerFreeThatBeginsOtherwise) {
  for (const std::vector<TokenId>& tokens : {std::vector<TokenId>{0, 0, 1},  // { {"name"
                                             {0, 1, 3, 4, 7},                // {"name": "ads"
                                             {0, 1, 8}}) {                   // {"name"}
    GrammarConstraint constraint(std::make_shared<GrammarRule>(CallRule()), CallTokens());
    for (const TokenId token : tokens) {
      EXPECT_TRUE(constraint.Allows(token));
      constraint.Accept(token);
    }
    EXPECT_THAT(Allowed(constraint, 11), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    EXPECT_FALSE(constraint.exhausted());
  }
}

TEST(GrammarConstraint, TriggersMeanNothingWithinReasoning) {
  const auto tokens = Vocabulary({"<think>", "<t>", "no", "</think>", "y"});
  GrammarRule rule = RuleOf({{{"<t>y"}}});
  rule.triggers.push_back("<t>");
  rule.reasoning_start = "<think>";
  rule.reasoning_ends = {"</think>"};
  GrammarConstraint constraint(std::make_shared<GrammarRule>(rule), tokens);
  for (const TokenId token : {0, 1, 2}) {
    EXPECT_TRUE(constraint.Allows(token));
    constraint.Accept(token);
  }
  constraint.Accept(3);
  EXPECT_TRUE(constraint.Allows(2));
  constraint.Accept(1);
  EXPECT_THAT(Allowed(constraint, 7), ElementsAre(4));
}

TEST(GrammarConstraint, WithoutTriggersItBeginsBehindTheReasoning) {
  const auto tokens = Vocabulary({"hm", "</think>", "y"});
  GrammarRule rule = RuleOf({{{"y"}}});
  rule.reasoning_ends = {"</think>"};
  rule.begins_in_reasoning = true;
  GrammarConstraint constraint(std::make_shared<GrammarRule>(rule), tokens);
  EXPECT_THAT(Allowed(constraint, 5), ElementsAre(0, 1, 2, 3));  // but not the end
  constraint.Accept(0);
  constraint.Accept(1);
  EXPECT_THAT(Allowed(constraint, 5), ElementsAre(2));
}

TEST(GrammarConstraint, TheGrammarGoesOnFromTheEndOfThePrompt) {
  const auto tokens = Vocabulary({"a", "b"});
  GrammarRule rule = RuleOf({{{"assistant: b"}}});
  rule.opening = "assistant: ";
  GrammarConstraint constraint(std::make_shared<GrammarRule>(rule), tokens);
  EXPECT_THAT(Allowed(constraint, 4), ElementsAre(1));
}

}  // namespace
}  // namespace bedplate::engine
