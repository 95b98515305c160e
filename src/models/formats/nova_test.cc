// Bodies as the user guide of Amazon Nova shows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

constexpr const char* kFamily = "amazon-nova";

std::string Body(std::string_view members = "",
                 std::string_view messages = R"([{"role":"user","content":[{"text":"Hi"}]}])") {
  return R"({"messages":)" + std::string(messages) + (members.empty() ? "" : ",") +
         std::string(members) + "}";
}

TEST(Nova, AsksWithEverySetting) {
  EXPECT_EQ(Asked(kFamily, Body(R"("schemaVersion":"messages-v1","system":[{"text":"One."},)"
                                R"({"text":"Two."}],"inferenceConfig":{"maxTokens":64,)"
                                R"("temperature":0.5,"topP":0.9,"topK":40,"stopSequences":["END"],)"
                                R"("reasoningConfig":{"type":"enabled",)"
                                R"("maxReasoningEffort":"low"}})")),
            R"({"model":"local","messages":[{"role":"system","content":"One.\nTwo."},)"
            R"({"role":"user","content":"Hi"}],"max_tokens":64,"temperature":0.5,"top_p":0.9,)"
            R"("stop":["END"],"top_k":40,"reasoning_effort":"low","stream":false})");
  // The names of its first version.
  EXPECT_EQ(Asked(kFamily, Body(R"("inferenceConfig":{"max_new_tokens":64,"top_p":1,"top_k":2})")),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":64,)"
            R"("top_p":1,"top_k":2,"stream":false})");
  EXPECT_EQ(Asked(kFamily, Body(R"("reasoningConfig":{"type":"disabled"})")),
            Asked(kFamily, Body()));
}

TEST(Nova, ReadsBlocksOfEveryKind) {
  const std::string messages =
      R"([{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"iVBORw=="}}},)"
      R"({"text":"What is this?"},{"cachePoint":{"type":"default"}}]},)"
      R"({"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm."}}},)"
      R"({"toolUse":{"toolUseId":"t1","name":"look","input":{"at":"it"}}},)"
      R"({"toolUse":{"toolUseId":"t2","name":"now","input":{}}}]},)"
      R"({"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[{"json":)"
      R"({"cat":true}},{"text":"yes"}],"status":"success"}},{"toolResult":{"toolUseId":"t2",)"
      R"("content":[{"text":"lost"}],"status":"error"}}]}])";
  EXPECT_THAT(
      Asked(kFamily, Body("", messages)),
      StartsWith(
          R"({"model":"local","messages":[{"role":"user","content":[{"type":"image_url",)"
          R"("image_url":{"url":"data:image/png;base64,iVBORw=="}},{"type":"text",)"
          R"("text":"What is this?","cache_control":{"type":"ephemeral","ttl":"5m"}}]},{"role":"assistant","reasoning_content":"Hm.",)"
          R"("content":null,"tool_calls":[{"id":"t1","type":"function","function":)"
          R"({"name":"look","arguments":"{\"at\":\"it\"}"}},{"id":"t2","type":"function",)"
          R"("function":{"name":"now","arguments":"{}"}}]},)"
          R"({"role":"tool","content":"{\"cat\":true}\nyes","tool_call_id":"t1"},)"
          R"({"role":"tool","content":"Error: lost","tool_call_id":"t2"}],)"));
}

