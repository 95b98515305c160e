#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/json/value.h"
#include "models/formats/native_format.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<NativeEmbeddingsPtr> ReadV3(std::string_view body) {
  return FindFormat("cohere-embed-v3")->read_embeddings(body);
}

Result<NativeEmbeddingsPtr> ReadV4(std::string_view body) {
  return FindFormat("cohere-embed-v4")->read_embeddings(body);
}

std::string RefusalOf(const Result<NativeEmbeddingsPtr>& read) {
  if (read) return "";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

// The answer without its id, which is new each time.
std::string Written(const Result<NativeEmbeddingsPtr>& read,
                    std::vector<std::vector<float>> vectors) {
  if (!read) return read.error().message;
  auto answer =
      json::Value::Parse((*read)->WriteAnswer({.vectors = std::move(vectors), .prompt_tokens = 4}));
  if (!answer) return answer.error().message;
  const std::string* id = answer->Find("id")->AsString();
  EXPECT_TRUE(id != nullptr && id->size() == 36);
  answer->Set("id", "-");
  return answer->ToJson();
}

TEST(CohereEmbed, ReadsEveryMemberOfV3) {
  auto read = ReadV3(R"({"texts":["Hi",""],"input_type":"search_query","truncate":"START",)"
                     R"("embedding_types":["float"]})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT((*read)->request().texts, ElementsAre("Hi", ""));
  EXPECT_TRUE((*read)->request().normalize);
  EXPECT_EQ((*read)->request().truncation, Truncation::kStart);
  EXPECT_EQ((*ReadV3(R"({"texts":["Hi"],"input_type":"clustering"})"))->request().truncation,
            Truncation::kNone);
  EXPECT_TRUE((*read)->CheckDimensions(384));
}

TEST(CohereEmbed, AnswersWithFloatsUnlessTypesAreNamed) {
  const std::string body = R"({"texts":["a","b"],"input_type":"search_document")";
  EXPECT_EQ(Written(ReadV3(body + "}"), {{0.6f, -0.8f}, {1, 0}}),
            R"({"id":"-","response_type":"embeddings_floats",)"
            R"("embeddings":[[0.6,-0.8],[1,0]],"texts":["a","b"]})");
  EXPECT_EQ(Written(ReadV3(body + R"(,"embedding_types":["float"]})"), {{0.6f, -0.8f}, {1, 0}}),
            R"({"id":"-","response_type":"embeddings_by_type",)"
            R"("embeddings":{"float":[[0.6,-0.8],[1,0]]},"texts":["a","b"]})");
}

TEST(CohereEmbed, TypesAreComputedFromTheVector) {
  const auto typed = [](std::string_view type, std::vector<float> vector) {
    const std::string answer = Written(
        ReadV3(fmt::format(
            R"({{"texts":["a"],"input_type":"classification","embedding_types":["{}"]}})", type)),
        {std::move(vector)});
    const size_t begin = answer.find("[[") + 1;
    return answer.substr(begin, answer.find("]]") + 1 - begin);
  };
  // The sign bits 1010 0001 1.
  const std::vector<float> nine = {0.5f, -0.5f, 0.5f, 0, -0.5f, 0, 0, 0.25f, 0.1f};
  EXPECT_EQ(typed("ubinary", nine), "[161,128]");
  EXPECT_EQ(typed("binary", nine), "[33,0]");
  EXPECT_EQ(typed("int8", {1, -1, 0, 0.5f}), "[127,-127,0,64]");
  EXPECT_EQ(typed("uint8", {1, -1, 0, 0.5f}), "[255,1,128,192]");
  // Of 256 values the range is half: what is beyond it is cut.
  std::vector<float> many(256, 0);
  many[0] = 0.25f;
  many[1] = -0.75f;
  EXPECT_THAT(typed("int8", many), testing::StartsWith("[64,-127,0,"));
}

TEST(CohereEmbed, SeveralTypesComeTogetherAndOnce) {
  EXPECT_EQ(Written(ReadV3(R"({"texts":["a"],"input_type":"clustering",)"
                           R"("embedding_types":["ubinary","int8","ubinary"]})"),
                    {{1}}),
            R"({"id":"-","response_type":"embeddings_by_type",)"
            R"("embeddings":{"ubinary":[[128]],"int8":[[127]]},"texts":["a"]})");
}

TEST(CohereEmbed, RefusesInTheServicesWords) {
  EXPECT_EQ(
      RefusalOf(ReadV3("{}")),
      "Malformed input request: #: required key [input_type] not found#: required key [texts] "
      "not found, please reformat your input and try again.");
  const auto with = [](std::string_view members) {
    return RefusalOf(
        ReadV3(fmt::format(R"({{"texts":["a"],"input_type":"search_query"{}}})", members)));
  };
  EXPECT_EQ(with(""), "");
  EXPECT_THAT(with(R"(,"truncate":"LEFT")"), HasSubstr("#/truncate: LEFT is not a valid enum"));
  EXPECT_THAT(with(R"(,"embedding_types":["float16"])"),
              HasSubstr("#/embedding_types/0: float16 is not a valid enum value"));
  EXPECT_THAT(with(R"(,"embedding_types":[])"), HasSubstr("minimum item count: 1, found: 0"));
  EXPECT_THAT(with(R"(,"output_dimension":256)"),
              HasSubstr("extraneous key [output_dimension] is not permitted"));
  EXPECT_THAT(RefusalOf(ReadV3(R"({"texts":["a"],"input_type":"query"})")),
              HasSubstr("#/input_type: query is not a valid enum value"));
  EXPECT_THAT(RefusalOf(ReadV3(R"({"texts":["a",5],"input_type":"search_query"})")),
              HasSubstr("#/texts/1: expected type: String, found: Integer"));
  EXPECT_THAT(RefusalOf(ReadV3(R"({"texts":[],"input_type":"search_query"})")),
              HasSubstr("#/texts: expected minimum item count: 1, found: 0"));
  EXPECT_THAT(
      RefusalOf(ReadV3(R"({"images":["data:image/png;base64,aGk="],"input_type":"image"})")),
      HasSubstr("#/images: the model that answers here makes embeddings of text alone"));
}

TEST(CohereEmbed, BoundsTextsAsCohereDoes) {
  const auto texts = [](size_t count, size_t length) {
    std::string body = R"({"input_type":"search_document","texts":[)";
    for (size_t i = 0; i < count; ++i) {
      body += fmt::format("{}\"{}\"", i == 0 ? "" : ",", std::string(length, 'x'));
    }
    return body + "]}";
  };
  EXPECT_TRUE(ReadV3(texts(96, 2048)));
  EXPECT_THAT(RefusalOf(ReadV3(texts(97, 1))),
              HasSubstr("#/texts: expected maximum item count: 96, found: 97"));
  EXPECT_THAT(RefusalOf(ReadV3(texts(2, 2049))),
              HasSubstr("#/texts/0: expected maxLength: 2048, actual: 2049"));
  EXPECT_TRUE(ReadV4(texts(1, 2049)));
}

TEST(CohereEmbed, V4BoundsTokensAndDimensions) {
  auto read = ReadV4(R"({"texts":["a"],"input_type":"search_query","truncate":"RIGHT",)"
                     R"("max_tokens":100,"output_dimension":256})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->request().truncation, Truncation::kEnd);
  EXPECT_EQ((*read)->request().tokens_max, 100);
  EXPECT_TRUE((*read)->CheckDimensions(256));
  EXPECT_THAT((*read)->CheckDimensions(384).error().message,
              HasSubstr("#/output_dimension: 256 is not a valid enum value"));
  // As many as v4 itself takes bounds nothing.
  auto all = ReadV4(R"({"texts":["a"],"input_type":"search_query","max_tokens":128000})");
  EXPECT_EQ((*all)->request().tokens_max, 0);
  EXPECT_THAT(RefusalOf(ReadV4(R"({"texts":["a"],"input_type":"search_query","max_tokens":0})")),
              HasSubstr("#/max_tokens: 0 is not greater or equal to 1"));
}

TEST(CohereEmbed, V4AnswersByTypeThoughNoneIsNamed) {
  const std::string body = R"({"texts":["a"],"input_type":"search_query")";
  const std::string unnamed = Written(ReadV4(body + "}"), {{0.6f, -0.8f}});
  EXPECT_EQ(unnamed, R"({"id":"-","response_type":"embeddings_by_type",)"
                     R"("embeddings":{"float":[[0.6,-0.8]]},"texts":["a"]})");
  EXPECT_EQ(unnamed, Written(ReadV4(body + R"(,"embedding_types":["float"]})"), {{0.6f, -0.8f}}));
}

TEST(CohereEmbed, V4TakesInputsOfSeveralTexts) {
  const std::string inputs =
      R"([{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])";
  auto read = ReadV4(R"({"input_type":"search_document","inputs":)" + inputs + "}");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT((*read)->request().texts, ElementsAre("a\nb"));
  EXPECT_EQ(Written(read, {{1}}), R"({"id":"-","response_type":"embeddings_by_type",)"
                                  R"("embeddings":{"float":[[1]]},"inputs":)" +
                                      inputs + "}");
  EXPECT_THAT(
      RefusalOf(ReadV4(R"({"input_type":"search_document","inputs":[{"content":[)"
                       R"({"type":"image_url","image_url":"data:image/png;base64,aGk="}]}]})")),
      HasSubstr("#/inputs/0/content/0/type: the model that answers here makes embeddings of text"));
  EXPECT_THAT(RefusalOf(ReadV4(R"({"input_type":"search_document","texts":["a"],"inputs":)" +
                               inputs + "}")),
              HasSubstr("#/inputs: only one of texts and inputs is permitted"));
  EXPECT_THAT(RefusalOf(ReadV4(R"({"input_type":"search_document","inputs":[{"content":[]}]})")),
              HasSubstr("#/inputs/0/content: expected minimum item count: 1, found: 0"));
}

}  // namespace
}  // namespace bedplate::models
