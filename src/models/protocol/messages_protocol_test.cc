#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/protocol/chat_request.h"
#include "models/protocol/messages_bridge.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

ChatRequest Calling() {
  ChatRequest request{
      .turns = {{.role = ChatRole::kSystem, .text = "Be brief."},
                {.role = ChatRole::kUser,
                 .parts = {std::string("Look:"),
                           ChatImage{.media_type = "image/png", .bytes = "x"}}},
                {.role = ChatRole::kAssistant, .text = "Let me see."},
                {.role = ChatRole::kTool, .text = "12"},
                {.role = ChatRole::kTool, .text = "no such town"},
                {.role = ChatRole::kUser, .text = "Well?"}},
      .tools = {{.name = "get", .description = "Gets.", .schema = R"({"type":"object"})"},
                {.name = "put", .schema = R"({"type":"object"})", .strict = true}},
      .tool_choice = {.kind = ChatToolChoice::Kind::kNamed, .name = "get"},
      .tokens_max = 7,
      .temperature = 0.5F,
      .top_p = 0.25F,
      .stop_sequences = {"END"}};
  request.turns[2].reasoning = {{.text = "Ask.", .signature = "sig"}};
  request.turns[2].tool_calls = {{.id = "c1", .name = "get", .arguments = R"({"town":"Bern"})"},
                                 {.id = "c2", .name = "get", .arguments = ""}};
  request.turns[3].tool_call_id = "c1";
  request.turns[4].tool_call_id = "c2";
  request.turns[4].tool_failed = true;
  return request;
}

constexpr const char* kPrompt =
    R"({"model":"claude","system":"Be brief.","messages":[)"
    R"({"role":"user","content":[{"type":"text","text":"Look:"},{"type":"image","source":)"
    R"({"type":"base64","media_type":"image/png","data":"eA=="}}]},)"
    R"({"role":"assistant","content":[{"type":"thinking","thinking":"Ask.","signature":"sig"},)"
    R"({"type":"text","text":"Let me see."},)"
    R"({"type":"tool_use","id":"c1","name":"get","input":{"town":"Bern"}},)"
    R"({"type":"tool_use","id":"c2","name":"get","input":{}}]},)"
    R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"12"},)"
    R"({"type":"tool_result","tool_use_id":"c2","content":"no such town","is_error":true},)"
    R"({"type":"text","text":"Well?"}]}],)"
    R"("tools":[{"name":"get","description":"Gets.","input_schema":{"type":"object"}},)"
    R"({"name":"put","input_schema":{"type":"object"},"strict":true}],)"
    R"("tool_choice":{"type":"tool","name":"get"})";

TEST(MessagesRequest, IsWrittenFromTheNeutralRequest) {
  const auto written = WriteMessagesRequest(Calling(), "claude", true);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->body,
            std::string(kPrompt) +
                R"(,"max_tokens":7,"temperature":0.5,"top_p":0.25,"stop_sequences":["END"],)"
                R"("stream":true})");
  EXPECT_EQ(WriteMessagesCount(Calling(), "claude")->body, std::string(kPrompt) + "}");
}

// What is written for OpenAI's servers and read back loses nothing.
TEST(MessagesRequest, IsTheSameByWayOfOpenAisProtocol) {
  const auto direct = WriteMessagesRequest(Calling(), "claude", false);
  const auto through = MessagesFromChat(WriteChatRequest(Calling(), "claude", false));
  ASSERT_TRUE(through) << through.error().message;
  EXPECT_EQ(through->body, direct->body);
  const auto count =
      MessagesCountFromTokenize(WriteTokenizeRequest(Calling(), "claude", TokenizeMembers::kAll));
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(count->body, std::string(kPrompt) + "}");
}

