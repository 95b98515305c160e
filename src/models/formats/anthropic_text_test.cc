#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kFamily = "anthropic-text";

std::string Body(std::string_view prompt, std::string_view members = "") {
  return R"({"prompt":")" + std::string(prompt) + R"(","max_tokens_to_sample":300)" +
         std::string(members) + "}";
}
constexpr const char* kPrompt = R"(\n\nHuman: Hi\n\nAssistant:)";

TEST(AnthropicText, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, Body(kPrompt, R"(,"temperature":0.5,"top_p":1,"top_k":250,)"
                                         R"("stop_sequences":["END"],)"
                                         R"("anthropic_version":"bedrock-2023-05-31")")),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":300,)"
            R"("temperature":0.5,"top_p":1,"stop":["END","\n\nHuman:"],"top_k":250,)"
            R"("stream":false})");
}

TEST(AnthropicText, ReadsTheTurnsOfThePrompt) {
  EXPECT_THAT(Asked(kFamily, Body(R"(Be brief.\n\nHuman: One\n\nlines\n\nAssistant: Two )"
                                  R"(\n\nHuman: Three\n\nAssistant: {\"a\":)")),
              StartsWith(R"({"model":"local","messages":[{"role":"system","content":"Be brief."},)"
                         R"({"role":"user","content":"One\n\nlines"},)"
                         R"({"role":"assistant","content":"Two"},)"
                         R"({"role":"user","content":"Three"},)"
                         R"({"role":"assistant","content":"{\"a\":"}],)"));
  for (const char* prompt :
       {"", "Hi", R"(Human: Hi\n\nAssistant:)", R"(\n\nHuman: Hi)", R"(\n\nAssistant: Hi)",
        R"(\n\nHuman: Hi\n\nAssistant: Yo\n\nHuman: Bye)", R"(\n\nHuman: \n\nAssistant:)",
        R"(\n\nHuman: a\n\nHuman: b\n\nAssistant:)",
        R"(\n\nHuman: a\n\nAssistant:\n\nHuman: b\n\nAssistant:)"}) {
    EXPECT_THAT(Refusal(kFamily, Body(prompt)), StartsWith("Invalid prompt: prompt must start"))
        << prompt;
  }
}

TEST(AnthropicText, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"max_tokens":5,"temperature":2,"stop_sequences":"a"})"),
            "Malformed input request: #: required key [prompt] not found"
            "#: required key [max_tokens_to_sample] not found"
            "#/temperature: 2 is not less or equal to 1"
            "#/stop_sequences: expected type: JSONArray, found: String"
            "#: extraneous key [max_tokens] is not permitted, please reformat your input and try "
            "again.");
}

TEST(AnthropicText, Answers) {
  auto answer = [](ChatFinish finish) {
    return Answered(kFamily, Body(kPrompt), {.text = "Yo", .finish = std::move(finish)});
  };
  using enum FinishReason;
  EXPECT_EQ(answer({kStop}),
            R"({"type":"completion","completion":"Yo","stop_reason":"stop_sequence",)"
            R"("stop":null})");
  EXPECT_EQ(answer({kStopSequence, "\n\nHuman:"}),
            R"({"type":"completion","completion":"Yo","stop_reason":"stop_sequence",)"
            R"("stop":"\n\nHuman:"})");
  EXPECT_THAT(answer({kLength}), HasSubstr(R"("stop_reason":"max_tokens","stop":null)"));
  EXPECT_THAT(answer({kContentFilter}), HasSubstr(R"("stop_reason":"refusal")"));
  EXPECT_THAT(answer({kMalformedToolCall}), HasSubstr("can't be read"));
}

TEST(AnthropicText, Streams) {
  EXPECT_THAT(
      Streamed(kFamily, Body(kPrompt),
               {R"({"choices":[{"delta":{"content":"Hel"}}]})",
                R"({"choices":[{"delta":{"content":"lo"}}]})",
                R"({"choices":[{"delta":{},"finish_reason":"length"}]})",
                R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"}),
      ElementsAre(R"({"type":"completion","completion":"Hel","stop_reason":null,"stop":null})",
                  R"({"type":"completion","completion":"lo","stop_reason":null,"stop":null})",
                  R"({"type":"completion","completion":"","stop_reason":"max_tokens","stop":null,)"
                  R"("amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":2,)"
                  R"("invocationLatency":30,"firstByteLatency":10}})"));
}

}  // namespace
}  // namespace bedplate::models
