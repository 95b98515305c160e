#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/value.h"
#include "models/formats/openai_chat.h"
#include "models/formats/titan_embeddings.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

std::string TitanRefusal(std::string_view body) {
  auto read = ReadTitanEmbeddingsRequest(body);
  if (read) return "";
  EXPECT_EQ(read.error().fault, Fault::kValidation);
  return read.error().message;
}

TEST(TitanEmbeddings, ReadsEveryMember) {
  auto read = ReadTitanEmbeddingsRequest(
      R"({"inputText":"Hi","dimensions":384,"normalize":false,"embeddingTypes":["binary"]})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->request.input_text, "Hi");
  EXPECT_EQ(read->dimensions_asked, 384);
  EXPECT_FALSE(read->request.normalize);
  EXPECT_FALSE(read->request.float_wanted);
  EXPECT_TRUE(read->request.binary_wanted);
  auto plain = ReadTitanEmbeddingsRequest(R"({"inputText":"Hi"})");
  EXPECT_TRUE(plain->request.normalize);
  EXPECT_TRUE(plain->request.float_wanted);
  EXPECT_EQ(plain->dimensions_asked, 0);
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
  EXPECT_FALSE(CheckTitanDimensions(256, 384));
  EXPECT_THAT(CheckTitanDimensions(256, 384).error().message,
              HasSubstr("#/dimensions: 256 is not a valid enum value"));
  EXPECT_TRUE(CheckTitanDimensions(384, 384));
  EXPECT_TRUE(CheckTitanDimensions(0, 384));
}

TEST(TitanEmbeddings, WritesWhatWasAskedFor) {
  std::vector<float> values = {0.6f, -0.8f, 0};
  EXPECT_EQ(WriteTitanEmbeddingsResponse({.input_text = "x"}, values, 4),
            R"({"embedding":[0.6,-0.8,0],"embeddingsByType":{"float":[0.6,-0.8,0]},)"
            R"("inputTextTokenCount":4})");
  EXPECT_EQ(WriteTitanEmbeddingsResponse(
                {.input_text = "x", .float_wanted = false, .binary_wanted = true}, values, 4),
            R"({"embeddingsByType":{"binary":[1,0,0]},"inputTextTokenCount":4})");
}

TEST(TitanEmbeddings, TakesAsManyCharactersAsTitan) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "\u00e9";
  EXPECT_TRUE(ReadTitanEmbeddingsRequest(R"({"inputText":")" + text + R"("})"));
  const auto longer = ReadTitanEmbeddingsRequest(R"({"inputText":")" + text + R"(e"})");
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message,
              HasSubstr("#/inputText: expected maxLength: 50000, actual: 50001"));
}

TEST(Normalize, MakesLengthOne) {
  std::vector<float> values = {3, 4};
  Normalize(values);
  EXPECT_FLOAT_EQ(values[0], 0.6f);
  EXPECT_FLOAT_EQ(values[1], 0.8f);
  std::vector<float> zeros = {0, 0};
  Normalize(zeros);
  EXPECT_EQ(zeros[0], 0);
}

const OpenAiChatNames kNames{
    .model_id = "acme.chat", .model_as_asked = "us.acme.chat", .upstream_name = "local"};

TEST(OpenAiChat, HandsTheCallersMembersOn) {
  EXPECT_EQ(
      *ToUpstreamChatBody(R"({"messages":[{"role":"user","content":"a\u0062"}],"max_tokens":1.0,)"
                          R"("model":"us.acme.chat","stream_options":{"include_usage":false}})",
                          kNames, false),
      R"({"model":"local","messages":[{"role":"user","content":"a\u0062"}],)"
      R"("max_tokens":1.0,"stream":false})");
  EXPECT_EQ(*ToUpstreamChatBody(R"({"messages":[{}],"stream":true})", kNames, true),
            R"({"model":"local","messages":[{}],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
  EXPECT_EQ(*ToUpstreamTokenizeBody(R"({"messages":[{}],"top_k":1,"tools":[]})", kNames),
            R"({"model":"local","messages":[{}],"tools":[]})");
}

TEST(OpenAiChat, RefusesWhatDoesNotFitTheRequest) {
  auto refusal = [](std::string_view body, bool stream = false) {
    auto out = ToUpstreamChatBody(body, kNames, stream);
    return out ? std::string() : out.error().message;
  };
  EXPECT_EQ(refusal("{}"),
            "Malformed input request: #: required key [messages] not found, please reformat your "
            "input and try again.");
  EXPECT_THAT(refusal(R"({"messages":[]})"), HasSubstr("#/messages: expected minimum item count"));
  EXPECT_THAT(refusal(R"({"messages":"hi"})"), HasSubstr("found: String"));
  EXPECT_THAT(refusal(R"({"messages":[{}],"model":"other"})"), HasSubstr("#/model: other"));
  EXPECT_THAT(refusal(R"({"messages":[{}],"stream":true})"), HasSubstr("#/stream: true"));
  EXPECT_THAT(refusal(R"({"messages":[{}],"stream":false})", true), HasSubstr("#/stream: false"));
  EXPECT_THAT(refusal("[]"), HasSubstr("found: JSONArray"));
  for (const char* text : {"", "nonsense", "{", "[1", "[] x"}) {
    EXPECT_THAT(refusal(text), HasSubstr("at byte")) << text;
  }
  EXPECT_THAT(refusal(R"({"messages":[{}],"messages":[{}]})"), HasSubstr("Malformed input"));
  EXPECT_THAT(refusal(R"({"messages":[{}]} x)"), HasSubstr("Malformed input"));
}

TEST(OpenAiChat, AnswersUnderBedrocksName) {
  EXPECT_EQ(FromUpstreamChatBody(R"({"id":"1","model":"local","usage":{"a":1}})", "acme.chat", {}),
            R"({"id":"1","model":"acme.chat","usage":{"a":1}})");
  EXPECT_EQ(
      FromUpstreamChatBody(
          R"({"choices":[]})", "acme.chat",
          InvocationMetrics{
              .input_tokens = 1, .output_tokens = 2, .latency_ms = 3, .first_byte_latency_ms = 4}),
      R"({"choices":[],"amazon-bedrock-invocationMetrics":{"inputTokenCount":1,)"
      R"("outputTokenCount":2,"invocationLatency":3,"firstByteLatency":4}})");
}

}  // namespace
}  // namespace bedplate::models