TEST(MessagesRequest, HandsCachePointsOn) {
  ChatRequest request{
      .turns = {{.role = ChatRole::kSystem,
                 .text = "One.\nTwo.",
                 .cache_points = {{.at = 4, .ttl = CacheTtl::kOneHour}}},
                {.role = ChatRole::kUser,
                 .parts = {ChatImage{.media_type = "image/png", .bytes = "x"}, std::string("Hi.")},
                 .cache_points = {{.at = 1}, {.at = 2}}},
                {.role = ChatRole::kTool,
                 .text = "12",
                 .tool_call_id = "c1",
                 .tool_failed = true,
                 .cache_points = {{.at = 2}}}},
      .tools = {{.name = "get", .schema = "{}", .cache_point = CacheTtl{}}}};
  const auto through = MessagesFromChat(WriteChatRequest(request, "claude", false));
  ASSERT_TRUE(through) << through.error().message;
  const std::string mark = R"("cache_control":{"type":"ephemeral","ttl":"5m"})";
  EXPECT_EQ(through->body,
            R"({"model":"claude","system":[{"type":"text","text":"One.","cache_control":)"
            R"({"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"Two."}],"messages":[)"
            R"({"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":)"
            R"("image/png","data":"eA=="},)" +
                mark + R"(},{"type":"text","text":"Hi.",)" + mark +
                R"(},{"type":"tool_result","tool_use_id":"c1","content":"12","is_error":true,)" +
                mark + R"(}]}],"tools":[{"name":"get","input_schema":{},)" + mark +
                R"(}],"max_tokens":4096,"stream":false})");
  EXPECT_EQ(through->body, WriteMessagesRequest(request, "claude", false)->body);
}

TEST(MessagesRequest, SaysTheTierInAnthropicsWords) {
  const auto through = [](std::string_view tier) {
    const ChatRequest request{.turns = {{.text = "x"}}, .service_tier = std::string(tier)};
    const auto written = MessagesFromChat(WriteChatRequest(request, "m", false));
    return written ? written->body : written.error().message;
  };
  EXPECT_THAT(through("priority"), HasSubstr(R"(,"service_tier":"auto",)"));
  EXPECT_THAT(through("auto"), HasSubstr(R"(,"service_tier":"auto",)"));
  EXPECT_THAT(through("default"), HasSubstr(R"(,"service_tier":"standard_only",)"));
  EXPECT_THAT(through("standard_only"), HasSubstr(R"(,"service_tier":"standard_only",)"));
  EXPECT_THAT(through(""), testing::Not(HasSubstr("service_tier")));
  EXPECT_EQ(through("flex"),
            "This model doesn't support the flex service tier that you provided. Use default or "
            "priority and try again.");
}

TEST(MessagesAnswer, SaysTheTierThatServedInOpenAisWords) {
  const auto tier = [](std::string usage) {
    const auto chat = ChatFromMessages(
        R"({"id":"m","content":[],"stop_reason":"end_turn","usage":)" + usage + "}", "m", 0);
    return chat ? ReadChatAnswer(*chat)->service_tier : chat.error().message;
  };
  EXPECT_EQ(tier(R"({"input_tokens":1,"output_tokens":1,"service_tier":"standard"})"), "default");
  EXPECT_EQ(tier(R"({"input_tokens":1,"output_tokens":1,"service_tier":"priority"})"), "priority");
  EXPECT_EQ(tier(R"({"input_tokens":1,"output_tokens":1})"), "");

  MessagesStream stream("m", 0);
  ASSERT_TRUE(stream.Take(R"({"type":"message_start","message":{"id":"m","usage":)"
                          R"({"input_tokens":1,"output_tokens":1,"service_tier":"priority"}}})"));
  const auto chunk = stream.Take(R"({"type":"content_block_start","index":0,)"
                                 R"("content_block":{"type":"text","text":"Hi"}})");
  ASSERT_TRUE(chunk && *chunk);
  ChatChunkReader reader;
  ChatChunk read;
  ASSERT_TRUE(reader.Read(**chunk, read));
  EXPECT_EQ(read.service_tier, "priority");
}

TEST(MessagesRequest, SpellsFurtherMembersAsAnthropicDoes) {
  ChatRequest request{.turns = {{.text = "x"}},
                      .output_schema = ChatOutputSchema{.schema = R"({"type":"object"})"},
                      .extra_members = {{"parallel_tool_calls", "false"},
                                        {"reasoning_effort", "\"low\""},
                                        {"user", "\"u1\""},
                                        {"anthropic_beta", R"(["a","b"])"},
                                        {"thinking", R"({"type":"adaptive"})"},
                                        {"top_k", "3"}}};
  const auto written = MessagesFromChat(WriteChatRequest(request, "m", false));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->betas, "a,b");
  EXPECT_EQ(written->body,
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}],)"
            R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true},"output_config":)"
            R"({"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}},)"
            R"("max_tokens":4096,"metadata":{"user_id":"u1"},"thinking":{"type":"adaptive"},)"
            R"("top_k":3,"stream":false})");
  // The count takes of them what shapes the prompt.
  const auto count = WriteMessagesCount(request, "m");
  EXPECT_THAT(count->body, HasSubstr(R"("thinking":{"type":"adaptive"})"));
  EXPECT_THAT(count->body, Not(HasSubstr("top_k")));
}

