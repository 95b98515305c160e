// Bodies as the documentation of Anthropic's Messages API and of Bedrock shows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kFamily = "anthropic-messages";

// A body that needs no more than `members`.
std::string Body(std::string_view members = "",
                 std::string_view messages = R"([{"role":"user","content":"Hi"}])") {
  return R"({"anthropic_version":"bedrock-2023-05-31","max_tokens":64,"messages":)" +
         std::string(messages) + (members.empty() ? "" : ",") + std::string(members) + "}";
}

std::string AskedFor(std::string_view members,
                     std::string_view messages = R"([{"role":"user","content":"Hi"}])") {
  return Asked(kFamily, Body(members, messages));
}

// Calls of models that answer at a server of Anthropic's protocol, and by bedplate-engine.
NativeCall AnthropicCall() {
  NativeCall call = TestCall();
  call.takes_sources = true;
  return call;
}
NativeCall EngineCall() {
  NativeCall call = TestCall();
  call.early_usage = true;
  return call;
}

std::string AskedBy(const NativeCall& call, std::string_view body) {
  auto chat = FindFormat(kFamily)->read_chat(body, call);
  return chat ? (*chat)->UpstreamBody(call) : chat.error().message;
}

// The part of a refusal between the words that all have.
std::string What(std::string_view body) {
  std::string message = Refusal(kFamily, body);
  constexpr std::string_view kBefore = "Malformed input request: ";
  constexpr std::string_view kAfter = ", please reformat your input and try again.";
  if (message.empty()) return message;
  EXPECT_THAT(message, StartsWith(std::string(kBefore)));
  EXPECT_THAT(message, EndsWith(std::string(kAfter)));
  return message.substr(kBefore.size(), message.size() - kBefore.size() - kAfter.size());
}

TEST(AnthropicMessages, AsksWithEverySetting) {
  EXPECT_EQ(AskedFor(R"("system":"Be brief.","temperature":0.5,"top_p":0.9,"top_k":40,)"
                     R"("stop_sequences":["END"],"metadata":{"user_id":"u1"},)"
                     R"("anthropic_beta":["output-128k-2025-02-19"])"),
            R"({"model":"local","messages":[{"role":"system","content":"Be brief."},)"
            R"({"role":"user","content":"Hi"}],"max_tokens":64,"temperature":0.5,"top_p":0.9,)"
            R"("stop":["END"],"top_k":40,"user":"u1","stream":false})");
  EXPECT_EQ(Asked(kFamily, Body(), NativeUse::kStream),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":64,)"
            R"("stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(Asked(kFamily, Body(R"("top_k":1)"), NativeUse::kCountTokens),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}]})");
}

TEST(AnthropicMessages, ReadsBlocksOfEveryKind) {
  const std::string messages =
      R"([{"role":"user","content":[{"type":"text","text":"What is","cache_control":)"
      R"({"type":"ephemeral"}},{"type":"text","text":"this?"},{"type":"image","source":)"
      R"({"type":"base64","media_type":"image/png","data":"iVBORw=="}}]},)"
      R"({"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":""},)"
      R"({"type":"text","text":"I look.","citations":null},{"type":"tool_use","id":"toolu_1",)"
      R"("name":"look","input":{"at":"it"}},{"type":"tool_use","id":"toolu_2","name":"now",)"
      R"("input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":)"
      R"([{"type":"text","text":"A cat."},{"type":"image","source":{"type":"base64",)"
      R"("media_type":"image/jpeg","data":"/9j/"}}],"is_error":true},)"
      R"({"type":"tool_result","tool_use_id":"toolu_2","content":"done"},)"
      R"({"type":"text","text":"Well?"}]}])";
  EXPECT_THAT(
      AskedFor(R"("system":[{"type":"text","text":"One."},{"type":"text","text":"Two."}])",
               messages),
      StartsWith(
          R"({"model":"local","messages":[{"role":"system","content":"One.\nTwo."},)"
          R"({"role":"user","content":[{"type":"text","text":"What is","cache_control":)"
          R"({"type":"ephemeral","ttl":"5m"}},{"type":"text","text":"this?"},)"
          R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}}]},)"
          R"({"role":"assistant","reasoning_content":"Hm.","content":"I look.","tool_calls":)"
          R"([{"id":"toolu_1","type":"function","function":{"name":"look","arguments":)"
          R"("{\"at\":\"it\"}"}},{"id":"toolu_2","type":"function","function":{"name":"now",)"
          R"("arguments":"{}"}}]},)"
          R"({"role":"tool","content":"Error: A cat.","tool_call_id":"toolu_1"},)"
          R"({"role":"tool","content":"done","tool_call_id":"toolu_2"},)"
          R"({"role":"user","content":[{"type":"text","text":)"
          R"("Image in the result of tool call toolu_1:"},{"type":"image_url","image_url":)"
          R"({"url":"data:image/jpeg;base64,/9j/"}},{"type":"text","text":"Well?"}]}],)"));
}

