#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/facade_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kBody = R"({"model":"m","messages":[{}]})";
constexpr const char* kCounting =
    R"({"model":"m","messages":[{}],"stream":true,"stream_options":{"include_usage":true}})";

TEST(OpenAiFacade, HandsTheCallersMembersOn) {
  EXPECT_EQ(FacadeAsked(kOpenAiFacadeChat, R"({"model":"m","messages":[{}],"seed":1,"x":null})"),
            R"({"model":"local","messages":[{}],"seed":1,"x":null,"stream":false})");
  EXPECT_EQ(FacadeAsked(kOpenAiFacadeChat, kCounting, NativeUse::kStream),
            R"({"model":"local","messages":[{}],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
  EXPECT_EQ(FacadeAsked(kOpenAiFacadeText, R"({"model":"m","prompt":[1,2]})"),
            R"({"model":"local","prompt":[1,2],"stream":false})");
}

TEST(OpenAiFacade, RefusesWhatCannotBeAnswered) {
  auto chat = [](std::string_view body) { return FacadeAsked(kOpenAiFacadeChat, body); };
  auto text = [](std::string_view body) { return FacadeAsked(kOpenAiFacadeText, body); };
  EXPECT_THAT(chat(R"({"model":"m"})"), HasSubstr("[messages] not found"));
  EXPECT_THAT(chat(R"({"messages":[]})"), HasSubstr("#/messages"));
  EXPECT_THAT(chat(R"({"messages":[{}],"stream_options":{"include_usage":true}})"),
              HasSubstr("#/stream_options"));
  EXPECT_THAT(chat("[]"), HasSubstr("Malformed"));
  EXPECT_THAT(text(R"({"prompt":["a","b"]})"), HasSubstr("#/prompt/0: several prompts"));
  EXPECT_THAT(text(R"({"prompt":[[1]]})"), HasSubstr("#/prompt/0"));
  EXPECT_THAT(text(R"({"prompt":5})"), HasSubstr("found: Integer"));
  EXPECT_THAT(text(R"({"messages":[{}]})"), HasSubstr("[prompt] not found"));
}

TEST(OpenAiFacade, AnswersUnderTheNameThatWasAsked) {
  EXPECT_EQ(FacadeAnswered(kOpenAiFacadeChat, kBody, {}, R"({"id":"1","model":"local"})"),
            R"({"id":"1","model":"us.anthropic.claude-3-haiku-20240307-v1:0"})");
}

TEST(OpenAiFacade, CountsInAStreamOnlyWhenAsked) {
  const std::string text = R"({"choices":[{"delta":{"content":"a"}}]})";
  const std::string counted =
      R"({"choices":[{"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":2}})";
  const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})";
  EXPECT_THAT(FacadeStreamed(kOpenAiFacadeChat, kBody, {text, counted, usage}),
              ElementsAre(text, R"({"choices":[{"delta":{}}]})"));
  EXPECT_THAT(FacadeStreamed(kOpenAiFacadeChat, kCounting, {text, counted, usage}),
              ElementsAre(text, counted, usage));
}

// What a server of Anthropic's cites is told to other formats alone.
TEST(OpenAiFacade, KeepsMembersOfOurOwnFromItsCallers) {
  EXPECT_EQ(
      FacadeAnswered(kOpenAiFacadeChat, kBody, {},
                     R"({"choices":[{"index":0,"message":{"role":"assistant","content":"\"a\"",)"
                     R"("text_citations":[{"begin":0,"end":1,"citations":[{}]}]},"x":[1.50]},)"
                     R"({"message":{"content":"b"}}],"text_citations":1})"),
      R"({"choices":[{"index":0,"message":{"role":"assistant","content":"\"a\""},)"
      R"("x":[1.50]},{"message":{"content":"b"}}],"text_citations":1})");
  const auto stream = [](const std::string& body) {
    return FacadeStreamed(
        kOpenAiFacadeChat, body,
        {R"({"choices":[{"delta":{"begins_text":true,"content":"text_citations"}}]})",
         R"({"choices":[{"delta":{"text_citations":[]},"finish_reason":"stop"}],)"
         R"("usage":{"prompt_tokens":1,"completion_tokens":2}})"});
  };
  const std::string text = R"({"choices":[{"delta":{"content":"text_citations"}}]})";
  const std::string end = R"({"choices":[{"delta":{},"finish_reason":"stop"}])";
  EXPECT_THAT(stream(kBody), ElementsAre(text, end + "}"));
  EXPECT_THAT(stream(kCounting),
              ElementsAre(text, end + R"(,"usage":{"prompt_tokens":1,"completion_tokens":2}})"));
}