TEST(MessagesRequest, SaysWhetherToThink) {
  const ChatRequest request{.turns = {{.text = "x"}},
                            .thinking = ChatThinking{.on = false,
                                                     .words = ChatThinking::Words::kAnthropic,
                                                     .object = R"({"type":"disabled"})"}};
  const auto written = WriteMessagesRequest(request, "m", false);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_THAT(written->body, HasSubstr(R"("thinking":{"type":"disabled"},"stream")"));
  EXPECT_EQ(MessagesFromChat(WriteChatRequest(request, "m", false))->body, written->body);
  EXPECT_THAT(WriteMessagesCount(request, "m")->body,
              HasSubstr(R"("thinking":{"type":"disabled"})"));
}

TEST(MessagesRequest, WritesNoMemberTwice) {
  ChatRequest request{.turns = {{.text = "x"}},
                      .extra_members = {{"output_config", R"({"effort":"low"})"}}};
  const auto refusal = [&] {
    const auto written = WriteMessagesRequest(request, "m", false);
    return written ? written->body : written.error().message;
  };
  EXPECT_THAT(refusal(), HasSubstr(R"("output_config":{"effort":"low"},"stream")"));
  request.output_schema = ChatOutputSchema{.schema = R"({"type":"object"})"};
  EXPECT_THAT(refusal(), HasSubstr("output_config conflicts with response_format"));
  request.output_schema.reset();
  request.extra_members.emplace_back("reasoning_effort", R"("low")");
  EXPECT_THAT(refusal(), HasSubstr("output_config conflicts with reasoning_effort"));
}

TEST(MessagesRequest, RefusesWhatTheProtocolCanNotSay) {
  const auto refusal = [](std::string_view messages) {
    const auto written =
        MessagesFromChat(R"({"model":"m","messages":)" + std::string(messages) + "}");
    EXPECT_FALSE(written);
    if (written) return std::string();
    EXPECT_EQ(written.error().fault, Fault::kValidation);
    return written.error().message;
  };
  EXPECT_THAT(refusal(R"([{"role":"function","content":"x"}])"),
              HasSubstr("/messages/0/role is 'function'"));
  EXPECT_THAT(refusal(R"([{"role":"user","content":[{"type":"input_audio"}]}])"),
              HasSubstr("/messages/0/content/0/type is 'input_audio'"));
  EXPECT_THAT(refusal(R"([{"role":"user","content":[{"type":"image_url",)"
                      R"("image_url":{"url":"http://x/y.png"}}]}])"),
              HasSubstr("/messages/0/content/0/image_url/url"));
  EXPECT_THAT(refusal(R"([{"role":"assistant","tool_calls":[{"id":"c","function":)"
                      R"({"name":"f","arguments":"{"}}]}])"),
              HasSubstr("The arguments of tool call c are no JSON object"));
  EXPECT_THAT(refusal(R"([], "max_tokens": 0)"), HasSubstr("/max_tokens is 0"));
}

TEST(MessagesAnswer, BecomesOneOfOpenAisProtocol) {
  const auto chat = ChatFromMessages(
      R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[)"
      R"({"type":"thinking","thinking":"Hm.","signature":"sig"},{"type":"text","text":"I look."},)"
      R"({"type":"later_block","x":1},)"
      R"({"type":"tool_use","id":"t1","name":"get","input":{"a":1}}],"stop_reason":"tool_use",)"
      R"("stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":2,)"
      R"("cache_read_input_tokens":3,"output_tokens":9}})",
      "claude", 17);
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_EQ(
      *chat,
      R"({"id":"msg_1","object":"chat.completion","created":17,"model":"claude","choices":[)"
      R"({"index":0,"message":{"role":"assistant","content":"I look.","reasoning_content":"Hm.",)"
      R"("thinking_blocks":[{"type":"thinking","thinking":"Hm.","signature":"sig"}],)"
      R"("tool_calls":[{"id":"t1","type":"function","function":{"name":"get",)"
      R"("arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,)"
      R"("completion_tokens":9,"total_tokens":19,"prompt_tokens_details":{"cached_tokens":3},)"
      R"("cache_read_input_tokens":3,"cache_creation_input_tokens":2,)"
      R"("cache_creation":{"ephemeral_1h_input_tokens":0}}})");
  const auto answer = ReadChatAnswer(*chat);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->reasoning.at(0).signature, "sig");
  EXPECT_EQ(answer->tool_calls[0].arguments, R"({"a":1})");
  EXPECT_EQ(answer->usage.prompt_tokens, 10);
}

