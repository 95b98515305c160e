#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/protocol/chat_request.h"
#include "models/protocol/chat_response.h"
#include "models/protocol/chat_response_writer.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;

ChatRequest Request() {
  return {.turns = {{.role = ChatRole::kSystem, .text = "Be \"brief\"."},
                    {.role = ChatRole::kUser, .text = "Hi\n"}}};
}

TEST(WriteChatRequest, WritesOnlyWhatWasAsked) {
  EXPECT_EQ(WriteChatRequest(Request(), "m", false),
            R"({"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},)"
            R"({"role":"user","content":"Hi\n"}],"stream":false})");
}

TEST(WriteChatRequest, WritesSettingsAndAdditionalFields) {
  ChatRequest request{.turns = {{.role = ChatRole::kUser, .text = "x"}},
                      .tokens_max = 7,
                      .temperature = 0.5f,
                      .top_p = 0.25f,
                      .stop_sequences = {"a", "b"},
                      .extra_members = {{"top_k", "3"}, {"logit_bias", R"({"5":-1})"}}};
  EXPECT_EQ(WriteChatRequest(request, "m", true),
            R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":7,)"
            R"("temperature":0.5,"top_p":0.25,"stop":["a","b"],"top_k":3,)"
            R"("logit_bias":{"5":-1},"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(WriteChatRequest, TwoCachePointsInOnePlaceAreOne) {
  const ChatRequest request{
      .turns = {{.role = ChatRole::kUser,
                 .parts = {std::string("look")},
                 .cache_points = {{.at = 1}, {.at = 1, .ttl = CacheTtl::kOneHour}, {.at = 1}}}}};
  EXPECT_THAT(WriteChatRequest(request, "m", false),
              HasSubstr(R"([{"type":"text","text":"look","cache_control":{"type":"ephemeral",)"
                        R"("ttl":"1h"}}])"));
}

ChatRequest Calling() {
  ChatRequest request{.turns = {{.role = ChatRole::kUser, .text = "Weather?"},
                                {.role = ChatRole::kAssistant, .text = ""},
                                {.role = ChatRole::kTool, .text = "12 \u00b0C"},
                                {.role = ChatRole::kTool, .text = "no such town"}}};
  request.turns[1].reasoning = {{.text = "Ask."}};
  request.turns[1].tool_calls = {{.id = "c1", .name = "get", .arguments = R"({"town":"Bern"})"},
                                 {.id = "c2", .name = "get", .arguments = "{}"}};
  request.turns[2].tool_call_id = "c1";
  request.turns[3].tool_call_id = "c2";
  request.turns[3].tool_failed = true;
  request.tools = {{.name = "get", .description = "Gets.", .schema = R"({"type":"object"})"},
                   {.name = "put", .schema = R"({"type": "object"})", .strict = true}};
  return request;
}

constexpr const char* kCallingTurns =
    R"("messages":[{"role":"user","content":"Weather?"},)"
    R"({"role":"assistant","reasoning_content":"Ask.","content":null,"tool_calls":[)"
    R"({"id":"c1","type":"function","function":{"name":"get","arguments":"{\"town\":\"Bern\"}"}},)"
    R"({"id":"c2","type":"function","function":{"name":"get","arguments":"{}"}}]},)"
    "{\"role\":\"tool\",\"content\":\"12 \u00b0C\",\"tool_call_id\":\"c1\"},"
    R"({"role":"tool","content":"Error: no such town","tool_call_id":"c2"}])";

constexpr const char* kCallingTools =
    R"("tools":[{"type":"function","function":{"name":"get","description":"Gets.",)"
    R"("parameters":{"type":"object"}}},{"type":"function","function":{"name":"put",)"
    R"("parameters":{"type": "object"},"strict":true}}])";

TEST(WriteChatRequest, WritesToolsCallsAndResults) {
  EXPECT_EQ(WriteChatRequest(Calling(), "m", false), std::string(R"({"model":"m",)") +
                                                         kCallingTurns + "," + kCallingTools +
                                                         R"(,"stream":false})");
}

