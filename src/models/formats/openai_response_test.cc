// Bodies as OpenAI's reference of the Responses API shows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json/value.h"
#include "models/testing/facade_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::string AskedFor(std::string_view members) {
  return FacadeAsked(kOpenAiFacadeResponse, R"({"model":"m",)" + std::string(members) + "}");
}

std::vector<std::string> TypesOf(const std::vector<std::string>& events) {
  std::vector<std::string> types;
  for (const std::string& event : events) {
    const auto value = json::Value::Parse(event);
    const json::Value* type = value ? value->Find("type") : nullptr;
    types.push_back(type == nullptr ? event : *type->AsString());
  }
  return types;
}

TEST(OpenAiResponse, AsksWithEverySetting) {
  EXPECT_EQ(AskedFor(R"("input":"Hi","instructions":"Be brief.","max_output_tokens":9,)"
                     R"("temperature":0.5,"top_p":0.25,"user":"u","metadata":{"a":"b"},)"
                     R"("reasoning":{"effort":"low","summary":"auto"},"store":null)"),
            R"({"model":"local","messages":[{"role":"system","content":"Be brief."},)"
            R"({"role":"user","content":"Hi"}],"max_tokens":9,"temperature":0.5,"top_p":0.25,)"
            R"("reasoning_effort":"low","user":"u","stream":false})");
  EXPECT_EQ(AskedFor(R"("input":"Hi","text":{"format":{"type":"json_schema","name":"n",)"
                     R"("description":null,"schema":{"type":"object"},"strict":true}})"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"response_format":)"
            R"({"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},)"
            R"("strict":true}},"stream":false})");
  EXPECT_EQ(AskedFor(R"("input":"Hi","tools":[{"type":"function","name":"f","parameters":)"
                     R"({"type":"object"},"strict":null}],"tool_choice":"required")"),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"tools":)"
            R"([{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],)"
            R"("tool_choice":"required","stream":false})");
}

TEST(OpenAiResponse, AToolNeedNotHaveParameters) {
  for (const char* parameters : {"", R"(,"parameters":null)"}) {
    EXPECT_EQ(AskedFor(R"("input":"Hi","tools":[{"type":"function","name":"f")" +
                       std::string(parameters) + "}]"),
              R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"tools":)"
              R"([{"type":"function","function":{"name":"f","parameters":)"
              R"({"type":"object","properties":{}}}}],"stream":false})");
  }
  EXPECT_THAT(AskedFor(R"("input":"Hi","tools":[{"type":"function","name":"f","parameters":5}])"),
              HasSubstr("#/tools/0/parameters"));
}

TEST(OpenAiResponse, ReadsItemsOfEveryKind) {
  EXPECT_EQ(
      AskedFor(R"("input":[{"role":"developer","content":"a"},{"role":"system","content":"b"},)"
               R"({"role":"user","content":[{"type":"input_text","text":"c"},)"
               R"({"type":"input_image","image_url":"data:image/png;base64,iVBORw==",)"
               R"("detail":"auto","file_id":null}]},)"
               R"({"type":"reasoning","id":"rs","summary":[],"content":)"
               R"([{"type":"reasoning_text","text":"d"}]},)"
               R"({"type":"message","id":"msg","role":"assistant","status":"completed","content":)"
               R"([{"type":"output_text","text":"e","annotations":[],"logprobs":[]}]},)"
               R"({"type":"function_call","id":"fc","call_id":"1","name":"f","arguments":"{}"},)"
               R"({"type":"function_call","call_id":"2","name":"g","arguments":"{}"},)"
               R"({"type":"function_call_output","call_id":"1","output":"h"},)"
               R"({"type":"function_call_output","call_id":"2",)"
               R"("output":[{"type":"input_text","text":"i"}]}])"),
      R"({"model":"local","messages":[{"role":"system","content":"a\nb"},)"
      R"({"role":"user","content":[{"type":"text","text":"c"},{"type":"image_url","image_url":)"
      R"({"url":"data:image/png;base64,iVBORw=="}}]},)"
      R"({"role":"assistant","reasoning_content":"d","content":"e","tool_calls":)"
      R"([{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},)"
      R"({"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},)"
      R"({"role":"tool","content":"h","tool_call_id":"1"},)"
      R"({"role":"tool","content":"i","tool_call_id":"2"}],"stream":false})");
}