std::string Answer(std::string_view stop, std::string_view usage) {
  return R"({"id":"m","content":[{"type":"text","text":"x"}],)" + std::string(stop) +
         R"(,"usage":)" + std::string(usage) + "}";
}

TEST(MessagesAnswer, SaysHowItEnded) {
  const auto finish = [](std::string_view stop) {
    const auto read = ReadMessagesAnswer(Answer(stop, R"({"input_tokens":1,"output_tokens":1})"));
    EXPECT_TRUE(read) << read.error().message;
    return read->answer.finish;
  };
  EXPECT_EQ(finish(R"("stop_reason":"end_turn")").reason, FinishReason::kStop);
  EXPECT_EQ(finish(R"("stop_reason":"max_tokens")").reason, FinishReason::kLength);
  EXPECT_EQ(finish(R"("stop_reason":"refusal")").reason, FinishReason::kContentFilter);
  const ChatFinish stopped = finish(R"("stop_reason":"stop_sequence","stop_sequence":"END")");
  EXPECT_EQ(stopped.reason, FinishReason::kStopSequence);
  EXPECT_EQ(stopped.stop_sequence, "END");
}

TEST(MessagesAnswer, IsNotBelievedWhenItCanNotBe) {
  const auto fault = [](std::string_view stop, std::string_view usage) {
    const auto read = ReadMessagesAnswer(Answer(stop, usage));
    EXPECT_FALSE(read) << usage;
    if (read) return std::string();
    EXPECT_EQ(read.error().fault, Fault::kModelError);
    return read.error().message;
  };
  constexpr const char* kEnd = R"("stop_reason":"end_turn")";
  EXPECT_THAT(fault(kEnd, "null"), HasSubstr("says nothing about its usage"));
  EXPECT_THAT(fault(kEnd, R"({"output_tokens":1})"), HasSubstr("has no input_tokens"));
  EXPECT_THAT(fault(kEnd, R"({"input_tokens":-1,"output_tokens":1})"),
              HasSubstr("says -1 for input_tokens"));
  EXPECT_THAT(fault(kEnd, R"({"input_tokens":1,"output_tokens":"2"})"),
              HasSubstr("for output_tokens"));
  EXPECT_THAT(fault(kEnd, R"({"input_tokens":1,"output_tokens":2147483648})"),
              HasSubstr("says 2147483648 for output_tokens"));
  EXPECT_THAT(fault(R"("stop_reason":null)", R"({"input_tokens":1,"output_tokens":1})"),
              HasSubstr("no stop_reason"));
  EXPECT_FALSE(ReadMessagesAnswer("<html>"));
  EXPECT_FALSE(ReadMessagesCount(R"({"input_tokens":-3})"));
  EXPECT_EQ(*ReadMessagesCount(R"({"input_tokens":3})"), 3);
}

// Reads events and gives what came of them by OpenAI's protocol; the error, if there is one, last.
std::vector<std::string> Stream(const std::vector<std::string>& events) {
  MessagesStream stream("m", 1);
  ChatChunkReader reader;
  ChatChunk chunk;
  std::vector<std::string> said;
  for (const std::string& event : events) {
    auto data = stream.Take(event);
    if (!data) {
      said.push_back("error: " + data.error().message);
      return said;
    }
    if (!*data) continue;
    EXPECT_TRUE(reader.Read(**data, chunk)) << **data;
    if (chunk.begins_text) said.emplace_back("/");
    if (!chunk.text.empty()) said.push_back("text: " + chunk.text);
    for (const ChatCitation& citation : chunk.citations) {
      said.push_back("cites: " + citation.cited_text);
    }
    if (!chunk.reasoning.empty()) said.push_back("reasoning: " + chunk.reasoning);
    if (!chunk.signature.empty()) said.push_back("signature: " + chunk.signature);
    for (const ChatToolCallDelta& call : chunk.tool_calls) {
      said.push_back("call " + std::to_string(*call.index) + ": " + call.id + call.name +
                     call.arguments);
    }
    if (chunk.error) said.push_back("failed: " + *chunk.error);
    if (chunk.finish) {
      said.push_back("usage: " + std::to_string(chunk.usage->prompt_tokens) + " " +
                     std::to_string(chunk.usage->completion_tokens));
    }
  }
  if (stream.ended()) said.emplace_back("ended");
  return said;
}

