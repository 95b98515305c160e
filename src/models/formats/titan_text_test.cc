#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kFamily = "amazon-titan-text";
constexpr const char* kBody = R"({"inputText":"Hi"})";

TEST(TitanText, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, R"({"inputText":"Hi","textGenerationConfig":{"temperature":0.5,)"
                           R"("topP":0.9,"maxTokenCount":100,"stopSequences":["User:"]}})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("temperature":0.5,"top_p":0.9,"stop":["User:"],"stream":false})");
  EXPECT_EQ(Asked(kFamily, kBody),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":512,)"
            R"("stream":false})");
}

TEST(TitanText, ReadsTurnsWhereThePromptHasThem) {
  EXPECT_THAT(Asked(kFamily, R"({"inputText":"User: Hi\nBot: Yo\nUser: Bye\nBot:"})"),
              HasSubstr(R"("messages":[{"role":"user","content":"Hi"},{"role":"assistant",)"
                        R"("content":"Yo"},{"role":"user","content":"Bye"}])"));
  EXPECT_THAT(Asked(kFamily, R"({"inputText":"A log:\nUser: Hi\nBot: Yo\nUser: Bye"})"),
              HasSubstr(R"("messages":[{"role":"user",)"
                        R"("content":"A log:\nUser: Hi\nBot: Yo\nUser: Bye"}])"));
  EXPECT_THAT(Asked(kFamily, R"({"inputText":"Bot: Hi"})"), HasSubstr(R"("content":"Bot: Hi")"));
}

TEST(TitanText, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"prompt":"Hi","textGenerationConfig":{"topP":2,"topK":5,)"
                             R"("maxTokenCount":-1}})"),
            "Malformed input request: #: required key [inputText] not found"
            "#/textGenerationConfig/topP: 2 is not less or equal to 1"
            "#/textGenerationConfig/maxTokenCount: -1 is not greater or equal to 0"
            "#/textGenerationConfig: extraneous key [topK] is not permitted"
            "#: extraneous key [prompt] is not permitted, please reformat your input and try "
            "again.");
  EXPECT_THAT(Refusal(kFamily, R"({"inputText":"","textGenerationConfig":[]})"),
              StartsWith("Malformed input request: #/inputText: expected minLength: 1, actual: 0"
                         "#/textGenerationConfig: expected type: JSONObject, found: JSONArray"));
}

TEST(TitanText, Answers) {
  EXPECT_EQ(Answered(kFamily, kBody,
                     {.text = "Yo", .usage = {.prompt_tokens = 5, .completion_tokens = 2}}),
            R"({"inputTextTokenCount":5,"results":[{"tokenCount":2,"outputText":"Yo",)"
            R"("completionReason":"FINISHED"}]})");
  auto answer = [](FinishReason reason) {
    return Answered(kFamily, kBody, {.text = "Yo", .finish = {.reason = reason}});
  };
  using enum FinishReason;
  EXPECT_THAT(answer(kLength), HasSubstr(R"("completionReason":"LENGTH")"));
  EXPECT_THAT(answer(kStopSequence), HasSubstr(R"("completionReason":"STOP_CRITERIA_MET")"));
  EXPECT_THAT(answer(kContentFilter), HasSubstr(R"("completionReason":"CONTENT_FILTERED")"));
  EXPECT_THAT(answer(kMalformedToolCall), HasSubstr("can't be read"));
}

TEST(TitanText, Streams) {
  EXPECT_THAT(
      Streamed(kFamily, kBody,
               {R"({"choices":[{"delta":{"content":"Hello"}}]})",
                R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
                R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"}),
      ElementsAre(R"({"outputText":"Hello","index":0,"totalOutputTextTokenCount":null,)"
                  R"("completionReason":null,"inputTextTokenCount":null})",
                  R"({"outputText":"","index":0,"totalOutputTextTokenCount":2,)"
                  R"("completionReason":"FINISHED","inputTextTokenCount":5,)"
                  R"("amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":2,)"
                  R"("invocationLatency":30,"firstByteLatency":10}})"));
}

}  // namespace
}  // namespace bedplate::models
