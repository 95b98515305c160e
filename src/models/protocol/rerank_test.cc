#include "models/protocol/rerank.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

// What two results become, behind other members of the answer.
std::vector<double> Scores(double first, double second, std::string_view members = "") {
  auto ranking =
      ReadRanking(fmt::format(R"({{"results":[{{"index":1,"relevance_score":{}}},)"
                              R"({{"index":0,"relevance_score":{},"document":{{"text":"a"}}}}],)"
                              R"("usage":{{"total_tokens":7}}{}}})",
                              second, first, members),
                  2);
  return ranking ? ranking->scores : std::vector<double>();
}

TEST(Rerank, WritesWhatEachServerTakes) {
  const RerankRequest request{
      .query = "q", .documents = {"a", "b"}, .truncate = true, .document_tokens_max = 5};
  EXPECT_EQ(WriteRerankRequest(request, "m", false),
            R"({"model":"m","query":"q","documents":["a","b"]})");
  EXPECT_EQ(WriteRerankRequest(request, "m", true),
            R"({"model":"m","query":"q","documents":["a","b"],"truncate":"end",)"
            R"("max_tokens_per_doc":5})");
  EXPECT_EQ(WriteRerankRequest({.query = "q", .documents = {"a"}}, "m", true),
            R"({"model":"m","query":"q","documents":["a"]})");
}

TEST(Rerank, ScoresLieBetweenZeroAndOne) {
  // As they are, where they are so.
  EXPECT_THAT(Scores(0.25, 0.75), ElementsAre(0.25, 0.75));
  // Logits, because one can be nothing else.
  EXPECT_THAT(Scores(0, 2), ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.880797078, 1e-9)));
  EXPECT_THAT(Scores(-2, 0.5),
              ElementsAre(DoubleNear(0.119202922, 1e-9), DoubleNear(0.622459331, 1e-9)));
  // Logits, because llama-server sends no others.
  EXPECT_THAT(Scores(0, 0.5, R"(,"object":"list")"),
              ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.622459331, 1e-9)));
  // What the server says counts.
  EXPECT_THAT(Scores(0.25, 0.75, R"(,"object":"list","score_kind":"probability")"),
              ElementsAre(0.25, 0.75));
  EXPECT_THAT(Scores(0, 0.5, R"(,"score_kind":"logit")"),
              ElementsAre(DoubleNear(0.5, 1e-9), DoubleNear(0.622459331, 1e-9)));
}

TEST(Rerank, CountsTokens) {
  const std::string result = R"({"results":[{"index":0,"relevance_score":0.5}],"usage":)";
  EXPECT_EQ(ReadRanking(result + R"({"total_tokens":7}})", 1)->prompt_tokens, 7);
  EXPECT_EQ(ReadRanking(result + R"({"prompt_tokens":6,"total_tokens":7}})", 1)->prompt_tokens, 6);
}

TEST(Rerank, RefusesWhatIsNone) {
  for (const char* body :
       {"", "{}", R"({"results":[],"usage":{"total_tokens":1}})",
        R"({"results":[{"index":0,"relevance_score":1}]})",
        R"({"results":[{"index":1,"relevance_score":1}],"usage":{"total_tokens":1}})",
        R"({"results":[{"index":-1,"relevance_score":1}],"usage":{"total_tokens":1}})",
        R"({"results":[{"index":0}],"usage":{"total_tokens":1}})",
        R"({"results":[{"index":0,"relevance_score":"1"}],"usage":{"total_tokens":1}})",
        R"({"results":[{"index":0,"relevance_score":1},{"index":0,"relevance_score":1}],)"
        R"("usage":{"total_tokens":1}})"}) {
    auto ranking = ReadRanking(body, 1);
    ASSERT_FALSE(ranking) << body;
    EXPECT_EQ(ranking.error().fault, Fault::kModelError);
    EXPECT_THAT(ranking.error().message, HasSubstr("can't be read"));
  }
}

}  // namespace
}  // namespace bedplate::models
