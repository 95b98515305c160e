#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

constexpr const char* kFamily = "ai21-jurassic";
constexpr const char* kBody = R"({"prompt":"Hi"})";

TEST(Ai21Jurassic, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, R"({"prompt":"Hi","maxTokens":100,"temperature":0.5,"topP":0.9,)"
                           R"("stopSequences":["x"],"countPenalty":{"scale":0},)"
                           R"("presencePenalty":{"scale":0.0,"applyToEmojis":true},)"
                           R"("frequencyPenalty":{"scale":0},"numResults":1})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("temperature":0.5,"top_p":0.9,"stop":["x"],"stream":false})");
  EXPECT_THAT(Asked(kFamily, kBody), HasSubstr(R"("max_tokens":200,"stream":false)"));
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"Hi","topKReturn":0})"),
              HasSubstr(R"("max_tokens":200,"logprobs":true,"stream":false)"));
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"Hi","topKReturn":3})"),
              HasSubstr(R"("logprobs":true,"top_logprobs":3,)"));
}

TEST(Ai21Jurassic, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"maxTokens":8192,"countPenalty":{"scale":0.5,"x":1},)"
                             R"("numResults":2,"topKReturn":21,"messages":[]})"),
            "Malformed input request: #: required key [prompt] not found"
            "#/maxTokens: 8192 is not less or equal to 8191"
            "#/countPenalty/scale: 0.5 is not supported, only 0"
            "#/countPenalty: extraneous key [x] is not permitted"
            "#/numResults: 2 is not supported, only 1"
            "#/topKReturn: 21 is not less or equal to 20"
            "#: extraneous key [messages] is not permitted, please reformat your input and try "
            "again.");
  EXPECT_EQ(Refusal(kFamily, kBody, NativeUse::kStream),
            "The model is not supported for streaming. Use InvokeModel and try again.");
}

TEST(Ai21Jurassic, Answers) {
  EXPECT_EQ(Masked(Answered(kFamily, kBody, {.text = "Yo"}), "id"),
            R"({"id":"*","prompt":{"text":"Hi"},"completions":[{"data":{"text":"Yo"},)"
            R"("finishReason":{"reason":"endoftext"}}]})");
  using enum FinishReason;
  EXPECT_THAT(
      Answered(kFamily, kBody, {.finish = {.reason = kLength}, .usage = {.completion_tokens = 2}}),
      HasSubstr(R"("finishReason":{"reason":"length","length":2})"));
  EXPECT_THAT(Answered(kFamily, kBody, {.finish = {kStopSequence, "x"}}),
              HasSubstr(R"("finishReason":{"reason":"stop","sequence":"x"})"));
  EXPECT_THAT(Answered(kFamily, kBody, {.finish = {.reason = kMalformedToolCall}}),
              HasSubstr("can't be read"));
}

TEST(Ai21Jurassic, TellsOfTokens) {
  const ChatAnswer answer{
      .text = "Yo.",
      .log_probabilities = {
          {.token = "Yo", .log_probability = -0.5, .top = {{"Yo", -0.5}, {"He", -2}}},
          {.token = ".", .log_probability = -1}}};
  EXPECT_THAT(Answered(kFamily, R"({"prompt":"Hi","topKReturn":2})", answer),
              HasSubstr(R"("data":{"text":"Yo.","tokens":[)"
                        R"({"generatedToken":{"token":"Yo","raw_logprob":-0.5},"topTokens":[)"
                        R"({"token":"Yo","raw_logprob":-0.5},{"token":"He","raw_logprob":-2}]},)"
                        R"({"generatedToken":{"token":".","raw_logprob":-1},"topTokens":null}]})"));
  EXPECT_THAT(
      Answered(kFamily, R"({"prompt":"Hi","topKReturn":2,"temperature":1,"topP":1})", answer),
      HasSubstr(R"({"token":"Yo","logprob":-0.5,"raw_logprob":-0.5})"));
}

}  // namespace
}  // namespace bedplate::models