constexpr const char* kTools =
    R"("tools":[{"name":"get_weather","description":"Weather of a town.","input_schema":)"
    R"({"type":"object","properties":{"town":{"type":"string"}},"required":["town"]}},)"
    R"({"type":"custom","name":"now","input_schema":{"type":"object"},"strict":true}])";

TEST(AnthropicMessages, HandsToolsOn) {
  const std::string tools =
      R"("tools":[{"type":"function","function":{"name":"get_weather","description":)"
      R"("Weather of a town.","parameters":{"type":"object","properties":{"town":{"type":)"
      R"("string"}},"required":["town"]}}},{"type":"function","function":{"name":"now",)"
      R"("parameters":{"type":"object"},"strict":true}}])";
  EXPECT_THAT(AskedFor(kTools), HasSubstr(tools + R"(,"max_tokens")"));
  auto choice = [&](std::string_view choice) {
    return AskedFor(std::string(kTools) + R"(,"tool_choice":)" + std::string(choice));
  };
  EXPECT_THAT(choice(R"({"type":"auto"})"), HasSubstr(tools + R"(,"tool_choice":"auto",)"));
  EXPECT_THAT(choice(R"({"type":"any"})"), HasSubstr(R"("tool_choice":"required",)"));
  EXPECT_THAT(choice(R"({"type":"none"})"), HasSubstr(R"("tool_choice":"none",)"));
  EXPECT_THAT(choice(R"({"type":"tool","name":"now","disable_parallel_tool_use":true})"),
              HasSubstr(R"("tool_choice":{"type":"function","function":{"name":"now"}},)"
                        R"("max_tokens":64,"parallel_tool_calls":false,)"));
}

TEST(AnthropicMessages, HandsThinkingAndSchemasOn) {
  EXPECT_THAT(AskedFor(R"("thinking":{"type":"adaptive"},"output_config":{"effort":"low"})"),
              HasSubstr(R"("thinking":{"type":"adaptive"},"reasoning_effort":"low")"));
  EXPECT_EQ(AskedFor(R"("thinking":{"type":"disabled"})"), AskedFor(""));
  EXPECT_THAT(AskedFor(R"("output_config":{"format":{"type":"json_schema","schema":{"a":1}}})"),
              HasSubstr(R"("response_format":{"type":"json_schema","json_schema":{"name":)"
                        R"("answer","schema":{"a":1},"strict":true}})"));
  EXPECT_THAT(What(Body(R"("thinking":{"type":"enabled","budget_tokens":2048})")),
              HasSubstr("#/thinking/budget_tokens: 2048 is not less than max_tokens, 64"));
}

TEST(AnthropicMessages, SaysWhetherToThinkInEachServersWords) {
  const auto asked = [](const NativeCall& call, std::string_view thinking) {
    const std::string body =
        AskedBy(call, R"({"anthropic_version":"bedrock-2023-05-31","max_tokens":4096,)"
                      R"("messages":[{"role":"user","content":"Hi"}],"thinking":)" +
                          std::string(thinking) + "}");
    const size_t at = body.find(R"("max_tokens":4096,)");
    return at == body.npos ? body : body.substr(at + 18, body.find(R"("stream")") - at - 18);
  };
  const std::string enabled = R"({"type":"enabled","budget_tokens":2048})";
  const std::string omitted = R"({"type":"adaptive","display":"omitted"})";
  EXPECT_EQ(asked(EngineCall(), enabled), R"("chat_template_kwargs":{"enable_thinking":true},)");
  EXPECT_EQ(asked(EngineCall(), omitted), R"("chat_template_kwargs":{"enable_thinking":true},)");
  EXPECT_EQ(asked(EngineCall(), R"({"type":"disabled"})"),
            R"("chat_template_kwargs":{"enable_thinking":false},)");
  EXPECT_EQ(asked(EngineCall(), "null"), "");
  EXPECT_EQ(asked(AnthropicCall(), enabled), R"("thinking":)" + enabled + ",");
  EXPECT_EQ(asked(AnthropicCall(), omitted), R"("thinking":)" + omitted + ",");
  EXPECT_EQ(asked(AnthropicCall(), R"({"type":"disabled"})"), R"("thinking":{"type":"disabled"},)");
  // A server of OpenAI's protocol has no word against it.
  EXPECT_EQ(asked(TestCall(), enabled), R"("thinking":)" + enabled + ",");
  EXPECT_EQ(asked(TestCall(), R"({"type":"disabled"})"), "");
  EXPECT_THAT(What(Body(R"("thinking":{"type":"adaptive","display":"all"})")),
              HasSubstr("#/thinking/display: all is not a valid enum value"));
  EXPECT_THAT(What(Body(R"("thinking":{"type":"disabled","display":"omitted"})")),
              HasSubstr("#/thinking: extraneous key [display] is not permitted"));
}

