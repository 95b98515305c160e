#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/formats/native_format.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<NativeEmbeddingsPtr> ReadTitan(std::string_view body) {
  return FindFormat("amazon-titan-embeddings-v2")->read_embeddings(body);
}

std::string Written(std::string_view body, std::vector<float> values) {
  auto titan = ReadTitan(body);
  if (!titan) return titan.error().message;
  return (*titan)->WriteAnswer({.vectors = {std::move(values)}, .prompt_tokens = 4});
}

std::string TitanRefusal(std::string_view body) {
  auto read = ReadTitan(body);
  if (read) return "";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

TEST(TitanEmbeddings, ReadsEveryMember) {
  auto titan = ReadTitan(
      R"({"inputText":"Hi","dimensions":384,"normalize":false,"embeddingTypes":["binary"]})");
  ASSERT_TRUE(titan) << titan.error().message;
  EXPECT_THAT((*titan)->request().texts, ElementsAre("Hi"));
  EXPECT_FALSE((*titan)->request().normalize);
  auto plain = ReadTitan(R"({"inputText":"Hi"})");
  EXPECT_TRUE((*plain)->request().normalize);
}

TEST(TitanEmbeddings, HoldsTheModelToTheDimensionsAskedFor) {
  auto titan = ReadTitan(R"({"inputText":"Hi","dimensions":256})");
  EXPECT_TRUE((*titan)->CheckDimensions(256));
  const auto other = (*titan)->CheckDimensions(384);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().fault, Fault::kValidation);
  EXPECT_THAT(other.error().message, HasSubstr("#/dimensions: 256 is not a valid enum value"));
  EXPECT_TRUE((*ReadTitan(R"({"inputText":"Hi"})"))->CheckDimensions(384));
}

TEST(TitanEmbeddings, TheFirstOneHasTheTextAlone) {
  const auto read = FindFormat("amazon-titan-embeddings")->read_embeddings;
  auto titan = read(R"({"inputText":"Hi"})");
  ASSERT_TRUE(titan) << titan.error().message;
  EXPECT_THAT((*titan)->request().texts, ElementsAre("Hi"));
  EXPECT_TRUE((*titan)->CheckDimensions(384));
  EXPECT_EQ((*titan)->WriteAnswer({.vectors = {{0.6f, -0.8f}}, .prompt_tokens = 4}),
            R"({"embedding":[0.6,-0.8],"inputTextTokenCount":4})");
  EXPECT_THAT(read(R"({"inputText":"Hi","dimensions":256})").error().message,
              HasSubstr("#: extraneous key [dimensions] is not permitted"));
  EXPECT_THAT(read("{}").error().message, HasSubstr("required key [inputText] not found"));
}

TEST(TitanMultimodalEmbeddings, ReadsTextAndLength) {
  const auto read = FindFormat("amazon-titan-multimodal-embeddings")->read_embeddings;
  auto titan = read(R"({"inputText":"Hi","embeddingConfig":{"outputEmbeddingLength":256}})");
  ASSERT_TRUE(titan) << titan.error().message;
  EXPECT_TRUE((*titan)->CheckDimensions(256));
  EXPECT_THAT((*titan)->CheckDimensions(384).error().message,
              HasSubstr("#/embeddingConfig/outputEmbeddingLength: 256 is not a valid enum value"));
  EXPECT_EQ((*titan)->WriteAnswer({.vectors = {{0.6f, -0.8f}}, .prompt_tokens = 4}),
            R"({"embedding":[0.6,-0.8],"inputTextTokenCount":4,"message":null})");
  EXPECT_TRUE((*read(R"({"inputText":"Hi"})"))->CheckDimensions(384));
}

TEST(TitanMultimodalEmbeddings, RefusesImagesByName) {
  const auto refusal = [](std::string_view body) {
    auto read = FindFormat("amazon-titan-multimodal-embeddings")->read_embeddings(body);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(
      refusal(R"({"inputImage":"aGk="})"),
      "Malformed input request: #/inputImage: the model that answers here makes embeddings of "
      "text alone, please reformat your input and try again.");
  EXPECT_THAT(refusal(R"({"inputText":"Hi","inputImage":"aGk="})"), HasSubstr("#/inputImage: "));
  EXPECT_THAT(refusal("{}"), HasSubstr("required key [inputText] not found"));
  EXPECT_THAT(refusal(R"({"inputText":"Hi","embeddingConfig":{"length":3}})"),
              HasSubstr("#/embeddingConfig: extraneous key [length] is not permitted"));
}

TEST(TitanEmbeddings, RefusesInTheServicesWords) {
  EXPECT_EQ(TitanRefusal("{}"),
            "Malformed input request: #: required key [inputText] not found, please reformat your "
            "input and try again.");
  EXPECT_EQ(TitanRefusal(R"({"inputText":5,"texts":[]})"),
            "Malformed input request: #/inputText: expected type: String, found: Integer#: "
            "extraneous key [texts] is not permitted, please reformat your input and try again.");
  EXPECT_THAT(TitanRefusal(R"({"inputText":""})"), HasSubstr("#/inputText: expected minLength: 1"));
  EXPECT_THAT(TitanRefusal(R"({"inputText":"a","normalize":"yes"})"),
              HasSubstr("#/normalize: expected type: Boolean, found: String"));
  EXPECT_THAT(TitanRefusal(R"({"inputText":"a","embeddingTypes":["int8"]})"),
              HasSubstr("#/embeddingTypes/0: int8 is not a valid enum value"));
  EXPECT_THAT(TitanRefusal(R"({"inputText":"a","embeddingTypes":[]})"), HasSubstr("item count"));
  EXPECT_THAT(TitanRefusal(R"({"inputText":"a","dimensions":0})"),
              HasSubstr("#/dimensions: 0 is not a valid enum value"));
  EXPECT_THAT(TitanRefusal("[]"), HasSubstr("#: expected type: JSONObject, found: JSONArray"));
  EXPECT_THAT(TitanRefusal("{"), HasSubstr("Malformed input request"));
}

TEST(TitanEmbeddings, WritesWhatWasAskedFor) {
  EXPECT_EQ(Written(R"({"inputText":"x"})", {0.6f, -0.8f, 0}),
            R"({"embedding":[0.6,-0.8,0],"embeddingsByType":{"float":[0.6,-0.8,0]},)"
            R"("inputTextTokenCount":4})");
  EXPECT_EQ(Written(R"({"inputText":"x","embeddingTypes":["binary"]})", {0.6f, -0.8f, 0}),
            R"({"embeddingsByType":{"binary":[1,0,0]},"inputTextTokenCount":4})");
  EXPECT_EQ(Written(R"({"inputText":"x","embeddingTypes":["binary","float"]})", {0.6f}),
            R"({"embedding":[0.6],"embeddingsByType":{"float":[0.6],"binary":[1]},)"
            R"("inputTextTokenCount":4})");
}

TEST(TitanEmbeddings, TakesAsManyCharactersAsTitan) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "\u00e9";
  EXPECT_TRUE(ReadTitan(R"({"inputText":")" + text + R"("})"));
  const auto longer = ReadTitan(R"({"inputText":")" + text + R"(e"})");
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message,
              HasSubstr("#/inputText: expected maxLength: 50000, actual: 50001"));
}

}  // namespace
}  // namespace bedplate::models