TEST(Nova, SaysWhetherToThinkInEachServersWords) {
  const auto asked = [](const NativeCall& call, std::string_view config) {
    const std::string body = Body(R"("reasoningConfig":)" + std::string(config));
    auto chat = FindFormat(kFamily)->read_chat(body, call);
    if (!chat) return chat.error().message;
    const std::string asked = (*chat)->UpstreamBody(call);
    const size_t at = asked.find("}],") + 3;
    return asked.substr(at, asked.find(R"("stream")") - at);
  };
  NativeCall engine = TestCall();
  engine.early_usage = true;
  NativeCall anthropic = TestCall();
  anthropic.takes_sources = true;
  const std::string on = R"({"type":"enabled","maxReasoningEffort":"low"})";
  const std::string off = R"({"type":"disabled"})";
  EXPECT_EQ(asked(engine, on),
            R"("chat_template_kwargs":{"enable_thinking":true},"reasoning_effort":"low",)");
  EXPECT_EQ(asked(engine, off), R"("chat_template_kwargs":{"enable_thinking":false},)");
  EXPECT_EQ(asked(anthropic, on), R"("thinking":{"type":"adaptive"},"reasoning_effort":"low",)");
  EXPECT_EQ(asked(anthropic, off), R"("thinking":{"type":"disabled"},)");
  EXPECT_EQ(asked(TestCall(), on), R"("reasoning_effort":"low",)");
  EXPECT_EQ(asked(TestCall(), off), "");
  EXPECT_THAT(asked(engine, R"({"type":"enabled"})"),
              HasSubstr("#/reasoningConfig: required key [maxReasoningEffort] not found"));
}

TEST(Nova, DemandsAUserFirstAndAResultForEachCall) {
  const auto refusal = [](std::string_view messages) {
    return Refusal(kFamily, Body("", "[" + std::string(messages) + "]"));
  };
  const std::string asks = R"({"role":"user","content":[{"text":"Hi"}]})";
  const std::string calls = R"({"role":"assistant","content":[{"toolUse":{"toolUseId":"a",)"
                            R"("name":"n","input":{}}}]})";
  const std::string answers = R"({"role":"user","content":[{"toolResult":{"toolUseId":"a",)"
                              R"("content":[{"text":"x"}]}}]})";
  EXPECT_EQ(refusal(R"({"role":"assistant","content":[{"text":"Hi"}]})"),
            "A conversation must start with a user message, but messages.0.role is assistant. Try "
            "again with a conversation that starts with a user message.");
  EXPECT_EQ(refusal(asks + "," + calls + "," + asks),
            "Expected toolResult blocks at messages.2.content for the following Ids: a");
  EXPECT_EQ(refusal(answers),
            "The number of toolResult blocks at messages.0.content exceeds the number of toolUse "
            "blocks of previous turn: a answers none.");
  EXPECT_EQ(refusal(asks + "," + calls + "," + answers), "");
  EXPECT_EQ(refusal(asks + "," + calls), "");
}

constexpr const char* kTool =
    R"({"toolSpec":{"name":"top_song","description":"Of a station.","inputSchema":{"json":)"
    R"({"type":"object","properties":{"sign":{"type":"string"}}}}}})";

TEST(Nova, HandsToolsOn) {
  auto choice = [](std::string_view choice) {
    return Asked(kFamily, Body(R"("toolConfig":{"tools":[)" + std::string(kTool) +
                               R"(],"toolChoice":)" + std::string(choice) + "}"));
  };
  EXPECT_THAT(choice(R"({"auto":{}})"),
              HasSubstr(R"("tools":[{"type":"function","function":{"name":"top_song",)"
                        R"("description":"Of a station.","parameters":{"type":"object",)"
                        R"("properties":{"sign":{"type":"string"}}}}}],"tool_choice":"auto",)"));
  EXPECT_THAT(choice(R"({"any":{}})"), HasSubstr(R"("tool_choice":"required")"));
  EXPECT_THAT(choice(R"({"tool":{"name":"top_song"}})"),
              HasSubstr(R"("tool_choice":{"type":"function","function":{"name":"top_song"}})"));
  EXPECT_THAT(choice(R"({"tool":{"name":"x"}})"),
              HasSubstr("#/toolConfig/toolChoice/tool/name: x is not a valid enum value"));
  EXPECT_THAT(choice(R"({"none":{}})"),
              HasSubstr("#/toolConfig/toolChoice: required key [tool] not found"
                        "#/toolConfig/toolChoice: extraneous key [none] is not permitted"));
}

