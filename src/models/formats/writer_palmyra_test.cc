#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "writer-palmyra";
constexpr const char* kBody = R"({"messages":[{"role":"user","content":"Hi"}]})";
constexpr const char* kPrompt = R"({"prompt":"<<SYS>> Be kind. <</SYS>>\n[INST] Hi [/INST]"})";

TEST(WriterPalmyra, AsksWithEverySetting) {
  EXPECT_EQ(
      Asked(kFamily, R"({"messages":[{"role":"user","content":{"text":"Hi"}}],"max_tokens":100,)"
                     R"("min_tokens":5,"temperature":1.5,"top_p":0.9,"stop":["x"],"seed":7,)"
                     R"("presence_penalty":-2,"frequency_penalty":0.5,)"
                     R"("tools":[{"type":"function","function":{"name":"get",)"
                     R"("parameters":{"type":"object"}}}],"tool_choice":"required"})"),
      R"({"model":"local","messages":[{"role":"user","content":"Hi"}],)"
      R"("tools":[{"type":"function","function":{"name":"get",)"
      R"("parameters":{"type":"object"}}}],"tool_choice":"required","max_tokens":100,)"
      R"("temperature":1.5,"top_p":0.9,"stop":["x"],"min_tokens":5,"seed":7,)"
      R"("presence_penalty":-2,"frequency_penalty":0.5,"stream":false})");
  EXPECT_EQ(Asked(kFamily, kPrompt),
            R"({"model":"local","messages":[{"role":"system","content":"Be kind."},)"
            R"({"role":"user","content":"Hi"}],"max_tokens":16,"stream":false})");
}

TEST(WriterPalmyra, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"max_tokens":8193,"seed":"x","top_k":3})"),
            "Malformed input request: #: required key [messages] not found"
            "#/max_tokens: 8193 is not less or equal to 8192"
            "#/seed: expected type: Integer, found: String"
            "#: extraneous key [top_k] is not permitted, please reformat your input and try "
            "again.");
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":"Hi","messages":[]})"),
              HasSubstr("extraneous key [messages]"));
}

TEST(WriterPalmyra, AnswersAsItWasAsked) {
  const ChatAnswer answer{.text = "Yo", .usage = {.prompt_tokens = 5, .completion_tokens = 2}};
  EXPECT_THAT(Answered(kFamily, kBody, answer),
              HasSubstr(R"("choices":[{"index":0,"message":{"role":"assistant","content":"Yo"},)"
                        R"("finish_reason":"stop"}])"));
  EXPECT_EQ(Masked(Answered(kFamily, kPrompt, answer), "id"),
            R"({"id":"*","object":"text_completion",)"
            R"("model":"anthropic.claude-3-haiku-20240307-v1:0","choices":[{"index":0,)"
            R"("text":"Yo","finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})");
}

TEST(WriterPalmyra, StreamsAsItWasAsked) {
  EXPECT_THAT(Streamed(kFamily, kBody, HelloEvents())[1],
              HasSubstr(R"("delta":{"content":"Hello"})"));
  const std::string head =
      R"({"id":"*","object":"text_completion",)"
      R"("model":"anthropic.claude-3-haiku-20240307-v1:0","choices":[{"index":0,"text":)";
  EXPECT_THAT(
      Masked(Streamed(kFamily, kPrompt, HelloEvents()), "id"),
      ElementsAre(head + R"("Hello","finish_reason":null}]})",
                  head + R"("","finish_reason":"stop"}],)" +
                      R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7},)" +
                      std::string(kTestMetrics)));
}

}  // namespace
}  // namespace bedplate::models
