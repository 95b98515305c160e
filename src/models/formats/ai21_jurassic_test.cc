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
  EXPECT_THAT(Asked(kFamily, kBody), HasSubstr(R"("max_tokens":200,)"));
}

TEST(Ai21Jurassic, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"maxTokens":8192,"countPenalty":{"scale":0.5,"x":1},)"
                             R"("numResults":2,"topKReturn":3,"messages":[]})"),
            "Malformed input request: #: required key [prompt] not found"
            "#/maxTokens: 8192 is not less or equal to 8191"
            "#/countPenalty/scale: 0.5 is not supported, only 0"
            "#/countPenalty: extraneous key [x] is not permitted"
            "#/numResults: 2 is not supported, only 1"
            "#/topKReturn: 3 is not supported, only 0"
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

}  // namespace
}  // namespace bedplate::models