TEST(Nova, RefusesByMember) {
  auto what = [](std::string_view body) {
    const std::string message = Refusal(kFamily, body);
    constexpr size_t kBefore = sizeof "Malformed input request: " - 1;
    return message.empty() ? message : message.substr(kBefore, message.find(", please") - kBefore);
  };
  EXPECT_EQ(what("{}"), "#: required key [messages] not found");
  EXPECT_EQ(what(Body(R"("schemaVersion":"v2","max_tokens":5,"inferenceConfig":{"maxTokens":0,)"
                      R"("top_p":"a","topK":129,"seed":1})")),
            "#/schemaVersion: v2 is not a valid enum value"
            "#/inferenceConfig/maxTokens: 0 is not greater or equal to 1"
            "#/inferenceConfig/top_p: expected type: Number, found: String"
            "#/inferenceConfig/topK: 129 is not less or equal to 128"
            "#/inferenceConfig: extraneous key [seed] is not permitted"
            "#: extraneous key [max_tokens] is not permitted");
  EXPECT_EQ(what(Body(R"("inferenceConfig":{"topP":1,"top_p":1})")),
            "#/inferenceConfig/topP: only one of topP and top_p can be set"
            "#/inferenceConfig: extraneous key [topP] is not permitted");
  EXPECT_EQ(what(Body(R"("toolConfig":{"tools":[]})")),
            "#/toolConfig/tools: expected minimum item count: 1, found: 0");
  EXPECT_EQ(what(Body(R"("toolConfig":{"tools":[{"toolSpec":{"name":"","inputSchema":{}}},)"
                      R"({"systemTool":{"name":"nova_grounding"}}]})")),
            "#/toolConfig/tools/0/toolSpec/name: expected minLength: 1, actual: 0"
            "#/toolConfig/tools/0/toolSpec/inputSchema: required key [json] not found"
            "#/toolConfig/tools/1: required key [toolSpec] not found"
            "#/toolConfig/tools/1: extraneous key [systemTool] is not permitted");
  auto block = [&](std::string_view role, std::string_view block) {
    return what(Body(
        "", R"([{"role":")" + std::string(role) + R"(","content":[)" + std::string(block) + "]}]"));
  };
  EXPECT_EQ(what(Body("", R"([{"role":"user","content":"Hi"}])")),
            "#/messages/0/content: expected type: JSONArray, found: String");
  EXPECT_EQ(block("system", R"({"text":"a"})"),
            "#/messages/0/role: system is not a valid enum value");
  EXPECT_EQ(block("user", R"({"text":""})"),
            "#/messages/0/content/0/text: expected minLength: 1, actual: 0");
  EXPECT_EQ(block("user", R"({"video":{}})"),
            "#/messages/0/content/0: required key [text] not found"
            "#/messages/0/content/0: extraneous key [video] is not permitted");
  EXPECT_EQ(block("user", R"({"image":{"format":"bmp","source":{"bytes":"iVBORw=="}}})"),
            "#/messages/0/content/0/image/format: bmp is not a valid enum value");
  EXPECT_EQ(block("user", R"({"image":{"format":"png","source":{"s3Location":{}}}})"),
            "#/messages/0/content/0/image/source: required key [bytes] not found"
            "#/messages/0/content/0/image/source: extraneous key [s3Location] is not permitted");
  EXPECT_EQ(block("user", R"({"toolResult":{"toolUseId":"t","content":[{"json":1}],)"
                          R"("status":"done"}})"),
            "#/messages/0/content/0/toolResult/content/0/json: expected type: JSONObject, "
            "found: Integer#/messages/0/content/0/toolResult/status: done is not a valid enum "
            "value");
}

TEST(Nova, Answers) {
  const ChatAnswer answer{
      .text = "I look.",
      .reasoning = {{.text = "Hm."}},
      .tool_calls = {{.id = "t1", .name = "look", .arguments = R"({"at":"it"})"}},
      .usage = {.prompt_tokens = 5, .completion_tokens = 2}};
  EXPECT_EQ(
      Answered(kFamily, Body(), answer),
      R"({"output":{"message":{"content":[{"reasoningContent":{"reasoningText":)"
      R"({"text":"Hm."}}},{"text":"I look."},{"toolUse":{"toolUseId":"t1","name":"look",)"
      R"("input":{"at":"it"}}}],"role":"assistant"}},"stopReason":"tool_use",)"
      R"("usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7,"cacheReadInputTokenCount":0,"cacheWriteInputTokenCount":0}})");
  auto stop = [](FinishReason reason) {
    return Answered(kFamily, Body(), {.text = "x", .finish = {.reason = reason}});
  };
  using enum FinishReason;
  EXPECT_THAT(stop(kStop), HasSubstr(R"("stopReason":"end_turn")"));
  EXPECT_THAT(stop(kLength), HasSubstr(R"("stopReason":"max_tokens")"));
  EXPECT_THAT(stop(kStopSequence), HasSubstr(R"("stopReason":"stop_sequence")"));
  EXPECT_THAT(stop(kContentFilter), HasSubstr(R"("stopReason":"content_filtered")"));
  EXPECT_THAT(stop(kMalformedToolCall), HasSubstr(R"("stopReason":"malformed_tool_use")"));
}