TEST(OpenAiResponse, RefusesWhatIsNotDoneByName) {
  EXPECT_THAT(AskedFor(R"("stream":false)"), HasSubstr("[input] not found"));
  const std::string input = R"("input":"a",)";
  EXPECT_THAT(AskedFor(input + R"("background":true)"), HasSubstr("#/background: true"));
  EXPECT_THAT(AskedFor(input + R"("truncation":"auto")"), HasSubstr("#/truncation: auto"));
  EXPECT_THAT(AskedFor(input + R"("conversation":"c")"), HasSubstr("[conversation]"));
  EXPECT_THAT(AskedFor(input + R"("include":["file_search_call.results"])"),
              HasSubstr("#/include: file_search_call.results"));
  EXPECT_THAT(AskedFor(input + R"("tools":[{"type":"web_search"}])"),
              HasSubstr("#/tools/0/type: web_search"));
  EXPECT_THAT(AskedFor(input + R"("tool_choice":{"type":"function","name":"f"})"),
              HasSubstr("#/tool_choice/name: f"));
  EXPECT_THAT(AskedFor(R"("input":[{"role":"user","content":[{"type":"input_image",)"
                       R"("image_url":"https://example.com/a.png"}]}])"),
              HasSubstr("#/input/0/content/0/image_url: expected a data URL"));
  EXPECT_THAT(AskedFor(R"("input":[{"type":"item_reference","id":"a"}])"),
              HasSubstr("#/input/0/type: item_reference"));
}

TEST(OpenAiResponse, AnswersWithItems) {
  const ChatAnswer answer{
      .text = "Hm",
      .reasoning = {{.text = "t", .signature = "s"}},
      .tool_calls = {{.id = "1", .name = "f", .arguments = "{}"}},
      .finish = {.reason = FinishReason::kToolCalls},
      .usage = {.prompt_tokens = 5, .completion_tokens = 2, .cached_tokens = 1}};
  const auto value = json::Value::Parse(
      FacadeAnswered(kOpenAiFacadeResponse, R"({"model":"m","input":"a","store":false})", answer));
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(*value->Find("status"), json::Value("completed"));
  EXPECT_EQ(*value->Find("store"), json::Value(false));
  EXPECT_EQ(*value->Find("created_at"), json::Value(1'700'000'000));
  EXPECT_THAT(value->Find("id")->ToJson(), MatchesRegex("\"resp_[0-9A-Za-z]{24}\""));
  EXPECT_EQ(value->Find("usage")->ToJson(),
            R"({"input_tokens":5,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,)"
            R"("output_tokens_details":{"reasoning_tokens":0},"total_tokens":7})");
  const json::Value::Array& output = *value->Find("output")->AsArray();
  ASSERT_EQ(output.size(), 3U);
  EXPECT_EQ(output[0].Find("content")->ToJson(), R"([{"type":"reasoning_text","text":"t"}])");
  EXPECT_EQ(*output[0].Find("encrypted_content"), json::Value("s"));
  EXPECT_EQ(output[1].Find("content")->ToJson(),
            R"([{"type":"output_text","text":"Hm","annotations":[],"logprobs":[]}])");
  EXPECT_EQ(*output[2].Find("call_id"), json::Value("1"));
}

TEST(OpenAiResponse, SaysHowManyTokensWereThoughts) {
  const ChatAnswer answer{
      .text = "Hm",
      .reasoning = {{.text = "t"}},
      .usage = {.prompt_tokens = 5, .completion_tokens = 4, .reasoning_tokens = 3}};
  const std::string body = R"({"model":"m","input":"a"})";
  EXPECT_THAT(FacadeAnswered(kOpenAiFacadeResponse, body, answer),
              HasSubstr(R"("output_tokens_details":{"reasoning_tokens":3})"));
  EXPECT_THAT(FacadeStreamed(kOpenAiFacadeResponse, body,
                             {R"({"choices":[{"delta":{"reasoning_content":"t"}}]})",
                              R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
                              R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":4,)"
                              R"("completion_tokens_details":{"reasoning_tokens":3}}})"})
                  .back(),
              HasSubstr(R"("output_tokens_details":{"reasoning_tokens":3})"));
}

TEST(OpenAiResponse, ACallWithoutArgumentsHasAnEmptyObject) {
  const std::string body = R"({"model":"m","input":"a"})";
  const ChatAnswer answer{.tool_calls = {{.id = "1", .name = "f"}},
                          .finish = {.reason = FinishReason::kToolCalls}};
  EXPECT_THAT(FacadeAnswered(kOpenAiFacadeResponse, body, answer),
              HasSubstr(R"("name":"f","arguments":"{}")"));
  const auto events = FacadeStreamed(
      kOpenAiFacadeResponse, body,
      {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"f",)"
       R"("arguments":""}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":1,"id":"2","function":{"name":"g"}}]}}]})",
       R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})",
       R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"});
  ASSERT_EQ(events.size(), 11U);
  for (const size_t call : {2, 6}) {
    EXPECT_THAT(events[call], HasSubstr(R"("arguments":"")"));
    EXPECT_THAT(events[call + 1], HasSubstr(R"("delta":"{}")"));
    EXPECT_THAT(events[call + 2], HasSubstr(R"("arguments":"{}")"));
    EXPECT_THAT(events[call + 3], HasSubstr(R"("arguments":"{}")"));
  }
  EXPECT_THAT(events.back(), HasSubstr(R"("name":"g","arguments":"{}")"));
}