TEST(AnthropicMessages, CountsWhatTheEnginesTemplateIsTold) {
  NativeCall call = EngineCall();
  call.use = NativeUse::kCountTokens;
  call.tokenize_members = TokenizeMembers::kAll;
  EXPECT_THAT(AskedBy(call, Body(R"("thinking":{"type":"disabled"})")),
              HasSubstr(R"("chat_template_kwargs":{"enable_thinking":false})"));
}

TEST(AnthropicMessages, TakesNullForWhatIsUnset) {
  EXPECT_EQ(
      AskedFor(R"("system":null,"temperature":null,"stop_sequences":null,"thinking":null,)"
               R"("metadata":{"user_id":null},"output_config":{"effort":null,"format":null})"),
      AskedFor(""));
  const std::string call = R"({"type":"tool_use","id":"t","name":"look","input":{"at":null})";
  const auto history = [&](std::string_view more) {
    return R"([{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":)"
           R"("text/plain","data":"x"},"title":null,"context":null,"citations":null,)"
           R"("cache_control":null}]},{"role":"assistant","content":[)" +
           call + std::string(more) +
           R"(]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":)"
           R"([{"type":"text","text":"A cat.","citations":null}],"is_error":null}]}])";
  };
  const std::string tools =
      R"("tools":[{"type":null,"name":"look","description":null,"cache_control":null,)"
      R"("input_schema":{"type":"object","default":null}}])";
  const std::string asked = AskedFor(tools, history(R"(,"caller":null,"toolset_name":null})"));
  // What a tool is called with, and its schema, are the caller's own.
  EXPECT_THAT(asked, HasSubstr(R"("arguments":"{\"at\":null}")"));
  EXPECT_THAT(asked, HasSubstr(R"("parameters":{"type":"object","default":null})"));
  EXPECT_EQ(AskedFor(tools, history(R"(,"caller":{"type":"direct"}})")), asked);
  EXPECT_EQ(
      What(Body(tools, history(R"(,"caller":{"type":"code_execution_20250825",)"
                               R"("tool_id":"s"}})"))),
      "#/messages/1/content/0/caller/type: code_execution_20250825 is not a valid enum value");
  EXPECT_THAT(What(Body(R"("stop_sequences":[null])")),
              HasSubstr("#/stop_sequences/0: expected type: String, found: Null"));
  EXPECT_THAT(What(Body("", R"([{"role":"user","content":null}])")),
              HasSubstr("#/messages/0: required key [content] not found"));
}

TEST(AnthropicMessages, DemandsAResultForEachCallAndACallForEachResult) {
  const auto refusal = [](std::string_view messages) {
    return Refusal(kFamily, Body("", "[" + std::string(messages) + "]"));
  };
  const auto said = [](std::string_view role, std::string_view content) {
    return R"({"role":")" + std::string(role) + R"(","content":)" + std::string(content) + "}";
  };
  const auto calls = [&](std::string_view first, std::string_view second = "") {
    std::string blocks =
        R"({"type":"tool_use","id":")" + std::string(first) + R"(","name":"n","input":{}})";
    if (!second.empty()) {
      blocks +=
          R"(,{"type":"tool_use","id":")" + std::string(second) + R"(","name":"n","input":{}})";
    }
    return said("assistant", "[" + blocks + "]");
  };
  const auto result = [](std::string_view id) {
    return R"({"type":"tool_result","tool_use_id":")" + std::string(id) + R"(","content":"x"})";
  };
  const std::string asks = said("user", R"("Hi")");
  EXPECT_EQ(refusal(asks + "," + calls("a") + "," + said("user", R"("And?")")),
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: "
            "a. Each `tool_use` block must have a corresponding `tool_result` block in the next "
            "message.");
  EXPECT_THAT(refusal(asks + "," + calls("a", "b") + "," + asks),
              HasSubstr("immediately after: a, b. Each"));
  EXPECT_THAT(refusal(asks + "," + calls("a", "b") + "," + said("user", "[" + result("a") + "]")),
              HasSubstr("immediately after: b. Each"));
  EXPECT_EQ(refusal(said("user", R"([{"type":"text","text":"Hi"},)" + result("a") + "]")),
            "messages.0.content.1: unexpected `tool_use_id` found in `tool_result` blocks: a. Each "
            "`tool_result` block must have a corresponding `tool_use` block in the previous "
            "message.");
  EXPECT_THAT(refusal(asks + "," + calls("a") + "," +
                      said("user", "[" + result("a") + "," + result("b") + "]")),
              StartsWith("messages.2.content.1: unexpected `tool_use_id` found"));
  // A result once answered is none of a later turn.
  EXPECT_THAT(refusal(calls("a") + "," + said("user", "[" + result("a") + "]") + "," +
                      said("assistant", R"("So.")") + "," + said("user", "[" + result("a") + "]")),
              StartsWith("messages.3.content.0: unexpected `tool_use_id` found"));
  // What is called last may be unanswered, and messages of one side in a row are one turn.
  EXPECT_EQ(refusal(asks + "," + calls("a")), "");
  EXPECT_EQ(refusal(calls("a") + "," + calls("b") + "," + said("user", "[" + result("b") + "]") +
                    "," + said("user", "[" + result("a") + "]")),
            "");
  EXPECT_THAT(refusal(calls(std::string(1'000, 'i')) + "," + asks), testing::SizeIs(304));
}

TEST(AnthropicMessages, RefusesWhatIsMissingOrUnknown) {
  EXPECT_EQ(What("{}"),
            "#: required key [anthropic_version] not found#: required key [max_tokens] not found"
            "#: required key [messages] not found");
  EXPECT_EQ(
      What(Body(R"("model":"claude","stream":true)")),
      "#: extraneous key [model] is not permitted#: extraneous key [stream] is not permitted");
  EXPECT_EQ(What("[]"), "#: expected type: JSONObject, found: JSONArray");
  EXPECT_THAT(What("{"), HasSubstr("at byte 1"));
  EXPECT_EQ(What(R"({"anthropic_version":"2023-06-01","max_tokens":0,"messages":[]})"),
            "#/anthropic_version: 2023-06-01 is not a valid enum value"
            "#/max_tokens: 0 is not greater or equal to 1"
            "#/messages: expected minimum item count: 1, found: 0");
}

TEST(AnthropicMessages, RefusesSettingsByNameAndValue) {
  EXPECT_EQ(What(Body(R"("temperature":1.5,"top_p":-1,"top_k":501)")),
            "#/temperature: 1.5 is not less or equal to 1"
            "#/top_p: -1 is not greater or equal to 0"
            "#/top_k: 501 is not less or equal to 500");
  EXPECT_EQ(What(Body(R"("temperature":"hot","top_k":1.5,"stop_sequences":["",5])")),
            "#/temperature: expected type: Number, found: String"
            "#/top_k: expected type: Integer, found: BigDecimal"
            "#/stop_sequences/0: expected minLength: 1, actual: 0"
            "#/stop_sequences/1: expected type: String, found: Integer");
  EXPECT_EQ(What(Body(R"("system":5,"metadata":{"x":1},"thinking":{"type":"on"})")),
            "#/system: expected type: String, found: Integer"
            "#/thinking/type: on is not a valid enum value"
            "#/metadata: extraneous key [x] is not permitted");
  EXPECT_EQ(What(Body(R"("tool_choice":{"type":"auto"})")), "#: required key [tools] not found");
  EXPECT_EQ(What(Body(R"("tools":[{"type":"bash_20241022","name":"bash"}])")),
            "#/tools/0/type: bash_20241022 is not a valid enum value");
  EXPECT_EQ(What(Body(R"("tools":[{"name":"a b","input_schema":[]},{}])")),
            "#/tools/0/name: string [a b] does not match pattern ^[a-zA-Z0-9_-]{1,128}$"
            "#/tools/0/input_schema: expected type: JSONObject, found: JSONArray"
            "#/tools/1: required key [name] not found"
            "#/tools/1: required key [input_schema] not found");
  EXPECT_EQ(What(Body(std::string(kTools) + R"(,"tool_choice":{"type":"tool","name":"x"})")),
            "#/tool_choice/name: x is not a valid enum value");
}

TEST(AnthropicMessages, RefusesContentByItsPlace) {
  auto what = [](std::string_view message) {
    return What(Body("", "[" + std::string(message) + "]"));
  };
  EXPECT_EQ(what("5"), "#/messages/0: expected type: JSONObject, found: Integer");
  EXPECT_EQ(what(R"({"role":"system","content":"x"})"),
            "#/messages/0/role: system is not a valid enum value");
  EXPECT_EQ(what(R"({"role":"user"})"), "#/messages/0: required key [content] not found");
  EXPECT_EQ(what(R"({"role":"user","content":""})"),
            "#/messages/0/content: expected minLength: 1, actual: 0");
  EXPECT_EQ(what(R"({"role":"user","content":[]})"),
            "#/messages/0/content: expected minimum item count: 1, found: 0");
  auto block = [&](std::string_view role, std::string_view block) {
    return what(R"({"role":")" + std::string(role) + R"(","content":[)" + std::string(block) +
                "]}");
  };
  EXPECT_EQ(block("user", R"({"type":"text"})"),
            "#/messages/0/content/0: required key [text] not found");
  EXPECT_EQ(block("user", R"({"type":"text","text":"a","b":1})"),
            "#/messages/0/content/0: extraneous key [b] is not permitted");
  EXPECT_EQ(block("user", R"({"type":"document","source":{}})"),
            "#/messages/0/content/0/source: required key [type] not found");
  EXPECT_EQ(block("assistant", R"({"type":"document","source":{}})"),
            "#/messages/0/content/0/type: document is not a valid enum value");
  EXPECT_EQ(block("user", R"({"type":"tool_use","id":"a","name":"b","input":{}})"),
            "#/messages/0/content/0/type: tool_use is not a valid enum value");
  EXPECT_EQ(block("assistant", R"({"type":"tool_use","id":"a","name":"b","input":"c"})"),
            "#/messages/0/content/0/input: expected type: JSONObject, found: String");
  EXPECT_EQ(block("user", R"({"type":"image","source":{"type":"url","url":"x"}})"),
            "#/messages/0/content/0/source/type: url is not a valid enum value");
  EXPECT_EQ(block("user", R"({"type":"image","source":{"type":"base64","media_type":"image/bmp",)"
                          R"("data":"!"}})"),
            "#/messages/0/content/0/source/media_type: image/bmp is not a valid enum value");
  EXPECT_EQ(block("user", R"({"type":"image","source":{"type":"base64","media_type":"image/png",)"
                          R"("data":"!"}})"),
            "#/messages/0/content/0/source/data: the value is not base64 of an image");
  EXPECT_EQ(block("user", R"({"type":"tool_result","content":[{"type":"audio"}]})"),
            "#/messages/0/content/0: required key [tool_use_id] not found"
            "#/messages/0/content/0/content/0/type: audio is not a valid enum value");
}

// Without the part of ids that is made new each time.
std::string Plain(std::string text) {
  constexpr std::string_view kMade = "_bdrk_";
  constexpr size_t kCharacters = 24;
  for (size_t at = text.find(kMade); at != text.npos; at = text.find(kMade, at)) {
    const size_t end = text.find('"', at);
    EXPECT_EQ(end, at + kMade.size() + kCharacters) << text;
    text.erase(at, end - at);
  }
  return text;
}

TEST(AnthropicMessages, HandsBackNoThoughtWithoutText) {
  const auto asked = [](std::string_view thought) {
    return AskedFor("", R"([{"role":"user","content":"Hi"},{"role":"assistant","content":[)" +
                            std::string(thought) + R"({"type":"text","text":"So."}]}])");
  };
  EXPECT_EQ(asked(R"({"type":"thinking","thinking":"","signature":""},)"), asked(""));
  EXPECT_THAT(
      asked(R"({"type":"thinking","thinking":"","signature":"s"},)"),
      HasSubstr(R"("thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}])"));
}

const ChatUsage kUsage{.prompt_tokens = 5, .completion_tokens = 2};

TEST(AnthropicMessages, Answers) {
  EXPECT_EQ(
      Plain(Answered(kFamily, Body(), {.text = "Yo \"x\"", .usage = kUsage})),
      R"({"id":"msg","type":"message","role":"assistant",)"
      R"("model":"claude-3-haiku-20240307","content":[{"type":"text","text":"Yo \"x\""}],)"
      R"("stop_reason":"end_turn","stop_sequence":null,)"
      R"("usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}})");
}

