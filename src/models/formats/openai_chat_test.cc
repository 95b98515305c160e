#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/native_bodies.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFamily = "openai-chat";

TEST(OpenAiChat, HandsTheCallersMembersOn) {
  EXPECT_EQ(Asked(kFamily, R"({"messages":[{"role":"user","content":"a\u0062"}],"max_tokens":1.0,)"
                           R"("model":"us.anthropic.claude-3-haiku-20240307-v1:0",)"
                           R"("stream_options":{"include_usage":false}})"),
            R"({"model":"local","messages":[{"role":"user","content":"a\u0062"}],)"
            R"("max_tokens":1.0,"stream":false})");
  EXPECT_EQ(Asked(kFamily, R"({"messages":[{}],"stream":true})", NativeUse::kStream),
            R"({"model":"local","messages":[{}],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
  const char* body = R"({"messages":[{}],"top_k":1,"tools":[],"add_generation_prompt":false})";
  EXPECT_EQ(Asked(kFamily, body, NativeUse::kCountTokens),
            R"({"model":"local","messages":[{}],"tools":[],"add_generation_prompt":false})");
  NativeCall to_engine = TestCall(NativeUse::kCountTokens);
  to_engine.tokenize_members = TokenizeMembers::kAll;
  auto chat = FindFormat(kFamily)->read_chat(body, to_engine);
  ASSERT_TRUE(chat) << chat.error().message;
  EXPECT_EQ((*chat)->UpstreamBody(to_engine),
            R"({"model":"local","messages":[{}],"top_k":1,"tools":[],)"
            R"("add_generation_prompt":false})");
}

TEST(OpenAiChat, CountsBodiesThatAreStreamedOrNot) {
  for (const char* stream : {"true", "false"}) {
    EXPECT_EQ(Asked(kFamily, R"({"messages":[{}],"stream":)" + std::string(stream) + "}",
                    NativeUse::kCountTokens),
              R"({"model":"local","messages":[{}]})");
  }
  EXPECT_THAT(Refusal(kFamily, R"({"messages":[{}],"stream":1})", NativeUse::kCountTokens),
              HasSubstr("#/stream: expected type: Boolean"));
}

TEST(OpenAiChat, RefusesWhatDoesNotFitTheRequest) {
  auto refusal = [](std::string_view body, bool stream = false) {
    return Refusal(kFamily, body, stream ? NativeUse::kStream : NativeUse::kAnswer);
  };
  EXPECT_EQ(refusal("{}"),
            "Malformed input request: #: required key [messages] not found, please reformat your "
            "input and try again.");
  EXPECT_THAT(refusal(R"({"messages":[]})"), HasSubstr("#/messages: expected minimum item count"));
  EXPECT_THAT(refusal(R"({"messages":"hi"})"), HasSubstr("found: String"));
  EXPECT_THAT(refusal(R"({"messages":[{}],"model":"other"})"), HasSubstr("#/model: other"));
  EXPECT_THAT(refusal(R"({"messages":[{}],"stream":true})"), HasSubstr("#/stream: true"));
  EXPECT_THAT(refusal(R"({"messages":[{}],"stream":false})", true), HasSubstr("#/stream: false"));
  EXPECT_THAT(refusal("[]"), HasSubstr("found: JSONArray"));
  for (const char* text : {"", "nonsense", "{", "[1", "[] x"}) {
    EXPECT_THAT(refusal(text), HasSubstr("at byte")) << text;
  }
  EXPECT_THAT(refusal(R"({"messages":[{}],"messages":[{}]})"), HasSubstr("Malformed input"));
  EXPECT_THAT(refusal(R"({"messages":[{}]} x)"), HasSubstr("Malformed input"));
}

constexpr const char* kBody = R"({"messages":[{}]})";

TEST(OpenAiChat, AnswersUnderBedrocksName) {
  EXPECT_EQ(Answered(kFamily, kBody, {}, R"({"id":"1","model":"local","usage":{"a":1}})"),
            R"({"id":"1","model":"anthropic.claude-3-haiku-20240307-v1:0","usage":{"a":1}})");
}

TEST(OpenAiChat, PutsTheMetricsIntoTheChunkWithTheUsage) {
  const std::string metrics =
      R"("amazon-bedrock-invocationMetrics":{"inputTokenCount":1,"outputTokenCount":2,)"
      R"("invocationLatency":30,"firstByteLatency":10}})";
  const std::string text = R"({"choices":[{"delta":{"content":"a"}}]})";
  const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})";
  const std::string last = usage.substr(0, usage.size() - 1) + "," + metrics;
  EXPECT_THAT(Streamed(kFamily, kBody, {text, usage}), ElementsAre(text, last));
  // A server that counts all the way.
  EXPECT_THAT(Streamed(kFamily, kBody, {usage, text, usage}), ElementsAre(usage, text, last));
}

TEST(FormatOf, IsTheFamilysWhereItFitsTheModel) {
  auto family = [](ModelFacts facts) { return FormatOf(facts).family; };
  using enum BodyFormat;
  EXPECT_EQ(family({}), "openai-chat");
  EXPECT_EQ(family({.body_format = kTitanEmbeddings}), "amazon-titan-embeddings-v2");
  EXPECT_EQ(family({.family = "no-such-family"}), "openai-chat");
  EXPECT_EQ(family({.body_format = kTitanEmbeddings, .family = "openai-chat"}),
            "amazon-titan-embeddings-v2");
  EXPECT_EQ(family({.family = "amazon-titan-embeddings-v2"}), "openai-chat");
  EXPECT_EQ(family({.body_format = kRerank}), "cohere-rerank");
  EXPECT_EQ(family({.body_format = kRerank, .family = "amazon-rerank"}), "amazon-rerank");
  EXPECT_EQ(family({.body_format = kRerank, .family = "cohere-embed-v3"}), "cohere-rerank");
  EXPECT_EQ(FindFormat(""), nullptr);
}

}  // namespace
}  // namespace bedplate::models
