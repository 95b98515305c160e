#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "ai21-jamba";
constexpr const char* kBody = R"({"messages":[{"role":"user","content":"Hi"}]})";

std::string With(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"Hi"}],)" + std::string(members) + "}";
}

TEST(Ai21Jamba, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, With(R"("max_tokens":100,"temperature":1.5,"top_p":0.9,)"
                                R"("stop":["x"],"n":1,"frequency_penalty":0.5,)"
                                R"("presence_penalty":1,"response_format":{"type":"text"},)"
                                R"("tools":[{"type":"function","function":{"name":"get"}}])")),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],)"
            R"("tools":[{"type":"function","function":{"name":"get","parameters":)"
            R"({"type":"object","properties":{}}}}],"max_tokens":100,"temperature":1.5,)"
            R"("top_p":0.9,"stop":["x"],"frequency_penalty":0.5,"presence_penalty":1,)"
            R"("stream":false})");
}

TEST(Ai21Jamba, PutsDocumentsIntoTheSystemsTurn) {
  EXPECT_THAT(
      Asked(kFamily, R"({"messages":[{"role":"system","content":"Be kind."},{"role":"user",)"
                     R"("content":"Hi"}],"documents":[{"content":"It is blue.","metadata":)"
                     R"([{"key":"topic","value":"sky"}]}]})"),
      HasSubstr(R"({"role":"system","content":"Be kind.\n\nDocuments that the answer shall rest )"
                R"(on:\n\nDocument 0\ntopic: sky\ncontent: It is blue."})"));
}

TEST(Ai21Jamba, RefusesByMember) {
  EXPECT_EQ(Refusal(kFamily, R"({"prompt":"Hi","n":3,"max_tokens":4097,"documents":[{}],)"
                             R"("anthropic_version":"x"})"),
            "Malformed input request: #: required key [messages] not found"
            "#/documents/0: required key [content] not found"
            "#/max_tokens: 4097 is not less or equal to 4096"
            "#/n: 3 is not supported, only 1"
            "#: extraneous key [prompt] is not permitted"
            "#: extraneous key [anthropic_version] is not permitted, please reformat your input "
            "and try again.");
}

TEST(Ai21Jamba, Answers) {
  EXPECT_EQ(Masked(Answered(kFamily, kBody,
                            {.text = "Yo", .usage = {.prompt_tokens = 5, .completion_tokens = 2}}),
                   "id"),
            R"({"id":"*","object":"chat.completion",)"
            R"("model":"anthropic.claude-3-haiku-20240307-v1:0","choices":[{"index":0,)"
            R"("message":{"role":"assistant","content":"Yo"},"finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})");
  using enum FinishReason;
  EXPECT_THAT(Answered(kFamily, kBody, {.tool_calls = {{.name = "get"}}}),
              HasSubstr(R"("finish_reason":"tool_calls")"));
  EXPECT_THAT(Answered(kFamily, kBody, {.finish = {.reason = kMalformedToolCall}}),
              HasSubstr("can't be read"));
}

TEST(Ai21Jamba, StreamsDeltas) {
  const std::string head =
      R"({"id":"*","object":"chat.completion.chunk",)"
      R"("model":"anthropic.claude-3-haiku-20240307-v1:0","choices":[{"index":0,"delta":)";
  const std::string goes_on = R"(,"finish_reason":null}]})";
  const std::string usage =
      R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7},)" +
      std::string(kTestMetrics);
  const std::string start = head + R"({"role":"assistant","content":""})" + goes_on;
  EXPECT_THAT(Masked(Streamed(kFamily, kBody, HelloEvents()), "id"),
              ElementsAre(start, head + R"({"content":"Hello"})" + goes_on,
                          head + R"({},"finish_reason":"stop"}],)" + usage));
  std::vector<std::string> events = CallEvents();
  events.insert(events.begin(), R"({"choices":[{"delta":{"reasoning_content":"Hm."}}]})");
  EXPECT_THAT(
      Masked(Streamed(kFamily, kBody, events), "id"),
      ElementsAre(
          start, head + R"({"reasoning_content":"Hm."})" + goes_on,
          head + R"({"content":"Let me see."})" + goes_on,
          head + R"({"tool_calls":[{"index":0,"id":"*","type":"function",)" +
              R"("function":{"name":"get","arguments":""}}]})" + goes_on,
          head + R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]})" + goes_on,
          head + R"({"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]})" + goes_on,
          head + R"({},"finish_reason":"tool_calls"}],)" + usage));
}

}  // namespace
}  // namespace bedplate::models
