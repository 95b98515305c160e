#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "mistral-chat";
constexpr const char* kBody = R"({"messages":[{"role":"user","content":"Hi"}]})";

std::string With(std::string_view members) {
  return R"({"messages":[{"role":"user","content":"Hi"}],)" + std::string(members) + "}";
}

TEST(MistralChat, AsksWithEverySetting) {
  EXPECT_EQ(
      Asked(kFamily,
            With(R"("max_tokens":100,"temperature":0.5,"top_p":0.9,"stop":"x","random_seed":7,)"
                 R"("presence_penalty":0.25,"parallel_tool_calls":false,"n":1,)"
                 R"("safe_prompt":false,"stream":false,"response_format":{"type":"json_object"})")),
      R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":100,)"
      R"("temperature":0.5,"top_p":0.9,"stop":["x"],"response_format":{"type":"json_object"},)"
      R"("presence_penalty":0.25,"seed":7,"parallel_tool_calls":false,"stream":false})");
  EXPECT_THAT(
      Asked(kFamily, With(R"("response_format":{"type":"json_schema","json_schema":{"name":"n",)"
                          R"("schema":{"type":"object"},"strict":true}})")),
      HasSubstr(R"("response_format":{"type":"json_schema","json_schema":{"name":"n",)"
                R"("schema":{"type":"object"},"strict":true}})"));
}

constexpr const char* kTools =
    R"("tools":[{"type":"function","function":{"name":"get","description":"Gets.",)"
    R"("parameters":{"type":"object"}}}])";

TEST(MistralChat, OffersToolsAndTellsTheirResults) {
  const std::string tools = kTools;
  for (const auto& [choice, asked] : std::vector<std::pair<std::string, std::string>>{
           {R"("any")", R"("required")"},
           {R"("auto")", R"("auto")"},
           {R"("none")", R"("none")"},
           {R"({"type":"function","function":{"name":"get"}})",
            R"({"type":"function","function":{"name":"get"}})"}}) {
    EXPECT_THAT(Asked(kFamily, With(tools + R"(,"tool_choice":)" + choice)),
                HasSubstr(tools + R"(,"tool_choice":)" + asked + ","));
  }
  EXPECT_THAT(
      Asked(kFamily,
            R"({"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},)"
            R"({"role":"assistant","content":"","reasoning_content":"Hm.","tool_calls":[{"id":"c",)"
            R"("function":{"name":"get","arguments":"{\"a\":1}"}}]},)"
            R"({"role":"tool","tool_call_id":"c","name":"get","content":"12"}]})"),
      HasSubstr(R"("messages":[{"role":"system","content":"Be kind."},)"
                R"({"role":"user","content":"Hi"},)"
                R"({"role":"assistant","reasoning_content":"Hm.","content":null,"tool_calls":)"
                R"([{"id":"c","type":"function","function":{"name":"get",)"
                R"("arguments":"{\"a\":1}"}}]},)"
                R"({"role":"tool","content":"12","tool_call_id":"c"}])"));
}

TEST(MistralChat, TakesPartsWithImages) {
  const std::string image =
      R"({"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}})";
  const std::string url = R"({"type":"image_url","image_url":"data:image/png;base64,aGk="})";
  const std::string text = R"({"type":"text","text":"See?"})";
  for (const std::string& given : {image, url}) {
    EXPECT_THAT(
        Asked(kFamily, R"({"messages":[{"role":"user","content":[)" + text + "," + given + "]}]}"),
        HasSubstr(R"("content":[)" + text + "," + image + "]"));
  }
  EXPECT_THAT(Asked(kFamily, R"({"messages":[{"role":"user","content":[)" + text + "]}]}"),
              HasSubstr(R"("content":"See?")"));
}

