#include "engine/server/rank_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/server/token_cut.h"

namespace bedplate::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Wrong(std::string_view body) {
  const auto request = ParseRankRequest(body);
  if (request) return "";
  EXPECT_EQ(request.error().fault, Fault::kValidation);
  return request.error().message;
}

TEST(RankRequest, TakesEveryField) {
  const auto request = ParseRankRequest(
      R"({"model":"m","query":"q","documents":["a","b"],"top_n":1,"truncate":"end",)"
      R"("max_tokens_per_doc":9,"user":"u"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->query, "q");
  EXPECT_THAT(request->documents, ElementsAre("a", "b"));
  EXPECT_EQ(request->results_max, 1U);
  EXPECT_TRUE(request->truncate);
  EXPECT_EQ(request->document_tokens_max, 9U);
  EXPECT_FALSE(ParseRankRequest(R"({"query":"q","documents":["a"]})")->truncate);
}

TEST(RankRequest, MessagesNameTheMemberAndItsValue) {
  EXPECT_THAT(Wrong(R"({"documents":["a"]})"), HasSubstr("query: required"));
  EXPECT_THAT(Wrong(R"({"query":"q"})"), HasSubstr("documents: required"));
  EXPECT_THAT(Wrong(R"({"query":"q","documents":[]})"),
              HasSubstr("documents: expected at least one string, got []"));
  EXPECT_THAT(Wrong(R"({"query":"q","documents":["a",7]})"), HasSubstr("expected strings, got 7"));
  EXPECT_THAT(Wrong(R"({"query":"q","documents":["a"],"top_n":0})"), HasSubstr("top_n: expected"));
  EXPECT_THAT(Wrong(R"({"query":"q","documents":["a"],"truncate":"start"})"),
              HasSubstr("truncate: expected none or end, got \"start\""));
  EXPECT_THAT(Wrong(R"({"query":"q","documents":["a"],"max_tokens_per_doc":3})"),
              HasSubstr("max_tokens_per_doc: it belongs to"));
  EXPECT_THAT(Wrong(R"({"query":"q","documents":["a"],"return_documents":true})"),
              HasSubstr("return_documents: the engine knows no such field"));
}

TEST(RankRequest, TheBestComeFirst) {
  const std::vector<float> scores = {-1.5F, 2, -1.5F};
  EXPECT_EQ(WriteRanking(scores, false, std::nullopt, "m", 7),
            R"({"object":"list","model":"m","score_kind":"logit","results":[)"
            R"({"index":1,"relevance_score":2},{"index":0,"relevance_score":-1.5},)"
            R"({"index":2,"relevance_score":-1.5}],"usage":{"prompt_tokens":7,"total_tokens":7}})");
  EXPECT_THAT(WriteRanking(scores, true, 1, "m", 7),
              HasSubstr(R"("probability","results":[{"index":1,"relevance_score":2}],)"));
}

std::vector<TokenId> Cut(size_t most, Truncation truncation) {
  std::vector<TokenId> tokens = {101, 1, 2, 3, 4, 102};
  CutTokens(tokens, most, 1, 1, truncation);
  return tokens;
}

TEST(CutTokens, KeepsWhatStandsAroundTheText) {
  EXPECT_THAT(Cut(4, Truncation::kStart), ElementsAre(101, 3, 4, 102));
  EXPECT_THAT(Cut(4, Truncation::kEnd), ElementsAre(101, 1, 2, 102));
  EXPECT_THAT(Cut(4, Truncation::kNone), ElementsAre(101, 1, 2, 3, 4, 102));
  EXPECT_THAT(Cut(6, Truncation::kEnd), ElementsAre(101, 1, 2, 3, 4, 102));
}

TEST(CutText, EndsOnAWholeCharacter) {
  const std::string text = "a\u00e9\u20acz";  // 1, 2, 3 and 1 bytes
  const auto within = [&](size_t bytes) {
    return CutText(text, [&](std::string_view part) { return part.size() <= bytes; });
  };
  EXPECT_EQ(within(0), "");
  EXPECT_EQ(within(1), "a");
  EXPECT_EQ(within(2), "a");
  EXPECT_EQ(within(3), "a\u00e9");
  EXPECT_EQ(within(5), "a\u00e9");
  EXPECT_EQ(within(6), "a\u00e9\u20ac");
  EXPECT_EQ(within(7), text);
  EXPECT_EQ(within(99), text);
}

}  // namespace
}  // namespace bedplate::engine