const std::string kStart =
    R"({"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":4,"output_tokens":1}}})";
const std::string kEnd =
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
    R"("usage":{"output_tokens":8}})";
const std::string kStop = R"({"type":"message_stop"})";

std::string Begin(int index, const std::string& block) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) +
         R"(,"content_block":)" + block + "}";
}
std::string Delta(int index, const std::string& delta) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" +
         delta + "}";
}
std::string End(int index) {
  return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}";
}
const std::string kText = R"({"type":"text","text":""})";

TEST(MessagesStream, BringsTextThoughtsAndCalls) {
  EXPECT_THAT(Stream({kStart,
                      R"({"type":"ping"})",
                      Begin(0, R"({"type":"thinking","thinking":""})"),
                      Delta(0, R"({"type":"thinking_delta","thinking":"Hm."})"),
                      Delta(0, R"({"type":"signature_delta","signature":"sig"})"),
                      End(0),
                      Begin(1, kText),
                      Delta(1, R"({"type":"text_delta","text":"I look"})"),
                      Delta(1, R"({"type":"citations_delta","citation":{}})"),
                      End(1),
                      Begin(2, R"({"type":"tool_use","id":"t1","name":"get","input":{}})"),
                      Delta(2, R"({"type":"input_json_delta","partial_json":""})"),
                      Delta(2, R"({"type":"input_json_delta","partial_json":"{\"a\""})"),
                      Delta(2, R"({"type":"input_json_delta","partial_json":":1}"})"),
                      End(2),
                      Begin(3, R"({"type":"tool_use","id":"t2","name":"now","input":{}})"),
                      End(3),
                      R"({"type":"from_the_future","x":{"type":"text"}})",
                      kEnd,
                      kStop}),
              testing::ElementsAre("reasoning: Hm.", "signature: sig", "text: I look",
                                   "call 0: t1get", "call 0: {\"a\"", "call 0: :1}",
                                   "call 1: t2now", "call 1: {}", "usage: 4 8", "ended"));
}

TEST(MessagesStream, CitesBehindTheTextOfTheBlockHoweverTheyCome) {
  const auto text = [](int index, const std::string& said) {
    return Delta(index, R"({"type":"text_delta","text":")" + said + R"("})");
  };
  const auto cites = [](int index, const std::string& cited) {
    return Delta(index, R"({"type":"citations_delta","citation":{"type":"char_location",)"
                        R"("document_index":0,"start_char_index":0,"end_char_index":1,)"
                        R"("cited_text":")" +
                            cited + R"("}})");
  };
  EXPECT_THAT(
      Stream({kStart,
              Begin(0, kText),
              cites(0, "a"),
              text(0, "A"),
              End(0),
              Begin(1, kText),
              cites(1, "b"),
              text(1, "B"),
              cites(1, "c"),
              text(1, "C"),
              End(1),
              Begin(2, kText),
              text(2, "D"),
              cites(2, "d"),
              End(2),
              Begin(3, kText),
              cites(3, "e"),
              End(3),
              Begin(4, kText),
              text(4, "F"),
              End(4),
              kEnd,
              kStop}),
      testing::ElementsAre("text: A", "cites: a", "/", "text: B", "text: C", "cites: b", "cites: c",
                           "/", "text: D", "cites: d", "/", "/", "text: F", "usage: 4 8", "ended"));
}

TEST(MessagesStream, ItsEndNeedNotSayAgainWhatTheCacheSaved) {
  const auto usage = [](const std::string& end) {
    return Stream({R"({"type":"message_start","message":{"id":"m","usage":{"input_tokens":4,)"
                   R"("cache_read_input_tokens":30,"cache_creation_input_tokens":2,)"
                   R"("output_tokens":1}}})",
                   R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{)" + end +
                       R"("output_tokens":8}})",
                   kStop})
        .front();
  };
  EXPECT_EQ(usage(""), "usage: 36 8");
  EXPECT_EQ(usage(R"("input_tokens":4,)"), "usage: 36 8");
  EXPECT_EQ(usage(R"("input_tokens":4,"cache_read_input_tokens":20,)"), "usage: 26 8");
}