TEST(AnthropicMessages, AnswersWithThoughtsAndCalls) {
  const ChatAnswer answer{
      .text = "I look.",
      .reasoning = {{.text = "Hm.", .signature = "s=="}},
      .tool_calls = {{.id = "call_1", .name = "look", .arguments = R"({"at": "it"})"},
                     {.name = "now"}},
      .finish = {.reason = FinishReason::kToolCalls},
      .usage = kUsage};
  EXPECT_THAT(Plain(Answered(kFamily, Body(), answer)),
              HasSubstr(R"("content":[{"type":"thinking","thinking":"Hm.","signature":"s=="},)"
                        R"({"type":"text","text":"I look."},{"type":"tool_use","id":"call_1",)"
                        R"("name":"look","input":{"at": "it"}},{"type":"tool_use","id":"toolu",)"
                        R"("name":"now","input":{}}],"stop_reason":"tool_use",)"
                        R"("stop_sequence":null)"));
}

TEST(AnthropicMessages, OmitsTheTextOfThoughtsWhereItIsAsked) {
  const std::string body = Body(R"("thinking":{"type":"adaptive","display":"omitted"})");
  const ChatAnswer answer{.text = "So.", .reasoning = {{.text = "Hm.", .signature = "s"}}};
  EXPECT_THAT(Answered(kFamily, body, answer),
              HasSubstr(R"("content":[{"type":"thinking","thinking":"","signature":"s"},)"
                        R"({"type":"text","text":"So."}])"));
  const std::vector<std::string> chunks =
      Streamed(kFamily, body,
               {R"({"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]})",
                R"({"choices":[{"index":0,"delta":{"thinking_blocks":[{"signature":"s"}]}}]})",
                R"({"choices":[{"index":0,"delta":{"content":"So."},"finish_reason":"stop"}]})"});
  EXPECT_THAT(chunks, testing::Not(testing::Contains(HasSubstr("thinking_delta"))));
  EXPECT_THAT(chunks, testing::Contains(HasSubstr(R"("content_block":{"type":"thinking")")));
  EXPECT_THAT(chunks, testing::Contains(HasSubstr("signature_delta")));
}