TEST(WriteChatRequest, WritesTheChoiceOfATool) {
  using enum ChatToolChoice::Kind;
  const auto choice = [](ChatToolChoice::Kind kind, std::string name = {}) {
    ChatRequest request = Request();
    request.tool_choice = {.kind = kind, .name = std::move(name)};
    const std::string body = WriteChatRequest(request, "m", false);
    const size_t begin = body.find(R"("tool_choice")");
    return begin == std::string::npos ? "" : body.substr(begin, body.find(R"(,"stream")") - begin);
  };
  EXPECT_EQ(choice(kUnset), "");
  EXPECT_EQ(choice(kAuto), R"("tool_choice":"auto")");
  EXPECT_EQ(choice(kAny), R"("tool_choice":"required")");
  EXPECT_EQ(choice(kNone), R"("tool_choice":"none")");
  EXPECT_EQ(choice(kNamed, "get"),
            R"("tool_choice":{"type":"function","function":{"name":"get"}})");
}

TEST(WriteChatRequest, WritesTheSchemaOfTheAnswer) {
  ChatRequest request = Request();
  request.output_schema = {.schema = R"({"type":"object"})"};
  EXPECT_THAT(WriteChatRequest(request, "m", false),
              HasSubstr(R"("response_format":{"type":"json_schema","json_schema":{"name":"answer",)"
                        R"("schema":{"type":"object"},"strict":true}})"));
  request.output_schema->name = "person";
  request.output_schema->description = "Who.";
  EXPECT_THAT(WriteChatRequest(request, "m", false),
              HasSubstr(R"("json_schema":{"name":"person","description":"Who.","schema":)"));
}

TEST(WriteChatRequest, WritesImagesAsDataUrls) {
  ChatRequest request{.turns = {{.role = ChatRole::kUser}}};
  request.turns[0].parts = {"See \"this\"",
                            ChatImage{.media_type = "image/png", .bytes = "\x89PNG"}};
  EXPECT_EQ(WriteChatRequest(request, "m", false),
            R"({"model":"m","messages":[{"role":"user","content":[)"
            R"({"type":"text","text":"See \"this\""},)"
            R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw=="}}]}],)"
            R"("stream":false})");
}

TEST(WriteChatRequest, HandsSignaturesBackInTheBlocksTheyCameIn) {
  ChatRequest request{.turns = {{.role = ChatRole::kAssistant, .text = "So."}}};
  request.turns[0].reasoning = {{.text = "One."}, {.text = "Two.", .signature = "s=="}};
  EXPECT_THAT(WriteChatRequest(request, "m", false),
              HasSubstr(R"("reasoning_content":"One.\nTwo.","thinking_blocks":[{"type":"thinking",)"
                        R"("thinking":"Two.","signature":"s=="}],"content":"So.")"));
}

TEST(WriteChatRequest, SaysWhetherToThinkInTheServersWords) {
  using enum ChatThinking::Words;
  ChatRequest request{.turns = {{.text = "x"}}};
  const std::string silent = WriteChatRequest(request, "m", false);
  const auto told = [&](ChatThinking thinking) {
    request.thinking = std::move(thinking);
    return WriteChatRequest(request, "m", false);
  };
  EXPECT_EQ(told({.on = false}), silent);
  EXPECT_THAT(told({.on = false, .words = kEngine}),
              HasSubstr(R"(,"chat_template_kwargs":{"enable_thinking":false},)"));
  EXPECT_THAT(told({.words = kEngine}),
              HasSubstr(R"(,"chat_template_kwargs":{"enable_thinking":true},)"));
  EXPECT_THAT(told({.words = kAnthropic, .object = R"({"type":"adaptive"})"}),
              HasSubstr(R"(,"thinking":{"type":"adaptive"},)"));
}

TEST(WriteTokenizeRequest, HoldsTheToolsAndWhatTheTemplateReads) {
  ChatRequest request = Calling();
  request.tool_choice.kind = ChatToolChoice::Kind::kAny;
  request.output_schema = {.schema = "{}"};
  request.extra_members = {{"top_k", "3"}, {"chat_template_kwargs", R"({"thinking":true})"}};
  EXPECT_EQ(WriteTokenizeRequest(request, "m", TokenizeMembers::kOfPrompt),
            std::string(R"({"model":"m",)") + kCallingTurns + "," + kCallingTools +
                R"(,"chat_template_kwargs":{"thinking":true}})");
  // An engine gets the whole request, but for what says how it is sent.
  std::string whole = WriteChatRequest(request, "m", false);
  whole.replace(whole.find(R"(,"stream":false)"), 15, "");
  EXPECT_EQ(WriteTokenizeRequest(request, "m", TokenizeMembers::kAll), whole);
}

