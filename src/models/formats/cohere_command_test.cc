#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "cohere-command";
constexpr const char* kBody = R"({"prompt":"Hi"})";

TEST(CohereCommand, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, R"({"prompt":"Hi","max_tokens":100,"temperature":4.5,"p":0.75,"k":9,)"
                           R"("stop_sequences":["x"],"logit_bias":{"11":-10},"stream":false,)"
                           R"("num_generations":1,"return_likelihoods":"NONE","truncate":"NONE"})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("temperature":4.5,"top_p":0.75,"stop":["x"],"top_k":9,"logit_bias":{"11":-10},)"
            R"("stream":false})");
  EXPECT_THAT(Asked(kFamily, kBody), HasSubstr(R"("max_tokens":20,)"));
}

TEST(CohereCommand, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"message":"Hi","temperature":6,"num_generations":2,)"
                             R"("return_likelihoods":"ALL","truncate":"END"})"),
            "Malformed input request: #: required key [prompt] not found"
            "#/temperature: 6 is not less or equal to 5"
            "#/num_generations: 2 is not supported, only 1"
            R"(#/return_likelihoods: "ALL" is not supported, only "NONE")"
            R"(#/truncate: "END" is not supported, only "NONE")"
            "#: extraneous key [message] is not permitted, please reformat your input and try "
            "again.");
  EXPECT_THAT(
      Refusal(kFamily, R"({"prompt":"Hi","return_likelihoods":"GENERATION"})", NativeUse::kStream),
      HasSubstr(R"(#/return_likelihoods: "GENERATION" is not supported, only "NONE")"));
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":"Hi","stream":true})"), HasSubstr("#/stream: true"));
  EXPECT_THAT(Refusal(kFamily, R"({"prompt":"Hi","stream":false})", NativeUse::kStream),
              HasSubstr("#/stream: false"));
  EXPECT_EQ(Refusal(kFamily, R"({"prompt":"Hi","stream":true})", NativeUse::kCountTokens), "");
}

TEST(CohereCommand, Answers) {
  EXPECT_EQ(Masked(Answered(kFamily, kBody, {.text = "Yo"}), "id"),
            R"({"generations":[{"finish_reason":"COMPLETE","id":"*","text":"Yo"}],"id":"*",)"
            R"("prompt":"Hi"})");
  auto answer = [](FinishReason reason) {
    return Answered(kFamily, kBody, {.text = "Yo", .finish = {.reason = reason}});
  };
  using enum FinishReason;
  EXPECT_THAT(answer(kLength), HasSubstr(R"("finish_reason":"MAX_TOKENS")"));
  EXPECT_THAT(answer(kContentFilter), HasSubstr(R"("finish_reason":"ERROR_TOXIC")"));
  EXPECT_THAT(answer(kMalformedToolCall), HasSubstr("can't be read"));
}

TEST(CohereCommand, TellsLikelihoodsOfTheGeneration) {
  constexpr const char* kAsking = R"({"prompt":"Hi","return_likelihoods":"GENERATION"})";
  EXPECT_THAT(Asked(kFamily, kAsking), HasSubstr(R"("logprobs":true,"stream":false)"));
  EXPECT_THAT(
      Answered(kFamily, kAsking, {.text = "Yo.", .log_probabilities = {{"Yo", -0.5}, {".", -1}}}),
      HasSubstr(R"("likelihood":-0.75,"token_likelihoods":[{"token":"Yo",)"
                R"("likelihood":-0.5},{"token":".","likelihood":-1}],"text":"Yo.")"));
}

TEST(CohereCommand, Streams) {
  EXPECT_THAT(Streamed(kFamily, R"({"prompt":"Hi","stream":true})", HelloEvents("length")),
              ElementsAre(R"({"text":"Hello","is_finished":false})",
                          R"({"is_finished":true,"finish_reason":"MAX_TOKENS",)" +
                              std::string(kTestMetrics)));
}

}  // namespace
}  // namespace bedplate::models