TEST(AnthropicMessages, SaysWhyItStopped) {
  auto stop = [](ChatFinish finish, std::vector<ChatToolCall> calls = {}) {
    const std::string body =
        Answered(kFamily, Body(), {.text = "x", .tool_calls = calls, .finish = finish});
    const size_t at = body.find(R"("stop_reason")");
    return at == body.npos ? body : body.substr(at, body.find(R"(,"usage")") - at);
  };
  using enum FinishReason;
  EXPECT_EQ(stop({kLength}), R"("stop_reason":"max_tokens","stop_sequence":null)");
  EXPECT_EQ(stop({kStopSequence, "END"}), R"("stop_reason":"stop_sequence","stop_sequence":"END")");
  EXPECT_EQ(stop({kContentFilter}), R"("stop_reason":"refusal","stop_sequence":null)");
  // Some servers end with "stop" after a call.
  EXPECT_THAT(stop({kStop}, {{.id = "1", .name = "a"}}), HasSubstr(R"("tool_use")"));
  EXPECT_THAT(stop({kMalformedToolCall}), HasSubstr("a tool call that can't be read"));
  EXPECT_THAT(stop({kStop}, {{.id = "1", .name = "a", .arguments = "[1]"}}),
              HasSubstr("called the tool a with arguments that are not a JSON object"));
}

