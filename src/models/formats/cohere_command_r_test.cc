#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "cohere-command-r";
constexpr const char* kBody = R"({"message":"Hi"})";

TEST(CohereCommandR, AsksWithEverySetting) {
  EXPECT_EQ(
      Asked(
          kFamily,
          R"({"message":"Bye","preamble":"Be kind.","chat_history":[)"
          R"({"role":"USER","message":"Hi"},{"role":"CHATBOT","message":"Yo"}],)"
          R"("max_tokens":100,"temperature":0.5,"p":0.75,"k":9,"frequency_penalty":0.1,)"
          R"("presence_penalty":0.25,"seed":7,"stop_sequences":["x"],"search_queries_only":false,)"
          R"("return_prompt":false,"raw_prompting":false,"prompt_truncation":"OFF"})"),
      R"({"model":"local","messages":[{"role":"system","content":"Be kind."},)"
      R"({"role":"user","content":"Hi"},{"role":"assistant","content":"Yo"},)"
      R"({"role":"user","content":"Bye"}],"max_tokens":100,"temperature":0.5,"top_p":0.75,)"
      R"("stop":["x"],"top_k":9,"frequency_penalty":0.1,"presence_penalty":0.25,"seed":7,)"
      R"("stream":false})");
}

TEST(CohereCommandR, PutsDocumentsBehindThePreamble) {
  const std::string documents =
      R"("documents":[{"title":"Sky","snippet":"It is blue.","url":"u","_excludes":["url"]},)"
      R"({"snippet":"Or grey."}])";
  const std::string text = R"(Documents that the answer shall rest on:\n\nDocument 0\ntitle: Sky\n)"
                           R"(snippet: It is blue.\n\nDocument 1\nsnippet: Or grey.)";
  EXPECT_THAT(Asked(kFamily, R"({"message":"Hi",)" + documents + "}"),
              HasSubstr(R"("messages":[{"role":"system","content":")" + text +
                        R"("},{"role":"user","content":"Hi"}])"));
  EXPECT_THAT(Asked(kFamily, R"({"message":"Hi","preamble":"Be kind.",)" + documents + "}"),
              HasSubstr(R"("content":"Be kind.\n\n)" + text));
}

constexpr const char* kTools =
    R"("tools":[{"name":"get","description":"Gets.","parameter_definitions":{)"
    R"("town":{"description":"Which.","type":"str","required":true},)"
    R"("days":{"type":"List[int]"},"when":{"description":"A span.","type":"Tuple[int, int]"},)"
    R"("grid":{"type":"list[list[int]]"}}}])";

TEST(CohereCommandR, OffersToolsAndTellsTheirResults) {
  const std::string tools = kTools;
  EXPECT_THAT(
      Asked(kFamily, R"({"message":"Hi",)" + tools + "}"),
      HasSubstr(R"("tools":[{"type":"function","function":{"name":"get","description":"Gets.",)"
                R"("parameters":{"type":"object","properties":{"town":{"description":"Which.",)"
                R"("type":"string"},"days":{"type":"array","items":{"type":"integer"}},)"
                R"("when":{"description":"A span. Type: Tuple[int, int]"},)"
                R"("grid":{"description":"Type: list[list[int]]"}},"required":["town"]}}}])"));
  const std::string called =
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"call_0","type":"function",)"
      R"("function":{"name":"get","arguments":"{\"town\":\"Bern\"}"}}]})";
  const std::string told = R"({"role":"tool","content":"12\n{\"sky\":\"grey\"}",)"
                           R"("tool_call_id":"call_0"})";
  const std::string results =
      R"("tool_results":[{"call":{"name":"get","parameters":{"town":"Bern"}},)"
      R"("outputs":[{"text":"12"},{"sky":"grey"}]}])";
  EXPECT_THAT(
      Asked(kFamily, R"({"message":"Hi",)" + tools + "," + results + "}"),
      HasSubstr(R"("messages":[{"role":"user","content":"Hi"},)" + called + "," + told + "]"));
  // The question and the calls stand in the history already.
  EXPECT_THAT(
      Asked(kFamily, R"({"message":"","chat_history":[{"role":"USER","message":"Hi"},)"
                     R"({"role":"CHATBOT","message":"","tool_calls":[{"name":"get",)"
                     R"("parameters":{"town":"Bern"}}]}],)" +
                         results + "}"),
      HasSubstr(R"("messages":[{"role":"user","content":"Hi"},)" + called + "," + told + "]"));
  // All of it does.
  EXPECT_THAT(
      Asked(kFamily, R"({"message":"And?","chat_history":[{"role":"USER","message":"Hi"},)"
                     R"({"role":"TOOL",)" +
                         results + R"(},{"role":"CHATBOT","message":"Cold."}]})"),
      HasSubstr(R"("messages":[{"role":"user","content":"Hi"},)" + called + "," + told +
                R"(,{"role":"assistant","content":"Cold."},{"role":"user","content":"And?"}])"));
}