TEST(MessagesStream, EndsOnlyWithItsLastEvent) {
  EXPECT_THAT(Stream({kStart, Begin(0, kText), End(0), kEnd}), testing::IsEmpty());
  EXPECT_THAT(Stream({kStart, R"({"type":"error","error":{"type":"overloaded_error",)"
                              R"("message":"Overloaded"}})"}),
              testing::ElementsAre("failed: Overloaded"));
}

TEST(MessagesStream, RefusesEventsOutOfOrderAndBroken) {
  const auto error = [](const std::vector<std::string>& events) { return Stream(events).back(); };
  EXPECT_THAT(error({Begin(0, kText)}), HasSubstr("content_block_start comes out of order"));
  EXPECT_THAT(error({kStart, kStart}), HasSubstr("message_start comes out of order"));
  EXPECT_THAT(error({kStart, Delta(0, R"({"type":"text_delta","text":"x"})")}),
              HasSubstr("a delta of block 0 comes out of order"));
  EXPECT_THAT(error({kStart, Begin(0, kText), Begin(1, kText)}),
              HasSubstr("block 1 begins out of order"));
  EXPECT_THAT(error({kStart, Begin(0, kText), End(0), Begin(0, kText)}),
              HasSubstr("block 0 begins out of order"));
  EXPECT_THAT(error({kStart, End(0)}), HasSubstr("block 0 ends out of order"));
  EXPECT_THAT(error({kStart, Begin(0, kText), kEnd}), HasSubstr("message_delta comes"));
  EXPECT_THAT(error({kStart, kStop}), HasSubstr("message_stop comes out of order"));
  EXPECT_THAT(error({kStart, kEnd, kStop, kEnd}), HasSubstr("message_delta comes out of order"));
  EXPECT_THAT(error({kStart, "{\"type\":"}), HasSubstr("can't be read"));
  EXPECT_THAT(error({kStart, "[1]"}), HasSubstr("it is no object"));
  EXPECT_THAT(error({R"({"type":"message_start","message":{"id":"m"}})"}),
              HasSubstr("says nothing about its usage"));
  EXPECT_THAT(error({kStart, R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},)"
                             R"("usage":{"output_tokens":-8}})"}),
              HasSubstr("says -8 for output_tokens"));
  EXPECT_THAT(error({kStart, R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"}),
              HasSubstr("message_delta has no usage"));
}

// Documents, search results and cited texts are Anthropic's own all the way.
TEST(MessagesRequest, HandsSourcesAndCitationsOn) {
  const ChatSource document{.title = "T", .content = {"text"}, .citations = true};
  const ChatSource result{
      .kind = ChatSource::Kind::kSearchResult, .title = "R", .source = "S", .content = {"found"}};
  ChatRequest request{
      .turns = {
          {.parts = {std::string("Read:"), document}, .cache_points = {{.at = 2}}},
          {.role = ChatRole::kAssistant,
           .parts = {std::string("It "),
                     ChatCitedText{.text = "says",
                                   .citations = {{.start = 1, .end = 2, .cited_text = "e"}}}}},
          {.role = ChatRole::kTool,
           .parts = {std::string("I looked."), result},
           .tool_call_id = "c1",
           .tool_failed = true,
           .cache_points = {{.at = 2}}}}};
  const auto through = MessagesFromChat(WriteChatRequest(request, "m", false));
  ASSERT_TRUE(through) << through.error().message;
  const std::string mark = R"("cache_control":{"type":"ephemeral","ttl":"5m"})";
  EXPECT_EQ(
      through->body,
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Read:"},)"
      R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"text"},)"
      R"("title":"T","citations":{"enabled":true},)" +
          mark +
          R"(}]},{"role":"assistant","content":[{"type":"text","text":"It "},{"type":"text",)"
          R"("text":"says","citations":[{"type":"char_location","cited_text":"e",)"
          R"("document_index":0,"start_char_index":1,"end_char_index":2,"document_title":null}]}]},)"
          R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":)"
          R"([{"type":"text","text":"I looked."},{"type":"search_result","source":"S","title":"R",)"
          R"("content":[{"type":"text","text":"found"}],)" +
          mark + R"(}],"is_error":true}]}],"max_tokens":4096,"stream":false})");
  EXPECT_EQ(through->body, WriteMessagesRequest(request, "m", false)->body);
}