std::string Delta(std::string_view delta) {
  return R"({"choices":[{"index":0,"delta":)" + std::string(delta) + R"(,"finish_reason":null}]})";
}
std::string Finish(std::string_view reason) {
  return R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + std::string(reason) + "\"}]}";
}
constexpr const char* kCounts =
    R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})";

std::vector<std::string> Events(const std::vector<std::string>& events) {
  std::vector<std::string> chunks = Streamed(kFamily, Body(), events);
  for (std::string& chunk : chunks) chunk = Plain(std::move(chunk));
  return chunks;
}

constexpr const char* kStart =
    R"({"type":"message_start","message":{"id":"msg","type":"message","role":"assistant",)"
    R"("model":"claude-3-haiku-20240307","content":[],"stop_reason":null,"stop_sequence":null,)"
    R"("usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}})";
constexpr const char* kStop =
    R"({"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":5,)"
    R"("outputTokenCount":2,"invocationLatency":30,"firstByteLatency":10}})";

TEST(AnthropicMessages, StreamsText) {
  EXPECT_THAT(
      Events({Delta(R"({"role":"assistant","content":""})"), Delta(R"({"content":"Hel"})"),
              Delta(R"({"content":"lo"})"), Finish("length"), kCounts}),
      ElementsAre(
          kStart,
          R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
          R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}})",
          R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}})",
          R"({"type":"content_block_stop","index":0})",
          R"({"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},)"
          R"("usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}})",
          kStop));
}

TEST(AnthropicMessages, StreamsThoughtsTextAndCallsAsBlocks) {
  EXPECT_THAT(
      Events({Delta(R"({"reasoning_content":"Hm."})"),
              Delta(R"({"thinking_blocks":[{"signature":"s=="}]})"), Delta(R"({"content":"So."})"),
              Delta(R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"a",)"
                    R"("arguments":""}}]})"),
              Delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"b\""}}]})"),
              Delta(R"({"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]})"),
              Delta(R"({"tool_calls":[{"index":1,"function":{"name":"now","arguments":"{}"}}]})"),
              Finish("tool_calls"), kCounts}),
      ElementsAre(
          kStart,
          R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking",)"
          R"("thinking":"","signature":""}})",
          R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",)"
          R"("thinking":"Hm."}})",
          R"({"type":"content_block_delta","index":0,"delta":{"type":"signature_delta",)"
          R"("signature":"s=="}})",
          R"({"type":"content_block_stop","index":0})",
          R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
          R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta",)"
          R"("text":"So."}})",
          R"({"type":"content_block_stop","index":1})",
          R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use",)"
          R"("id":"c1","name":"a","input":{}}})",
          R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",)"
          R"("partial_json":"{\"b\""}})",
          R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",)"
          R"("partial_json":":1}"}})",
          R"({"type":"content_block_stop","index":2})",
          R"({"type":"content_block_start","index":3,"content_block":{"type":"tool_use",)"
          R"("id":"toolu","name":"now","input":{}}})",
          R"({"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta",)"
          R"("partial_json":"{}"}})",
          R"({"type":"content_block_stop","index":3})",
          R"({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},)"
          R"("usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}})",
          kStop));
}

TEST(AnthropicMessages, TellsThePromptsTokensAtOnceWhereTheServerDoes) {
  EXPECT_THAT(
      Events({R"({"choices":[{"delta":{"content":""}}],"usage":{"prompt_tokens":5,)"
              R"("completion_tokens":0}})",
              Finish("stop"), kCounts})[0],
      HasSubstr(
          R"("usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0})"));
}