TEST(OpenAiResponse, SaysTheTierThatServed) {
  const char* body = R"({"model":"m","input":"a","service_tier":"priority"})";
  const auto tier = [&](std::string served) {
    const ChatAnswer answer{.text = "So.", .service_tier = std::move(served)};
    const auto value =
        json::Value::Parse(FacadeAnswered(kOpenAiFacadeResponse, body, answer)).value();
    return *value.Find("service_tier")->AsString();
  };
  EXPECT_EQ(tier("default"), "default");
  EXPECT_EQ(tier(""), "priority");  // the server says nothing: what was asked for
  auto events = HelloEvents();
  events[0].insert(1, R"("service_tier":"flex",)");
  EXPECT_THAT(FacadeStreamed(kOpenAiFacadeResponse, body, events).back(),
              HasSubstr(R"("service_tier":"flex")"));
}

TEST(OpenAiResponse, StreamsEachBlockAsAnItem) {
  const auto events = FacadeStreamed(
      kOpenAiFacadeResponse, R"({"model":"m","input":"a"})",
      {R"({"choices":[{"delta":{"reasoning_content":"t"}}]})",
       R"({"choices":[{"delta":{"content":"a"}}]})", R"({"choices":[{"delta":{"content":"b"}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"f",)"
       R"("arguments":"{}"}}]}}]})",
       R"({"choices":[{"delta":{},"finish_reason":"length"}]})",
       R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"});
  EXPECT_THAT(TypesOf(events),
              ElementsAre("response.created", "response.in_progress", "response.output_item.added",
                          "response.content_part.added", "response.reasoning_text.delta",
                          "response.reasoning_text.done", "response.content_part.done",
                          "response.output_item.done", "response.output_item.added",
                          "response.content_part.added", "response.output_text.delta",
                          "response.output_text.delta", "response.output_text.done",
                          "response.content_part.done", "response.output_item.done",
                          "response.output_item.added", "response.function_call_arguments.delta",
                          "response.function_call_arguments.done", "response.output_item.done",
                          "response.incomplete"));
  EXPECT_THAT(events[12], HasSubstr(R"("output_index":1,"content_index":0,"text":"ab")"));
  EXPECT_THAT(events.back(), HasSubstr(R"("incomplete_details":{"reason":"max_output_tokens"})"));
  EXPECT_THAT(events.back(), HasSubstr(R"("sequence_number":19)"));
}

TEST(OpenAiResponse, ACallThatCannotBeReadIsAnError) {
  const auto events = FacadeStreamed(
      kOpenAiFacadeResponse, R"({"model":"m","input":"a"})",
      {R"({"choices":[{"delta":{"content":"a"},"finish_reason":"malformed_tool_call"}]})"});
  EXPECT_THAT(events.back(), HasSubstr("tool call that can't be read"));
}

}  // namespace
}  // namespace bedplate::models