// The server counts the tool's document first, who asks that of the user.
TEST(MessagesBridge, CountsSourcesAsTheServerDoesAndBack) {
  const auto document = [](int64_t order) {
    return ChatSource{.content = {"text"}, .citations = true, .order = order};
  };
  const ChatRequest request{
      .turns = {{.role = ChatRole::kTool, .parts = {document(2)}, .tool_call_id = "c1"},
                {.parts = {document(1), std::string("And?")}},
                {.role = ChatRole::kAssistant,
                 .parts = {ChatCitedText{.text = "says",
                                         .citations = {{.index = 1, .cited_text = "e"}}}}},
                {.text = "So?"}}};
  auto asked = MessagesFromChat(WriteChatRequest(request, "m", false));
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_THAT(asked->body, HasSubstr(R"("cited_text":"e","document_index":0)"));
  EXPECT_THAT(asked->body, testing::Not(HasSubstr("source_order")));
  const std::string citation =
      R"({"type":"char_location","cited_text":"e","document_index":0,"document_title":null,)"
      R"("start_char_index":0,"end_char_index":1})";
  const auto chat = ChatFromMessages(
      R"({"id":"m1","content":[{"type":"text","text":"x","citations":[)" + citation +
          R"(]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}})",
      "m", 0, asked->sources.get());
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_THAT(*chat, HasSubstr(R"("document_index":1)"));
  MessagesStream stream("m", 1, std::move(asked->sources));
  std::string said;
  for (const std::string& event :
       {kStart, Begin(0, kText), Delta(0, R"({"type":"text_delta","text":"x"})"),
        Delta(0, R"({"type":"citations_delta","citation":)" + citation + "}"), End(0)}) {
    const auto data = stream.Take(event);
    ASSERT_TRUE(data) << data.error().message;
    if (*data) said += **data;
  }
  EXPECT_THAT(said, HasSubstr(R"("document_index":1)"));
}

TEST(MessagesAnswer, KeepsWhatEachTextCites) {
  const auto chat = ChatFromMessages(
      R"({"id":"m1","content":[{"type":"text","text":"It is "},{"type":"text","text":"green",)"
      R"("citations":[{"type":"char_location","cited_text":"Green.","document_index":0,)"
      R"("document_title":"T","start_char_index":0,"end_char_index":6},{"type":"newer"}]},)"
      R"({"type":"text","text":".","citations":null}],"stop_reason":"end_turn",)"
      R"("usage":{"input_tokens":1,"output_tokens":2}})",
      "m", 0);
  ASSERT_TRUE(chat) << chat.error().message;
  const auto answer = ReadChatAnswer(*chat);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "It is green.");
  ASSERT_EQ(answer->cited.size(), 1);
  EXPECT_EQ(answer->cited[0].begin, 6);
  EXPECT_EQ(answer->cited[0].end, 11);
  EXPECT_EQ(answer->cited[0].citations,
            std::vector({ChatCitation{.end = 6, .title = "T", .cited_text = "Green."}}));
}

TEST(MessagesAnswer, RefusesCitationsThatAreNone) {
  const auto chat = ChatFromMessages(
      R"({"id":"m1","content":[{"type":"text","text":"x","citations":[{"type":"page_location"}]}],)"
      R"("stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}})",
      "m", 0);
  ASSERT_FALSE(chat);
  EXPECT_EQ(chat.error().fault, Fault::kModelError);
  EXPECT_THAT(chat.error().message, HasSubstr("a citation in it has no document_index"));
}

TEST(MessagesStream, BringsCitationsAndWhereTheirTextsBegin) {
  const std::string cites =
      R"({"type":"citations_delta","citation":{"type":"page_location","cited_text":"p",)"
      R"("document_index":0,"document_title":null,"start_page_number":1,"end_page_number":2}})";
  EXPECT_THAT(Stream({kStart, Begin(0, kText), Delta(0, R"({"type":"text_delta","text":"A"})"),
                      End(0), Begin(1, kText), Delta(1, R"({"type":"text_delta","text":"B"})"),
                      Delta(1, cites), End(1), kEnd, kStop}),
              testing::ElementsAre("text: A", "/", "text: B", "cites: p", "usage: 4 8", "ended"));
  EXPECT_THAT(Stream({kStart, Begin(0, kText),
                      Delta(0, R"({"type":"citations_delta","citation":{"type":)"
                               R"("char_location"}})")}),
              testing::ElementsAre(HasSubstr("a citation in it has no document_index")));
}

}  // namespace
}  // namespace bedplate::models
