#include "models/formats/cache_marks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

constexpr std::string_view kClaude = "anthropic-messages";
constexpr std::string_view kNova = "amazon-nova";
constexpr const char* kMark = R"("cache_control":{"type":"ephemeral"})";

std::string Claude(std::string_view content, std::string_view more = "") {
  return fmt::format(R"({{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,{}"messages":[)"
                     R"({{"role":"user","content":[{}]}}]}})",
                     more, content);
}

std::string Text(std::string_view text, std::string_view mark = "") {
  return fmt::format(R"({{"type":"text","text":"{}"{}{}}})", text, mark.empty() ? "" : ",", mark);
}

TEST(CacheMarks, OfClaudeStandBehindTheirBlocks) {
  const std::string system = fmt::format(R"("system":[{},{}],)", Text("One.", kMark), Text("Two."));
  EXPECT_THAT(
      Asked(kClaude,
            Claude(Text("Hi.", R"("cache_control":{"type":"ephemeral","ttl":"1h"})"), system)),
      HasSubstr(R"("messages":[{"role":"system","content":[{"type":"text","text":"One.",)"
                R"("cache_control":{"type":"ephemeral","ttl":"5m"}},{"type":"text",)"
                R"("text":"Two."}]},{"role":"user","content":[{"type":"text","text":"Hi.",)"
                R"("cache_control":{"type":"ephemeral","ttl":"1h"}}]}])"));
  EXPECT_THAT(
      Asked(kClaude, Claude(fmt::format(R"({}]}},{{"role":"assistant","content":[{{"type":)"
                                        R"("tool_use","id":"t","name":"n","input":{{}}}}]}},)"
                                        R"({{"role":"user","content":[{{"type":"tool_result",)"
                                        R"("tool_use_id":"t","content":"12",{}}},{})",
                                        Text("Hi."), kMark, Text("Well?")))),
      HasSubstr(R"({"role":"tool","content":[{"type":"text","text":"12","cache_control":)"
                R"({"type":"ephemeral","ttl":"5m"}}],"tool_call_id":"t"},{"role":"user",)"
                R"("content":"Well?"}])"));
  EXPECT_THAT(
      Asked(kClaude,
            Claude(Text("Hi."),
                   fmt::format(R"("tools":[{{"name":"t","input_schema":{{}},{}}}],)", kMark))),
      HasSubstr(R"("parameters":{}},"cache_control":{"type":"ephemeral","ttl":"5m"}}])"));
  EXPECT_THAT(Asked(kClaude, Claude(Text("Hi.", R"("cache_control":null)"))),
              HasSubstr(R"("content":"Hi.")"));
}

TEST(CacheMarks, OfNovaStandBehindWhatIsBeforeThem) {
  EXPECT_THAT(
      Asked(kNova, R"({"system":[{"text":"One."},{"cachePoint":{"type":"default"}}],"messages":[)"
                   R"({"role":"user","content":[{"text":"a"},{"text":"b"},{"cachePoint":)"
                   R"({"type":"default"}},{"text":"c"}]}],"toolConfig":{"tools":[{"toolSpec":)"
                   R"({"name":"t","inputSchema":{"json":{}}}},{"cachePoint":)"
                   R"({"type":"default"}}]}})"),
      HasSubstr(R"("messages":[{"role":"system","content":[{"type":"text","text":"One.",)"
                R"("cache_control":{"type":"ephemeral","ttl":"5m"}}]},{"role":"user","content":[)"
                R"({"type":"text","text":"a\nb","cache_control":{"type":"ephemeral","ttl":"5m"}},)"
                R"({"type":"text","text":"c"}]}],"tools":[{"type":"function","function":)"
                R"({"name":"t","parameters":{}},"cache_control":)"
                R"({"type":"ephemeral","ttl":"5m"}}])"));
}

TEST(CacheMarks, AreLeftOutForAServerThatKnowsNone) {
  const auto asked = [](std::string_view body) {
    auto chat = ReadChat(kClaude, body);
    NativeCall call = TestCall();
    call.takes_cache_points = false;
    EXPECT_TRUE((*chat)->HasCachePoints());
    return (*chat)->UpstreamBody(call);
  };
  EXPECT_EQ(asked(Claude(Text("Hi.", kMark))), Asked(kClaude, Claude(Text("Hi."))));
  EXPECT_FALSE((*ReadChat(kClaude, Claude(Text("Hi."))))->HasCachePoints());
}

TEST(CacheMarks, ThatAreWrongAreRefusedByName) {
  const auto refused = [](std::string_view mark) {
    return Refusal(kClaude, Claude(Text("Hi.", fmt::format(R"("cache_control":{})", mark))));
  };
  EXPECT_THAT(refused("7"), HasSubstr("#/messages/0/content/0/cache_control"));
  EXPECT_THAT(refused("{}"),
              HasSubstr("#/messages/0/content/0/cache_control: required key [type]"));
  EXPECT_THAT(refused(R"({"type":"forever"})"), HasSubstr("cache_control/type: forever"));
  EXPECT_THAT(refused(R"({"type":"ephemeral","ttl":"2h"})"), HasSubstr("cache_control/ttl: 2h"));
  const std::string block = Text("Hi.", kMark);
  const std::string four = fmt::format("{0},{0},{0},{0}", block);
  EXPECT_EQ(Refusal(kClaude, Claude(four)), "");
  EXPECT_THAT(Refusal(kClaude, Claude(four + "," + block)),
              HasSubstr("a maximum of 4 blocks with cache_control may be provided, found: 5"));
  EXPECT_THAT(Refusal(kNova, R"({"messages":[{"role":"user","content":[{"text":"a"}]}],)"
                             R"("toolConfig":{"tools":[{"cachePoint":{"type":"default"}}]}})"),
              HasSubstr("#/toolConfig/tools/0/cachePoint: there is no tool before it"));
}

TEST(CacheMarks, AreCountedInAnswers) {
  const ChatAnswer answer{.text = "Yo",
                          .usage = {.prompt_tokens = 100,
                                    .completion_tokens = 2,
                                    .cache_read_tokens = 40,
                                    .cache_write_tokens = 50,
                                    .cache_write_long_tokens = 20}};
  EXPECT_THAT(Answered(kClaude, Claude(Text("Hi.", kMark)), answer),
              HasSubstr(R"("usage":{"input_tokens":10,"cache_creation_input_tokens":50,)"
                        R"("cache_read_input_tokens":40,"cache_creation":)"
                        R"({"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":20},)"
                        R"("output_tokens":2})"));
  EXPECT_THAT(Answered(kNova, R"({"messages":[{"role":"user","content":[{"text":"a"}]}]})", answer),
              HasSubstr(R"("usage":{"inputTokens":10,"outputTokens":2,"totalTokens":102,)"
                        R"("cacheReadInputTokenCount":40,"cacheWriteInputTokenCount":50})"));
}

}  // namespace
}  // namespace bedplate::models