TEST(CohereCommandR, RefusesByPlace) {
  EXPECT_EQ(
      Refusal(kFamily,
              R"({"prompt":"Hi","chat_history":[{"role":"BOT","message":"Yo"},{"role":"USER"}],)"
              R"("documents":[{"title":7},"x"],"tools":[{"name":"get"}],"k":501,)"
              R"("search_queries_only":true,"return_prompt":true,"raw_prompting":true,)"
              R"("prompt_truncation":"AUTO_PRESERVE_ORDER"})"),
      "Malformed input request: #/documents/0/title: expected type: String, found: Integer"
      "#/documents/1: expected type: JSONObject, found: String"
      "#/chat_history/0/role: BOT is not a valid enum value"
      "#/chat_history/1: required key [message] not found"
      "#: required key [message] not found"
      "#/tools/0: required key [description] not found"
      "#/k: 501 is not less or equal to 500"
      "#/search_queries_only: true is not supported, only false"
      "#/return_prompt: true is not supported, only false"
      "#/raw_prompting: true is not supported, only false"
      R"(#/prompt_truncation: "AUTO_PRESERVE_ORDER" is not supported, only "OFF")"
      "#: extraneous key [prompt] is not permitted, please reformat your input and try again.");
  EXPECT_THAT(Refusal(kFamily, R"({"message":""})"),
              HasSubstr("#/message: expected minLength: 1, actual: 0"));
}

std::string WithoutIds(std::string json) {
  return Masked(Masked(std::move(json), "response_id"), "generation_id");
}

TEST(CohereCommandR, Answers) {
  EXPECT_EQ(WithoutIds(Answered(
                kFamily, R"({"message":"Bye","chat_history":[{"role":"USER","message":"Hi"}]})",
                {.text = "Yo", .usage = {.prompt_tokens = 5, .completion_tokens = 2}})),
            R"({"response_id":"*","text":"Yo","generation_id":"*","chat_history":[)"
            R"({"role":"USER","message":"Hi"},{"role":"USER","message":"Bye"},)"
            R"({"role":"CHATBOT","message":"Yo"}],"finish_reason":"COMPLETE",)"
            R"("meta":{"tokens":{"input_tokens":5,"output_tokens":2}}})");
  const std::string calls = R"("tool_calls":[{"name":"get","parameters":{"a":1}}])";
  EXPECT_THAT(Answered(kFamily, kBody,
                       {.text = "\n", .tool_calls = {{.name = "get", .arguments = R"({"a":1})"}}}),
              testing::AllOf(HasSubstr(R"("text":"",)"),
                             HasSubstr(R"({"role":"CHATBOT","message":"",)" + calls + "}]"),
                             HasSubstr(R"("finish_reason":"COMPLETE",)" + calls)));
  EXPECT_THAT(Answered(kFamily, kBody, {.tool_calls = {{.name = "get", .arguments = "7"}}}),
              HasSubstr("arguments that are not a JSON object"));
  auto answer = [](FinishReason reason) {
    return Answered(kFamily, kBody, {.text = "Yo", .finish = {.reason = reason}});
  };
  using enum FinishReason;
  EXPECT_THAT(answer(kLength), HasSubstr(R"("finish_reason":"MAX_TOKENS")"));
  EXPECT_THAT(answer(kMalformedToolCall), HasSubstr("can't be read"));
}

TEST(CohereCommandR, Streams) {
  auto streamed = [](const std::vector<std::string>& events) {
    return Masked(Masked(Streamed(kFamily, kBody, events), "response_id"), "generation_id");
  };
  const std::string start =
      R"({"event_type":"stream-start","is_finished":false,"generation_id":"*"})";
  const std::string meta = R"("meta":{"tokens":{"input_tokens":5,"output_tokens":2}}},)";
  EXPECT_THAT(
      streamed(HelloEvents()),
      ElementsAre(start, R"({"event_type":"text-generation","is_finished":false,"text":"Hello"})",
                  R"({"event_type":"stream-end","is_finished":true,"finish_reason":"COMPLETE",)"
                  R"("response":{"response_id":"*","text":"Hello","generation_id":"*",)"
                  R"("chat_history":[{"role":"USER","message":"Hi"},)"
                  R"({"role":"CHATBOT","message":"Hello"}],"finish_reason":"COMPLETE",)" +
                      meta + std::string(kTestMetrics)));
  const std::string calls = R"("tool_calls":[{"name":"get","parameters":{"a":1}}])";
  EXPECT_THAT(
      streamed(CallEvents()),
      ElementsAre(
          start, R"({"event_type":"text-generation","is_finished":false,"text":"Let me see."})",
          R"({"event_type":"tool-calls-generation","is_finished":false,)" + calls + "}",
          HasSubstr(R"("message":"Let me see.",)" + calls + R"(}],"finish_reason":"COMPLETE",)" +
                    calls + "," + meta + std::string(kTestMetrics))));
}

}  // namespace
}  // namespace bedplate::models