TEST(AnthropicMessages, EndsAStreamWhoseCallsCannotBeRead) {
  EXPECT_THAT(Events({Delta(R"({"content":"a"})"), Finish("malformed_tool_call"), kCounts}).back(),
              HasSubstr("a tool call that can't be read"));
  EXPECT_THAT(Events({Delta(R"({"tool_calls":[{"index":0,"id":"c1"}]})")}).back(),
              HasSubstr("a tool call without a name"));
  EXPECT_THAT(Events({Delta(R"({"tool_calls":[{"index":0,"id":"c1","function":{"name":"a"}}]})"),
                      Delta(R"({"tool_calls":[{"index":1,"id":"c2","function":{"name":"b"}}]})"),
                      Delta(R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})")})
                  .back(),
              HasSubstr("the pieces of several at once"));
}

constexpr const char* kDocument =
    R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"Grass."},)"
    R"("title":"T","context":"C","citations":{"enabled":true}})";
constexpr const char* kSearchResult =
    R"({"type":"search_result","source":"https://a","title":"R","content":)"
    R"([{"type":"text","text":"one"},{"type":"text","text":"two"}],"citations":{"enabled":true}})";

std::string Showing(std::string_view blocks) {
  return R"([{"role":"user","content":[)" + std::string(blocks) +
         R"(,{"type":"text","text":"Well?"}]}])";
}

// What a server of Anthropic's protocol is asked.
std::string AskedAnthropic(std::string_view messages) {
  return AskedBy(AnthropicCall(), Body("", messages));
}

TEST(AnthropicMessages, ShowsDocumentsAndSearchResultsAsText) {
  EXPECT_THAT(AskedFor("", Showing(std::string(kDocument) + "," + kSearchResult)),
              HasSubstr(R"("content":"<document name=\"T\">\nContext: C\nGrass.\n</document>\n)"
                        R"(<search_result title=\"R\" source=\"https://a\">\none\ntwo\n)"
                        R"(</search_result>\nWell?")"));
  EXPECT_THAT(AskedFor("", Showing(R"({"type":"document","source":{"type":"content","content":)"
                                   R"([{"type":"text","text":"a"},{"type":"text","text":"b"}]}})")),
              HasSubstr(R"("<document>\na\nb\n</document>\nWell?")"));
  auto chat = ReadChat(kFamily, Body("", Showing(std::string(kDocument) + "," + kSearchResult)));
  ASSERT_TRUE(chat);
  EXPECT_TRUE((*chat)->TakeCitedSources().empty());  // not asked yet
  (*chat)->UpstreamBody(TestCall());
  EXPECT_EQ((*chat)->TakeCitedSources().size(), 2);
}

TEST(AnthropicMessages, HandsSourcesToTheirOwnServer) {
  EXPECT_THAT(AskedAnthropic(Showing(kDocument)), HasSubstr(kDocument));
  EXPECT_THAT(AskedAnthropic(Showing(kSearchResult)), HasSubstr(kSearchResult));
  const std::string pdf =
      R"({"type":"document","source":{"type":"base64","media_type":"application/pdf",)"
      R"("data":"JVBERg=="}})";
  EXPECT_THAT(AskedAnthropic(Showing(pdf)), HasSubstr(pdf));
  std::string placed = kSearchResult;
  placed.pop_back();
  placed += R"(,"source_order":4294967296})";  // in the second message
  EXPECT_THAT(AskedAnthropic(R"([{"role":"assistant","content":[{"type":"tool_use","id":"t",)"
                             R"("name":"find","input":{}}]},)"
                             R"({"role":"user","content":[{"type":"tool_result","tool_use_id":)"
                             R"("t","content":[)" +
                             std::string(kSearchResult) + "]}]}]"),
              HasSubstr(R"("role":"tool","content":[)" + placed + "]"));
  const std::string cited =
      R"({"type":"text","text":"Grass","citations":[{"type":"char_location","cited_text":"Grass",)"
      R"("document_index":0,"start_char_index":0,"end_char_index":5,"document_title":"T"}]})";
  const std::string history = R"([{"role":"user","content":"Hi"},{"role":"assistant","content":[)"
                              R"({"type":"text","text":"It is "},)" +
                              cited + R"(]},{"role":"user","content":"So?"}])";
  EXPECT_THAT(AskedAnthropic(history), HasSubstr(cited));
  EXPECT_THAT(AskedFor("", history), HasSubstr(R"("content":"It is Grass"})"));
}

// A document of a tool's result has its turn before that of the document before it.
TEST(AnthropicMessages, CountsSourcesAsTheRequestHasThem) {
  const auto document = [](const std::string& title) {
    return R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"},)"
           R"("title":")" +
           title + R"(","citations":{"enabled":true}})";
  };
  const std::string message = R"([{"role":"assistant","content":[{"type":"tool_use","id":"t",)"
                              R"("name":"find","input":{}}]},{"role":"user","content":[)" +
                              document("a") +
                              R"(,{"type":"tool_result","tool_use_id":"t","content":[)" +
                              document("b") + "]}," + document("c") + "]}]";
  auto chat = ReadChat(kFamily, Body("", message));
  ASSERT_TRUE(chat) << chat.error().message;
  (*chat)->UpstreamBody(TestCall());
  std::vector<std::string> titles;
  for (const ChatSource& source : (*chat)->TakeCitedSources()) titles.push_back(source.title);
  EXPECT_THAT(titles, ElementsAre("a", "b", "c"));
  const std::string asked = AskedAnthropic(message);
  EXPECT_THAT(asked,
              HasSubstr(R"("title":"b","citations":{"enabled":true},"source_order":4294967297})"));
  EXPECT_THAT(asked,
              HasSubstr(R"("title":"c","citations":{"enabled":true},"source_order":4294967298})"));
}