TEST(OpenAiEmbeddings, AreWrittenAsAsked) {
  auto read = [](std::string_view body) { return ReadOpenAiEmbeddings(body, "m"); };
  const Embeddings made{.vectors = {{1.0F, -2.5F}}, .prompt_tokens = 3};
  auto floats = read(R"({"model":"m","input":"a"})");
  ASSERT_TRUE(floats) << floats.error().message;
  EXPECT_THAT((*floats)->request().texts, ElementsAre("a"));
  EXPECT_EQ((*floats)->WriteAnswer(made),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,-2.5]}],)"
            R"("model":"m","usage":{"prompt_tokens":3,"total_tokens":3}})");
  auto coded = read(R"({"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":2})");
  ASSERT_TRUE(coded) << coded.error().message;
  EXPECT_THAT((*coded)->request().texts, ElementsAre("a", "b"));
  EXPECT_THAT((*coded)->WriteAnswer(made), HasSubstr(R"("embedding":"AACAPwAAIMA=")"));
  EXPECT_TRUE((*coded)->CheckDimensions(2));
  EXPECT_THAT((*coded)->CheckDimensions(3).error().message, HasSubstr("#/dimensions: 2"));
  for (const char* body :
       {R"({"model":"m"})", R"({"model":"m","input":[]})", R"({"model":"m","input":[1]})",
        R"({"model":"m","input":""})", R"({"model":"m","input":"a","encoding_format":"x"})",
        R"({"model":"m","input":"a","x":1})"}) {
    EXPECT_FALSE(read(body)) << body;
  }
}

TEST(AnthropicFacade, NamesItsModelAndTellsNoMetrics) {
  const char* body = R"({"model":"m","stream":true,"service_tier":"auto","max_tokens":5,)"
                     R"("messages":[{"role":"user","content":"Hi"}]})";
  EXPECT_EQ(FacadeAsked(kAnthropicFacade, body, NativeUse::kStream),
            R"({"model":"local","messages":[{"role":"user","content":"Hi"}],"max_tokens":5,)"
            R"("stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_THAT(FacadeAnswered(kAnthropicFacade, body, {.text = "Ho"}),
              HasSubstr(R"("model":"us.anthropic.claude-3-haiku-20240307-v1:0")"));
  const auto events = FacadeStreamed(
      kAnthropicFacade, body,
      {R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":7}})",
       R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7}})"});
  EXPECT_THAT(events.front(), HasSubstr(R"("input_tokens":7)"));
  EXPECT_EQ(events.back(), R"({"type":"message_stop"})");
  EXPECT_THAT(
      FacadeAsked(kAnthropicFacade, R"({"model":"m","service_tier":"standard_only","max_tokens":5,)"
                                    R"("messages":[{"role":"user","content":"Hi"}]})"),
      HasSubstr(R"("service_tier":"default")"));
  EXPECT_THAT(FacadeAnswered(kAnthropicFacade, body, {.text = "Ho", .service_tier = "priority"}),
              HasSubstr(R"("service_tier":"priority"})"));
  EXPECT_THAT(FacadeAnswered(kAnthropicFacade, body, {.text = "Ho", .service_tier = "default"}),
              HasSubstr(R"("service_tier":"standard"})"));
  // A count needs no max_tokens, and InvokeModel's body is another's.
  EXPECT_EQ(
      FacadeAsked(kAnthropicFacade, R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})",
                  NativeUse::kCountTokens),
      R"({"model":"local","messages":[{"role":"user","content":"Hi"}]})");
  NativeCall newer = FacadeCall();
  newer.api_version = "2026-10-21";
  auto cold = ReadAnthropicMessages(
      R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"top_p":1})",
      newer);
  EXPECT_THAT(cold.error().message, HasSubstr("[top_p] is not permitted"));
  EXPECT_THAT(Refusal("anthropic-messages", body), HasSubstr("[model] is not permitted"));
}

TEST(NeutralChat, AsksAnEngineToCountThePromptFirst) {
  NativeCall call = FacadeCall(NativeUse::kStream);
  call.early_usage = true;
  auto chat = kAnthropicFacade.read_chat(
      R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]})", call);
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_THAT((*chat)->UpstreamBody(call),
              HasSubstr(R"("stream_options":{"include_usage":true,"prompt_usage":true})"));
}

}  // namespace
}  // namespace bedplate::models