TEST(WriteTokenizeRequest, HoldsTheSamePrompt) {
  const std::string conversation =
      R"({"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},)"
      R"({"role":"user","content":"Hi\n"}])";
  ChatRequest request = Request();
  request.extra_members = {
      {"top_k", "3"}, {"chat_template_kwargs", R"({"a":1})"}, {"continue_final_message", "true"}};
  const std::string of_prompt = R"("chat_template_kwargs":{"a":1},"continue_final_message":true})";
  EXPECT_EQ(WriteTokenizeRequest(request, "m", TokenizeMembers::kOfPrompt),
            conversation + "," + of_prompt);
  EXPECT_EQ(WriteTokenizeRequest(request, "m", TokenizeMembers::kAll),
            conversation + R"(,"top_k":3,)" + of_prompt);
}

std::string Answer(std::string_view choice, std::string_view usage = R"({"prompt_tokens":5,
    "completion_tokens":2,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":4,"x":[]}})") {
  return R"({"id":"c1","object":"chat.completion","choices":[)" + std::string(choice) +
         R"(],"usage":)" + std::string(usage) + R"(,"new":{"a":[1,{}]}})";
}

TEST(ReadChatAnswer, ReadsTextUsageAndHowItEnded) {
  auto answer = ReadChatAnswer(Answer(
      R"({"index":0,"message":{"role":"assistant","content":"Hé"},"finish_reason":"stop"})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "Hé");
  EXPECT_EQ(answer->finish.reason, FinishReason::kStop);
  EXPECT_EQ(answer->usage.prompt_tokens, 5);
  EXPECT_EQ(answer->usage.completion_tokens, 2);
  EXPECT_EQ(answer->usage.cached_tokens, 4);
}

TEST(ReadChatAnswer, CountsThatDontFitEachOtherAreNeverNegativeLater) {
  const auto answer = ReadChatAnswer(
      R"({"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"usage":{)"
      R"("prompt_tokens":3,"completion_tokens":1,"cache_read_input_tokens":4,)"
      R"("cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":100}}})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->usage.prompt_tokens, 9);
  EXPECT_EQ(answer->usage.cache_write_long_tokens, 5);
}

TEST(ReadChatAnswer, ReadsHowManyTokensWereThoughtsWhereItIsSaid) {
  const auto thoughts = [](const std::string& details) {
    const auto answer =
        ReadChatAnswer(Answer(R"({"message":{"content":"x"},"finish_reason":"stop"})",
                              R"({"completion_tokens_details":)" + details +
                                  R"(,"prompt_tokens":5,"completion_tokens":4})"));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->usage.reasoning_tokens : std::nullopt;
  };
  EXPECT_EQ(thoughts(R"({"audio_tokens":null,"reasoning_tokens":3})"), 3);
  EXPECT_EQ(thoughts(R"({"reasoning_tokens":0})"), 0);
  EXPECT_EQ(thoughts(R"({"reasoning_tokens":9})"), 4);  // of the completion's
  for (const char* silent : {"null", "[]", "{}", R"({"reasoning_tokens":null})"}) {
    EXPECT_EQ(thoughts(silent), std::nullopt) << silent;
  }
}

TEST(WriteChatAnswer, SaysHowManyTokensWereThoughtsWhereTheyWereCounted) {
  ChatAnswer answer{.text = "x", .usage = {.prompt_tokens = 5, .completion_tokens = 4}};
  EXPECT_THAT(WriteChatAnswer({}, answer), testing::Not(HasSubstr("completion_tokens_details")));
  answer.usage.reasoning_tokens = 3;
  const std::string written = WriteChatAnswer({}, answer);
  EXPECT_THAT(written, HasSubstr(R"("completion_tokens_details":{"reasoning_tokens":3})"));
  const auto back = ReadChatAnswer(written);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->usage.reasoning_tokens, 3);
}

TEST(ReadChatAnswer, ReadsLogProbabilitiesOfText) {
  constexpr std::string_view kLogprobs =
      R"("logprobs":{"refusal":null,"content":[{"token":"H","logprob":-0.5,"bytes":[72],)"
      R"("top_logprobs":[{"token":"H","logprob":-0.5},{"token":"h","logprob":-2}]},)"
      R"({"token":"é","logprob":-1e-3,"top_logprobs":null}]},"finish_reason":"stop"})";
  auto answer = ReadChatAnswer(Answer(R"({"message":{"content":"Hé"},)" + std::string(kLogprobs)));
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ(answer->log_probabilities.size(), 2U);
  EXPECT_EQ(answer->log_probabilities[0].token, "H");
  EXPECT_EQ(answer->log_probabilities[0].log_probability, -0.5);
  ASSERT_EQ(answer->log_probabilities[0].top.size(), 2U);
  EXPECT_EQ(answer->log_probabilities[0].top[1].token, "h");
  EXPECT_EQ(answer->log_probabilities[0].top[1].log_probability, -2);
  EXPECT_EQ(answer->log_probabilities[1].token, "é");
  EXPECT_EQ(answer->log_probabilities[1].log_probability, -1e-3);
  // Whose tokens they are is not said where there is more than text.
  answer = ReadChatAnswer(
      Answer(R"({"message":{"content":"é","reasoning_content":"H"},)" + std::string(kLogprobs)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->log_probabilities.empty());
  // Those of a completion have another form.
  answer = ReadChatAnswer(Answer(R"({"message":{"content":"é"},"finish_reason":"stop","logprobs":)"
                                 R"({"tokens":["a"],"token_logprobs":[-1]}})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->log_probabilities.empty());
}

TEST(ReadChatAnswer, KnowsEveryWayToEnd) {
  auto finish = [](std::string_view members) {
    auto answer =
        ReadChatAnswer(Answer(R"({"message":{"content":null},)" + std::string(members) + "}"));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->finish : ChatFinish{};
  };
  EXPECT_EQ(finish(R"("finish_reason":"length")").reason, FinishReason::kLength);
  EXPECT_EQ(finish(R"("finish_reason":"tool_calls")").reason, FinishReason::kToolCalls);
  EXPECT_EQ(finish(R"("finish_reason":"malformed_tool_call")").reason,
            FinishReason::kMalformedToolCall);
  EXPECT_EQ(finish(R"("finish_reason":"content_filter")").reason, FinishReason::kContentFilter);
  EXPECT_EQ(finish(R"("finish_reason":"stop","stop_sequence":null)").reason, FinishReason::kStop);
  EXPECT_EQ(finish(R"("finish_reason":"stop","stop_reason":128009)").reason, FinishReason::kStop);
  for (const char* member : {"stop_sequence", "stop_reason"}) {
    ChatFinish by_text = finish(R"("finish_reason":"stop",")" + std::string(member) + R"(":"END")");
    EXPECT_EQ(by_text.reason, FinishReason::kStopSequence);
    EXPECT_EQ(by_text.stop_sequence, "END");
  }
}

TEST(ReadChatAnswer, ReadsCallsAndReasoning) {
  auto answer = ReadChatAnswer(Answer(
      R"({"message":{"role":"assistant","content":null,"reasoning_content":"Hm.",
          "thinking_blocks":[{"type":"thinking","thinking":"Hm.","signature":"s=="}],
          "tool_calls":[
          {"id":"c1","type":"function","function":{"name":"get","arguments":"{\"a\": 1}"}},
          {"index":1,"function":{"name":"put","arguments":{"b": [2]}}},{}],"refusal":null},
          "finish_reason":"tool_calls"})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "");
  EXPECT_EQ(answer->ReasoningText(), "Hm.");
  EXPECT_EQ(answer->reasoning.at(0).signature, "s==");
  ASSERT_EQ(answer->tool_calls.size(), 3u);
  EXPECT_EQ(answer->tool_calls[0].id, "c1");
  EXPECT_EQ(answer->tool_calls[0].name, "get");
  EXPECT_EQ(answer->tool_calls[0].arguments, R"({"a": 1})");
  EXPECT_EQ(answer->tool_calls[1].name, "put");
  EXPECT_EQ(answer->tool_calls[1].arguments, R"({"b": [2]})");
  EXPECT_EQ(answer->tool_calls[2].name, "");
}

TEST(ReadChatAnswer, KeepsThoughtsThatNoBlockHoldsTheTextOf) {
  const auto blocks = [](std::string_view blocks) {
    const auto answer =
        ReadChatAnswer(Answer(R"({"message":{"content":"x","reasoning_content":"Hm.",)"
                              R"("thinking_blocks":)" +
                              std::string(blocks) + R"(},"finish_reason":"stop"})"));
    std::string said;
    if (!answer) return answer.error().message;
    for (const ChatReasoning& block : answer->reasoning) {
      said += "[" + block.text + "|" + block.signature + "|" + block.redacted + "]";
    }
    return said;
  };
  EXPECT_EQ(blocks("[]"), "[Hm.||]");
  EXPECT_EQ(blocks(R"([{"type":"thinking","signature":"s"}])"), "[Hm.|s|]");
  EXPECT_EQ(blocks(R"([{"type":"thinking","thinking":"","signature":"s"},
                       {"type":"redacted_thinking","data":"d"}])"),
            "[Hm.|s|][||d]");
  EXPECT_EQ(blocks(R"([{"type":"redacted_thinking","data":"d"}])"), "[Hm.||][||d]");
  // Which of two signatures the text is of, nobody says.
  EXPECT_EQ(blocks(R"([{"signature":"s"},{"signature":"t"}])"), "[Hm.||][|s|][|t|]");
  EXPECT_EQ(blocks(R"([{"thinking":"Hm","signature":"s"},{"signature":"t"}])"), "[Hm|s|][|t|]");
}

TEST(ChatChunkReader, TakesThoughtsThatOnlyBlocksSay) {
  const auto streamed = [](const std::vector<std::string>& deltas) {
    ChatChunkReader reader;
    ChatChunk chunk;
    std::string said;
    for (const std::string& delta : deltas) {
      EXPECT_TRUE(reader.Read(R"({"choices":[{"delta":{)" + delta + "}}]}", chunk));
      said += chunk.reasoning + (chunk.signature.empty() ? "" : "|" + chunk.signature);
    }
    return said;
  };
  const std::string block = R"("thinking_blocks":[{"type":"thinking","thinking":"Hm.")";
  EXPECT_EQ(streamed({block + "}]", R"("thinking_blocks":[{"signature":"s"}])"}), "Hm.|s");
  EXPECT_EQ(streamed({R"("reasoning_content":"Hm.",)" + block + "}]"}), "Hm.");
  // One that tells it all again at the end.
  EXPECT_EQ(streamed({R"("reasoning_content":"Hm.")", block + R"(,"signature":"s"}])"}), "Hm.|s");
}

TEST(ReadChatAnswer, ReadsEitherNameOfReasoningOnce) {
  auto reasoning = [](std::string_view members) {
    auto answer = ReadChatAnswer(Answer(R"({"message":{"content":"x",)" + std::string(members) +
                                        R"(},"finish_reason":"stop"})"));
    return answer ? answer->ReasoningText() : answer.error().message;
  };
  EXPECT_EQ(reasoning(R"("reasoning":"Hm.")"), "Hm.");
  EXPECT_EQ(reasoning(R"("reasoning":"Hm.","reasoning_content":"Hm.")"), "Hm.");
  EXPECT_EQ(reasoning(R"("reasoning_content":"Hm.","reasoning":"Hm.")"), "Hm.");
  EXPECT_EQ(reasoning(R"("reasoning_content":null,"reasoning":{"effort":"low"})"), "");
}

TEST(ReadChatAnswer, TakesARefusalForText) {
  auto answer = ReadChatAnswer(
      Answer(R"({"message":{"content":null,"refusal":"I can't."},"finish_reason":"stop"})"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "I can't.");
}

TEST(ReadChatAnswer, DoesNotBelieveCountsThatCanNotBe) {
  for (const char* usage :
       {R"({"prompt_tokens":-1,"completion_tokens":2})",
        R"({"prompt_tokens":1,"completion_tokens":2147483648})",
        R"({"prompt_tokens":"1","completion_tokens":2})",
        R"({"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":-3}})",
        R"({"prompt_tokens":1,"completion_tokens_details":{"reasoning_tokens":-3}})"}) {
    auto answer =
        ReadChatAnswer(Answer(R"({"message":{"content":"x"},"finish_reason":"stop"})", usage));
    ASSERT_FALSE(answer) << usage;
    EXPECT_EQ(answer.error().fault, Fault::kModelError);
  }
}

TEST(ReadChatAnswer, RefusesWhatIsNoAnswer) {
  for (const std::string& body :
       {std::string(""), std::string("[]"), std::string("{}"), std::string("{\"choices\":[]}"),
        Answer(R"({"message":{"content":"x"}})"),
        Answer(R"({"message":{"content":"x"},"finish_reason":"stop"})", "null"),
        Answer(R"({"message":{"content":5},"finish_reason":"stop"})"),
        Answer(R"({"message":{"content":"x"},"finish_reason":"stop"})") + "x"}) {
    auto answer = ReadChatAnswer(body);
    ASSERT_FALSE(answer) << body;
    EXPECT_EQ(answer.error().fault, Fault::kModelError);
  }
  EXPECT_THAT(ReadChatAnswer(R"({"error":{"message":"out of memory"}})").error().message,
              HasSubstr("out of memory"));
}

TEST(ChatChunkReader, ReadsDeltasFinishUsageAndErrors) {
  ChatChunkReader reader;
  ChatChunk chunk;
  ASSERT_TRUE(reader.Read(
      R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})",
      chunk));
  EXPECT_EQ(chunk.text, "");
  EXPECT_FALSE(chunk.finish);
  ASSERT_TRUE(reader.Read(R"({"choices":[{"delta":{"content":" a"}}],"usage":null})", chunk));
  EXPECT_EQ(chunk.text, " a");
  EXPECT_FALSE(chunk.usage);
  ASSERT_TRUE(reader.Read(R"({"choices":[{"delta":{},"finish_reason":"length"}]})", chunk));
  EXPECT_EQ(chunk.text, "");
  ASSERT_TRUE(chunk.finish);
  EXPECT_EQ(chunk.finish->reason, FinishReason::kLength);
  ASSERT_TRUE(
      reader.Read(R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}})", chunk));
  EXPECT_FALSE(chunk.finish);
  ASSERT_TRUE(chunk.usage);
  EXPECT_EQ(chunk.usage->completion_tokens, 4);
  ASSERT_TRUE(reader.Read(R"({"error":{"message":"broken","code":500}})", chunk));
  EXPECT_EQ(chunk.error, "broken");
  EXPECT_FALSE(reader.Read("{", chunk));
}

TEST(ChatChunkReader, ReadsPiecesOfCallsAndReasoning) {
  ChatChunkReader reader;
  ChatChunk chunk;
  ASSERT_TRUE(reader.Read(R"({"choices":[{"delta":{"reasoning_content":"Hm"}}]})", chunk));
  EXPECT_EQ(chunk.reasoning, "Hm");
  ASSERT_TRUE(reader.Read(
      R"({"choices":[{"delta":{"content":null,"tool_calls":[{"index":0,"id":"c1","type":"function",
          "function":{"name":"get","arguments":""}}]}}]})",
      chunk));
  EXPECT_EQ(chunk.reasoning, "");
  ASSERT_EQ(chunk.tool_calls.size(), 1u);
  EXPECT_EQ(chunk.tool_calls[0].index, 0);
  EXPECT_EQ(chunk.tool_calls[0].id, "c1");
  EXPECT_EQ(chunk.tool_calls[0].name, "get");
  ASSERT_TRUE(reader.Read(
      R"({"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{\"a"}}]}}]})", chunk));
  ASSERT_EQ(chunk.tool_calls.size(), 1u);
  EXPECT_FALSE(chunk.tool_calls[0].index);
  EXPECT_EQ(chunk.tool_calls[0].name, "");
  EXPECT_EQ(chunk.tool_calls[0].arguments, R"({"a)");
  EXPECT_FALSE(reader.Read(R"({"choices":[{"delta":{"tool_calls":[5]}}]})", chunk));
  EXPECT_FALSE(reader.Read(R"({"choices":[{"delta":{"tool_calls":{"a":1}}}]})", chunk));
}