TEST(AnthropicMessages, RefusesSourcesByName) {
  const auto refusal = [](std::string_view blocks) { return What(Body("", Showing(blocks))); };
  EXPECT_EQ(refusal(R"({"type":"document","source":{"type":"url","url":"https://a"}})"),
            "#/messages/0/content/0/source/type: url is not a valid enum value");
  EXPECT_EQ(refusal(R"({"type":"document","source":{"type":"base64","media_type":)"
                    R"("application/pdf","data":"JVBERg=="}})"),
            "#/messages: the source of document 0 is of the type base64, which is not supported by "
            "this model: send its text");
  EXPECT_THAT(refusal(R"({"type":"document","source":{"type":"text","media_type":"text/html",)"
                      R"("data":"x"}})"),
              HasSubstr("#/messages/0/content/0/source/media_type: text/html"));
  EXPECT_THAT(refusal(R"({"type":"document","source":{"type":"content","content":[]}})"),
              HasSubstr("#/messages/0/content/0/source/content: expected minimum item count: 1"));
  EXPECT_THAT(refusal(R"({"type":"search_result","source":"S","content":[]})"),
              HasSubstr("required key [title] not found"));
  EXPECT_THAT(refusal(R"({"type":"text","text":"x","citations":[{}]})"),
              HasSubstr("#/messages/0/content/0/citations: are of an assistant's text alone"));
  const std::string without = R"({"type":"document","source":{"type":"text","media_type":)"
                              R"("text/plain","data":"x"}})";
  EXPECT_EQ(refusal(std::string(kDocument) + "," + without),
            "#/messages: citations/enabled is true of document 0 and false of document 1: it must "
            "be the same of each document");
  EXPECT_EQ(refusal(std::string(kSearchResult) + "," + without), "");
  EXPECT_THAT(What(Body(R"("output_config":{"format":{"type":"json_schema","schema":{}}})",
                        Showing(kDocument))),
              HasSubstr("#/output_config/format: is not supported together with citations"));
  EXPECT_THAT(What(Body("", R"([{"role":"user","content":"a"},{"role":"assistant","content":[)"
                            R"({"type":"text","text":"x","citations":[{"type":"newer"},)"
                            R"({"type":"page_location"}]}]}])")),
              HasSubstr("#/messages/1/content/0/citations/1: has no document_index"));
}

const ChatCitation kCitation{.index = 0, .start = 1, .end = 2, .title = "T", .cited_text = "c"};
constexpr const char* kCitationJson =
    R"({"type":"char_location","cited_text":"c","document_index":0,"start_char_index":1,)"
    R"("end_char_index":2,"document_title":"T"})";

TEST(AnthropicMessages, AnswersWithCitations) {
  const ChatAnswer answer{.text = "So: quote. Yes.",
                          .cited = {{.begin = 4, .end = 10, .citations = {kCitation}}},
                          .usage = kUsage};
  EXPECT_THAT(
      Answered(kFamily, Body(), answer),
      HasSubstr(R"("content":[{"type":"text","text":"So: "},{"type":"text","text":"quote.",)"
                R"("citations":[)" +
                std::string(kCitationJson) + R"(]},{"type":"text","text":" Yes."}])"));
}

TEST(AnthropicMessages, StreamsCitations) {
  const std::string cites =
      R"({"content":"B","begins_text":true,"text_citations":[)" + std::string(kCitationJson) + "]}";
  const auto events =
      Events({Delta(R"({"content":"A"})"), Delta(cites),
              Delta(R"({"begins_text":true,"content":"C"})"), Finish("stop"), kCounts});
  const auto at = [](const std::string& kind, int index, const std::string& rest) {
    return R"({"type":"content_block_)" + kind + R"(","index":)" + std::to_string(index) + rest +
           "}";
  };
  const std::string begin = R"(,"content_block":{"type":"text","text":""})";
  const auto text = [](const std::string& said) {
    return R"(,"delta":{"type":"text_delta","text":")" + said + R"("})";
  };
  ASSERT_EQ(events.size(), 13);
  EXPECT_THAT(std::vector(events.begin() + 1, events.begin() + 11),
              ElementsAre(at("start", 0, begin), at("delta", 0, text("A")), at("stop", 0, ""),
                          at("start", 1, begin), at("delta", 1, text("B")),
                          at("delta", 1,
                             R"(,"delta":{"type":"citations_delta","citation":)" +
                                 std::string(kCitationJson) + "}"),
                          at("stop", 1, ""), at("start", 2, begin), at("delta", 2, text("C")),
                          at("stop", 2, "")));
}

}  // namespace
}  // namespace bedplate::models