TEST(Nova, LeavesSpaceOutBesideCalls) {
  const std::string space = R"({"choices":[{"delta":{"content":"\n\n"}}]})";
  const std::string text = R"({"choices":[{"delta":{"content":"So."}}]})";
  const std::string call =
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"t1","function":{"name":"a"}}]}}]})";
  auto delta = [](std::string_view text, int index) {
    return R"({"contentBlockDelta":{"delta":{"text":")" + std::string(text) +
           R"("},"contentBlockIndex":)" + std::to_string(index) + "}}";
  };
  EXPECT_THAT(Streamed(kFamily, Body(), {space, call, space})[1],
              StartsWith(R"({"contentBlockStart")"));
  EXPECT_EQ(Streamed(kFamily, Body(), {space, call, space}).size(), 5u);
  EXPECT_THAT(Streamed(kFamily, Body(), {space, text, call, space, text}),
              AllOf(Contains(delta(R"(\n\nSo.)", 0)), Contains(delta(R"(\n\nSo.)", 2))));
  // What is all that the model said.
  EXPECT_THAT(Streamed(kFamily, Body(), {space}), Contains(delta(R"(\n\n)", 0)));
  EXPECT_THAT(Answered(kFamily, Body(), {.text = "\n", .tool_calls = {{.id = "t", .name = "a"}}}),
              HasSubstr(R"("content":[{"toolUse")"));
  EXPECT_THAT(Answered(kFamily, Body(), {.text = "\n"}), HasSubstr(R"([{"text":"\n"}])"));
}

TEST(Nova, Streams) {
  const std::vector<std::string> chunks =
      Streamed(kFamily, Body(),
               {R"({"choices":[{"delta":{"role":"assistant","content":""}}]})",
                R"({"choices":[{"delta":{"reasoning_content":"Hm."}}]})",
                R"({"choices":[{"delta":{"content":"I look."}}]})",
                R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"look",)"
                R"("arguments":"{}"}}]}}]})",
                R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})",
                R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"});
  EXPECT_THAT(
      chunks,
      ElementsAre(
          R"({"messageStart":{"role":"assistant"}})",
          R"({"contentBlockDelta":{"delta":{"reasoningContent":{"reasoningText":{"text":)"
          R"("Hm."}}},"contentBlockIndex":0}})",
          R"({"contentBlockStop":{"contentBlockIndex":0}})",
          R"({"contentBlockDelta":{"delta":{"text":"I look."},"contentBlockIndex":1}})",
          R"({"contentBlockStop":{"contentBlockIndex":1}})",
          MatchesRegex(R"(\{"contentBlockStart":\{"start":\{"toolUse":\{"toolUseId":)"
                       R"("tooluse_[0-9A-Za-z]+","name":"look"\}\},"contentBlockIndex":2\}\})"),
          R"({"contentBlockDelta":{"delta":{"toolUse":{"input":"{}"}},"contentBlockIndex":2}})",
          R"({"contentBlockStop":{"contentBlockIndex":2}})",
          R"({"messageStop":{"stopReason":"tool_use"}})",
          R"({"metadata":{"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7,"cacheReadInputTokenCount":0,"cacheWriteInputTokenCount":0}},)"
          R"("amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":2,)"
          R"("invocationLatency":30,"firstByteLatency":10}})"));
}

}  // namespace
}  // namespace bedplate::models