TEST(MistralChat, RefusesByPlace) {
  EXPECT_EQ(
      Refusal(kFamily,
              R"({"messages":[{"role":"bot","content":"Hi"},{"role":"user","content":""},)"
              R"({"role":"user","content":[{"type":"image_url","image_url":"http://x/a.png"},)"
              R"({"type":"document_url"}]},{"role":"user"},{"role":"tool","content":"12"},)"
              R"({"role":"assistant","tool_calls":[{"function":{"name":"get"}}]}],)"
              R"("n":2,"safe_prompt":true,"tool_choice":"any","top_k":5,"stream":true})"),
      "Malformed input request: #/messages/0/role: bot is not a valid enum value"
      "#/messages/1/content: expected minLength: 1, actual: 0"
      "#/messages/2/content/0/image_url: the value is not a data URL with base64 of a PNG, JPEG, "
      "GIF or WebP image"
      "#/messages/2/content/1/type: document_url is not a valid enum value"
      "#/messages/2/content: expected minLength: 1, actual: 0"
      "#/messages/3: required key [content] not found"
      "#/messages/3/content: expected minLength: 1, actual: 0"
      "#/messages/4: required key [tool_call_id] not found"
      "#/messages/5/tool_calls/0: required key [id] not found"
      "#/messages/5/tool_calls/0/function: required key [arguments] not found"
      "#: required key [tools] not found"
      "#/n: 2 is not supported, only 1"
      "#/safe_prompt: true is not supported, only false"
      "#/stream: true does not fit InvokeModel; use InvokeModelWithResponseStream"
      "#: extraneous key [top_k] is not permitted, please reformat your input and try again.");
  EXPECT_THAT(Refusal(kFamily, With(std::string(kTools) + R"(,"tool_choice":{"type":"function",)"
                                                          R"("function":{"name":"put"}})")),
              HasSubstr("#/tool_choice/function/name: put is not a valid enum value"));
  EXPECT_THAT(Refusal(kFamily, With(R"("response_format":{"type":"xml"})")),
              HasSubstr("#/response_format/type: xml is not a valid enum value"));
  EXPECT_THAT(Refusal(kFamily, R"({"messages":[]})"),
              HasSubstr("#/messages: expected minimum item count: 1, found: 0"));
}

TEST(MistralChat, Answers) {
  EXPECT_EQ(Masked(Answered(kFamily, kBody,
                            {.text = "Yo", .usage = {.prompt_tokens = 5, .completion_tokens = 2}}),
                   "id"),
            R"({"id":"*","object":"chat.completion",)"
            R"("model":"anthropic.claude-3-haiku-20240307-v1:0","choices":[{"index":0,)"
            R"("message":{"role":"assistant","content":"Yo"},"stop_reason":"stop",)"
            R"("finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})");
  const std::string called =
      Answered(kFamily, kBody,
               {.text = "\n",
                .reasoning = {{.text = "Hm."}},
                .tool_calls = {{.id = "c1", .name = "get", .arguments = "{}"}, {.name = "put"}}});
  EXPECT_THAT(
      Masked(called, "id"),
      HasSubstr(R"("message":{"role":"assistant","content":"","reasoning_content":"Hm.",)"
                R"("tool_calls":[{"id":"*","type":"function","function":{"name":"get",)"
                R"("arguments":"{}"}},{"id":"*","type":"function","function":{"name":"put",)"
                R"("arguments":"{}"}}]},"stop_reason":"tool_calls")"));
  EXPECT_THAT(called, HasSubstr(R"([{"id":"c1",)"));
  EXPECT_THAT(called, HasSubstr(R"({"id":"call_)"));
  using enum FinishReason;
  EXPECT_THAT(Answered(kFamily, kBody, {.text = "Yo", .finish = {.reason = kLength}}),
              HasSubstr(R"("stop_reason":"length")"));
  EXPECT_THAT(Answered(kFamily, kBody, {.finish = {.reason = kMalformedToolCall}}),
              HasSubstr("can't be read"));
}

TEST(MistralChat, StreamsMessagesWithWholeCalls) {
  const std::string head =
      R"({"id":"*","object":"chat.completion.chunk",)"
      R"("model":"anthropic.claude-3-haiku-20240307-v1:0","choices":[{"index":0,)"
      R"("message":{"role":"assistant","content":)";
  const std::string usage =
      R"("usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7},)";
  EXPECT_THAT(
      Masked(Streamed(kFamily, kBody, HelloEvents()), "id"),
      ElementsAre(head + R"("Hello"},"stop_reason":null}]})",
                  head + R"(""},"stop_reason":"stop"}],)" + usage + std::string(kTestMetrics)));
  const auto called = Streamed(kFamily, kBody, CallEvents());
  EXPECT_THAT(
      Masked(called, "id"),
      ElementsAre(head + R"("Let me see."},"stop_reason":null}]})",
                  head + R"("","tool_calls":[{"id":"*","type":"function","function":)" +
                      R"({"name":"get","arguments":"{\"a\":1}"}}]},)" +
                      R"("stop_reason":"tool_calls"}],)" + usage + std::string(kTestMetrics)));
  // The same answer in each.
  EXPECT_EQ(called.front().substr(0, 40), called.back().substr(0, 40));
}

TEST(MistralLarge, TakesBothOfMistralsBodies) {
  constexpr const char* kLarge = "mistral-large";
  EXPECT_EQ(Answered(kLarge, R"({"prompt":"Hi"})", {.text = "Yo"}),
            R"({"outputs":[{"text":"Yo","stop_reason":"stop"}]})");
  EXPECT_THAT(Answered(kLarge, kBody, {.text = "Yo"}),
              HasSubstr(R"("message":{"role":"assistant","content":"Yo"})"));
  EXPECT_THAT(Refusal(kLarge, "{}"), HasSubstr("required key [prompt]"));
}

}  // namespace
}  // namespace bedplate::models
