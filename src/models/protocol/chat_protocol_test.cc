#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/protocol/chat_request.h"
#include "models/protocol/chat_response.h"

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

TEST(WriteTokenizeRequest, HoldsTheSamePrompt) {
  EXPECT_EQ(WriteTokenizeRequest(Request(), "m"),
            R"({"model":"m","messages":[{"role":"system","content":"Be \"brief\"."},)"
            R"({"role":"user","content":"Hi\n"}]})");
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

TEST(ReadChatAnswer, KnowsEveryWayToEnd) {
  auto finish = [](std::string_view members) {
    auto answer =
        ReadChatAnswer(Answer(R"({"message":{"content":null},)" + std::string(members) + "}"));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->finish : ChatFinish{};
  };
  EXPECT_EQ(finish(R"("finish_reason":"length")").reason, FinishReason::kLength);
  EXPECT_EQ(finish(R"("finish_reason":"tool_calls")").reason, FinishReason::kToolCalls);
  EXPECT_EQ(finish(R"("finish_reason":"content_filter")").reason, FinishReason::kContentFilter);
  EXPECT_EQ(finish(R"("finish_reason":"stop","stop_sequence":null)").reason, FinishReason::kStop);
  EXPECT_EQ(finish(R"("finish_reason":"stop","stop_reason":128009)").reason, FinishReason::kStop);
  for (const char* member : {"stop_sequence", "stop_reason"}) {
    ChatFinish by_text = finish(R"("finish_reason":"stop",")" + std::string(member) + R"(":"END")");
    EXPECT_EQ(by_text.reason, FinishReason::kStopSequence);
    EXPECT_EQ(by_text.stop_sequence, "END");
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