// Whatever came before, a chunk says what it says to a reader that sees it first.
TEST(ChatChunkReader, EachChunkReadsAsIfItWereTheFirst) {
  const auto delta = [](std::string_view text, std::string_view rest = R"("finish_reason":null)") {
    return R"({"id":"a","choices":[{"delta":{"content":)" + std::string(text) + "}," +
           std::string(rest) + "}]}";
  };
  const std::vector<std::string> chunks = {
      delta(R"("one")"),
      delta(R"(" two")"),
      delta(R"("")"),
      delta(R"("\n\u00e4")"),
      delta("null"),
      delta(R"("end")", R"("finish_reason":"stop")"),
      delta(R"("end")", R"("finish_reason":"stop")"),
      delta(R"("a"},"finish_reason":"length","x":{"y":"b")"),  // around it all is as before
      delta(R"("quote \" within")"),
      delta(R"("unfinished\")"),
      delta("\"\xff\""),
      delta("\"\n\""),
      delta("5"),
      R"({"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]})",
      R"({"choices":[{"delta":{"content":"a"}},{"delta":{"content":"c"}}]})",
      R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
      R"({"choices":[],"error":{"message":"broken"}})",
      R"({"choices":[{"delta":{"content":"a","reasoning_content":"b"}}]})",
      R"({"choices":[{"delta":{"content":"c","reasoning_content":"b"}}]})",
      R"({"choices":[{"delta":{"content":"a","refusal":"b"}}]})",
      R"({"choices":[{"delta":{"content":"c","refusal":"b"}}]})",
      R"({"choices":[{"delta":{"content":"a","tool_calls":[{"index":0,"id":"b"}]}}]})",
      R"({"choices":[{"delta":{"content":"c","tool_calls":[{"index":0,"id":"b"}]}}]})",
      R"({"choices":[{"delta":{"content":"a","thinking_blocks":[{"signature":"b"}]}}]})",
      R"({"choices":[{"delta":{"content":"c","thinking_blocks":[{"signature":"b"}]}}]})",
      "{",
      "",
  };
  for (const std::string& before : chunks) {
    for (const std::string& data : chunks) {
      ChatChunkReader fresh;
      ChatChunkReader used;
      ChatChunk expected;
      ChatChunk chunk;
      const bool good = fresh.Read(data, expected).has_value();
      (void)used.Read(chunks[0], chunk);
      (void)used.Read(before, chunk);
      ASSERT_EQ(used.Read(data, chunk).has_value(), good) << before << " then " << data;
      if (!good) continue;
      EXPECT_EQ(chunk.text, expected.text) << before << " then " << data;
      EXPECT_EQ(chunk.error, expected.error);
      EXPECT_EQ(chunk.reasoning, expected.reasoning) << before << " then " << data;
      EXPECT_EQ(chunk.signature, expected.signature);
      EXPECT_EQ(chunk.tool_calls.size(), expected.tool_calls.size()) << before << " then " << data;
      ASSERT_EQ(chunk.finish.has_value(), expected.finish.has_value())
          << before << " then " << data;
      if (chunk.finish) EXPECT_EQ(chunk.finish->reason, expected.finish->reason);
      ASSERT_EQ(chunk.usage.has_value(), expected.usage.has_value());
      if (chunk.usage) EXPECT_EQ(chunk.usage->prompt_tokens, expected.usage->prompt_tokens);
    }
  }
}

TEST(ReadTokenCount, ReadsTheCountAlone) {
  EXPECT_EQ(*ReadTokenCount(R"({"count":12,"tokens":[1,2],"max_model_len":4096})"), 12);
  EXPECT_FALSE(ReadTokenCount(R"({"tokens":[1,2]})"));
  EXPECT_FALSE(ReadTokenCount(R"({"count":"12"})"));
}

}  // namespace
}  // namespace bedplate::models
