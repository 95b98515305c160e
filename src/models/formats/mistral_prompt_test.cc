#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "mistral-prompt";
constexpr const char* kBody = R"({"prompt":"<s>[INST] Hi [/INST]"})";

TEST(MistralPrompt, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, R"({"prompt":"Hi","max_tokens":100,"temperature":0.5,"top_p":0.9,)"
                           R"("top_k":50,"stop":["x"]})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
            R"("temperature":0.5,"top_p":0.9,"stop":["x"],"top_k":50,"stream":false})");
  EXPECT_EQ(Asked(kFamily, kBody, NativeUse::kStream),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
}

TEST(MistralPrompt, ReadsTheTurnsOfItsTemplate) {
  EXPECT_THAT(Asked(kFamily, R"({"prompt":"<s>[INST] Hi [/INST] Yo</s> [INST] Bye [/INST] So"})"),
              HasSubstr(R"("messages":[{"role":"user","content":"Hi"},)"
                        R"({"role":"assistant","content":"Yo"},{"role":"user","content":"Bye"},)"
                        R"({"role":"assistant","content":"So"}])"));
}

TEST(MistralPrompt, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"messages":[],"max_tokens":0,"top_k":201,"stop":"x"})"),
            "Malformed input request: #: required key [prompt] not found"
            "#/max_tokens: 0 is not greater or equal to 1"
            "#/top_k: 201 is not less or equal to 200"
            "#/stop: expected type: JSONArray, found: String"
            "#: extraneous key [messages] is not permitted, please reformat your input and try "
            "again.");
}

TEST(MistralPrompt, Answers) {
  EXPECT_EQ(Answered(kFamily, kBody, {.text = "Yo"}),
            R"({"outputs":[{"text":"Yo","stop_reason":"stop"}]})");
  using enum FinishReason;
  EXPECT_EQ(Answered(kFamily, kBody, {.text = "Yo", .finish = {.reason = kLength}}),
            R"({"outputs":[{"text":"Yo","stop_reason":"length"}]})");
  EXPECT_THAT(Answered(kFamily, kBody, {.finish = {.reason = kMalformedToolCall}}),
              HasSubstr("can't be read"));
}

TEST(MistralPrompt, Streams) {
  EXPECT_THAT(
      Streamed(kFamily, kBody, HelloEvents()),
      ElementsAre(R"({"outputs":[{"text":"Hello","stop_reason":null}]})",
                  R"({"outputs":[{"text":"","stop_reason":"stop"}],)" + std::string(kTestMetrics)));
}

}  // namespace
}  // namespace bedplate::models
