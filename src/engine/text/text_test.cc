#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/text/stop_matcher.h"
#include "engine/text/utf8_gate.h"

namespace bedplate::engine {
namespace {

// Feeds `bytes` in pieces of the given sizes (repeating), returns what comes out.
std::string Gate(std::string_view bytes, const std::vector<size_t>& sizes) {
  Utf8Gate gate;
  std::string out;
  for (size_t at = 0, i = 0; at < bytes.size(); ++i) {
    const size_t size = std::min(sizes[i % sizes.size()], bytes.size() - at);
    gate.Feed(bytes.substr(at, size), out);
    at += size;
  }
  return out;
}

TEST(Utf8Gate, HoldsACharacterUntilItIsWhole) {
  Utf8Gate gate;
  std::string out;
  gate.Feed("a\xF0\x9F", out);
  EXPECT_EQ(out, "a");
  EXPECT_TRUE(gate.holds_part());
  gate.Feed("\x98", out);
  EXPECT_EQ(out, "a");
  gate.Feed("\x80z", out);
  EXPECT_EQ(out, "a\xF0\x9F\x98\x80z");
  EXPECT_FALSE(gate.holds_part());
}

TEST(Utf8Gate, ReplacesWhatCanBeNoCharacter) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(Gate("\x80", {1}), r);
  EXPECT_EQ(Gate("\xC0\x80", {1}), r + r);  // an overlong NUL
  EXPECT_EQ(Gate("\xE2\x82"
                 "a",
                 {1}),
            r + "a");                               // cut short: one replacement
  EXPECT_EQ(Gate("\xED\xA0\x80", {1}), r + r + r);  // a surrogate
  EXPECT_EQ(Gate("\xF4\x90\x80\x80", {1}), r + r + r + r);
  EXPECT_EQ(Gate("\xFF"
                 "b",
                 {2}),
            r + "b");
}

TEST(Utf8Gate, TheCutsDoNotMatter) {
  const std::string text =
      "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80 \xE2\x82 \xF0\x9F\x98 \x80 end";
  const std::string whole = Gate(text, {text.size()});
  for (size_t a = 1; a < 6; ++a) {
    for (size_t b = 1; b < 6; ++b) EXPECT_EQ(Gate(text, {a, b}), whole);
  }
}

struct Outcome {
  std::string shown;
  size_t stop = StopMatcher::kNone;
  bool operator==(const Outcome&) const = default;
};

Outcome Match(std::string_view text, const std::vector<std::string>& stops, std::mt19937* cuts) {
  StopMatcher matcher(stops);
  Outcome outcome;
  while (!text.empty()) {
    const size_t size = std::min<size_t>(text.size(), cuts != nullptr ? 1 + (*cuts)() % 5 : 1);
    outcome.stop = matcher.Feed(text.substr(0, size), outcome.shown);
    if (outcome.stop != StopMatcher::kNone) return outcome;
    text.remove_prefix(size);
  }
  matcher.Finish(outcome.shown);
  return outcome;
}

TEST(StopMatcher, StopsAcrossPieces) {
  StopMatcher matcher({"\n\nHuman:", "END"});
  std::string out;
  EXPECT_EQ(matcher.Feed("hello\n", out), StopMatcher::kNone);
  EXPECT_EQ(out, "hello");
  EXPECT_EQ(matcher.Feed("\nHum", out), StopMatcher::kNone);
  EXPECT_EQ(out, "hello");
  EXPECT_EQ(matcher.Feed("an: and more", out), 0U);
  EXPECT_EQ(out, "hello");
}

TEST(StopMatcher, LetsOutWhatTurnedOutToBeNone) {
  StopMatcher matcher({"\n\nHuman:"});
  std::string out;
  EXPECT_EQ(matcher.Feed("a\n\nHum", out), StopMatcher::kNone);
  EXPECT_EQ(out, "a");
  EXPECT_EQ(matcher.Feed("ble\n", out), StopMatcher::kNone);
  EXPECT_EQ(out, "a\n\nHumble");
  matcher.Finish(out);
  EXPECT_EQ(out, "a\n\nHumble\n");
}

TEST(StopMatcher, OverlappingStartsAreNotMissed) {
  EXPECT_EQ(Match("aaab", {"aab"}, nullptr), (Outcome{"a", 0}));
  EXPECT_EQ(Match("xabcabcd", {"abcd"}, nullptr), (Outcome{"xabc", 0}));
}

TEST(StopMatcher, TheFirstCompleteOneWinsThenTheLongest) {
  EXPECT_EQ(Match("say stop now", {"stop now", "op"}, nullptr), (Outcome{"say st", 1}));
  EXPECT_EQ(Match("say stop", {"op", "stop"}, nullptr), (Outcome{"say ", 1}));
}

TEST(StopMatcher, TheCutsDoNotMatter) {
  std::mt19937 random(5);
  const std::vector<std::vector<std::string>> lists = {
      {"ab"}, {"aab", "ba"}, {"abab", "bb", "a\n"}, {"aaaa", "bab", "\n\n"}};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += "ab\n"[random() % 3];
    const auto& stops = lists[random() % lists.size()];
    EXPECT_EQ(Match(text, stops, &random), Match(text, stops, nullptr)) << text;
  }
}

}  // namespace
}  // namespace bedplate::engine
