#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/formats/native_format.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<NativeRanking> ReadCohere(std::string_view members) {
  return FindFormat("cohere-rerank")
      ->read_ranking(fmt::format(R"({{"query":"q","documents":["a","b"]{}}})", members));
}

std::string RefusalOf(const Result<NativeRanking>& read) {
  if (read) return "";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

TEST(Rerank, ReadsEveryMemberOfCoheres) {
  auto read = ReadCohere(R"(,"top_n":1,"api_version":2,"max_tokens_per_doc":64)");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->request.query, "q");
  EXPECT_THAT(read->request.documents, ElementsAre("a", "b"));
  EXPECT_TRUE(read->request.truncate);
  EXPECT_EQ(read->request.document_tokens_max, 64);
  EXPECT_EQ(read->results_max, 1);
  EXPECT_EQ(ReadCohere(R"(,"api_version":2)")->request.document_tokens_max, 4096);
}

TEST(Rerank, AmazonsHasNoVersionAndNeverTruncates) {
  const auto read = FindFormat("amazon-rerank")->read_ranking;
  auto asked = read(R"({"query":"q","documents":["a"],"top_n":3})");
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_FALSE(asked->request.truncate);
  EXPECT_EQ(asked->results_max, 3);
  EXPECT_THAT(RefusalOf(read(R"({"query":"q","documents":["a"],"api_version":2})")),
              HasSubstr("extraneous key [api_version] is not permitted"));
}

TEST(Rerank, RefusesInTheServicesWords) {
  EXPECT_EQ(RefusalOf(FindFormat("cohere-rerank")->read_ranking("{}")),
            "Malformed input request: #: required key [query] not found#: required key [documents] "
            "not found#: required key [api_version] not found, please reformat your input and try "
            "again.");
  EXPECT_THAT(RefusalOf(ReadCohere(R"(,"api_version":1)")),
              HasSubstr("#/api_version: 1 is not greater or equal to 2"));
  EXPECT_THAT(RefusalOf(ReadCohere(R"(,"api_version":2,"top_n":0)")),
              HasSubstr("#/top_n: 0 is not greater or equal to 1"));
  const auto amazon = FindFormat("amazon-rerank")->read_ranking;
  EXPECT_THAT(RefusalOf(amazon(R"({"query":"","documents":["a"]})")),
              HasSubstr("#/query: expected minLength: 1, actual: 0"));
  EXPECT_THAT(RefusalOf(amazon(R"({"query":"q","documents":[]})")),
              HasSubstr("#/documents: expected minimum item count: 1, found: 0"));
  EXPECT_THAT(RefusalOf(amazon(R"({"query":"q","documents":["a",{"text":"b"}]})")),
              HasSubstr("#/documents/1: expected type: String, found: JSONObject"));
  std::string many = R"({"query":"q","documents":["a")";
  for (int i = 0; i < 1000; ++i) many += R"(,"a")";
  EXPECT_THAT(RefusalOf(amazon(many + "]}")),
              HasSubstr("#/documents: expected maximum item count: 1000, found: 1001"));
}

TEST(Rerank, TheBestComeFirst) {
  const Ranking ranking{.scores = {0.25, 0.75, 0.25, 0.5}, .prompt_tokens = 9};
  EXPECT_EQ(WriteRankingAnswer({}, ranking),
            R"({"results":[{"index":1,"relevance_score":0.75},{"index":3,"relevance_score":0.5},)"
            R"({"index":0,"relevance_score":0.25},{"index":2,"relevance_score":0.25}]})");
  EXPECT_EQ(WriteRankingAnswer({.results_max = 1}, ranking),
            R"({"results":[{"index":1,"relevance_score":0.75}]})");
  EXPECT_EQ(WriteRankingAnswer({.results_max = 9}, ranking), WriteRankingAnswer({}, ranking));
}

}  // namespace
}  // namespace bedplate::models
