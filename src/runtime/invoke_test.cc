// Native bodies against a stand-in server and fake_engine.
#include "runtime/invoke.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/json/value.h"
#include "models/formats/facades.h"
#include "models/testing/model_stand.h"

namespace bedplate::runtime {
namespace {

using models::FakeExchange;
using models::FakeRequest;
using testing::HasSubstr;

class InvokeTest : public testing::Test {
 protected:
  NativeRequest Request(std::string body) {
    return {.model = std::make_shared<const models::Model>(stand_.model),
            .model_as_asked = "us.a.b",
            .body = std::move(body)};
  }
  Invoker& invoker() {
    if (!invoker_) invoker_ = std::make_unique<Invoker>(stand_.client(), SystemClock());
    return *invoker_;
  }
  Result<NativeAnswer> Invoke(std::string body) {
    return stand_.reactors.Run(1, invoker().Invoke(Request(std::move(body))));
  }
  void Answer(std::string body) {
    stand_.Upstream([this, body](const FakeRequest& request, FakeExchange& exchange) {
      seen_ = request;
      exchange.Send(200, body);
    });
  }

  models::ModelStand stand_;
  std::unique_ptr<Invoker> invoker_;
  FakeRequest seen_;
};

const char* kHi = R"({"messages":[{"role":"user","content":"Hi"}]})";

TEST_F(InvokeTest, HandsAChatOnAndItsAnswerBack) {
  Answer(
      R"({"id":"c","model":"big","choices":[{"message":{"content":"Yo"},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
  auto answer = Invoke(kHi);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->usage.input_tokens, 5);
  EXPECT_EQ(answer->usage.output_tokens, 2);
  EXPECT_EQ(answer->body,
            R"({"id":"c","model":"a.b","choices":[{"message":{"content":"Yo"},)"
            R"("finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}})");
  EXPECT_EQ(seen_.body,
            R"({"model":"big","messages":[{"role":"user","content":"Hi"}],"stream":false})");
}

std::thread::id reader;  // the thread that read a body

Result<models::NativeChatPtr> ReadAndTell(std::string_view body, const models::NativeCall& call) {
  reader = std::this_thread::get_id();
  return models::FindFormat("openai-chat")->read_chat(body, call);
}

TEST_F(InvokeTest, ReadsLargeBodiesOnAPool) {
  Answer(R"({"choices":[{"message":{"content":"Yo"},"finish_reason":"stop"}],)"
         R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
  const models::NativeFormat format{.family = "told", .read_chat = ReadAndTell};
  const auto read_elsewhere = [&](size_t bytes) {
    auto ask = [&]() -> net::Task<bool> {
      auto request = Request(R"({"messages":[{"role":"user","content":")" +
                             std::string(bytes, 'x') + R"("}]})");
      request.format = &format;
      const auto reactor = std::this_thread::get_id();
      const auto answer = co_await invoker().Invoke(std::move(request));
      EXPECT_TRUE(answer) << answer.error().message;
      co_return reader != reactor;
    };
    return stand_.reactors.Run(1, ask());
  };
  EXPECT_FALSE(read_elsewhere(1'000));
  EXPECT_TRUE(read_elsewhere(64 << 10));
}

TEST_F(InvokeTest, HandsToolsOnAndCallsBack) {
  const std::string answered =
      R"("choices":[{"message":{"content":null,"tool_calls":[{"id":"c1","type":"function",)"
      R"("function":{"name":"get","arguments":"{}"}}]},"finish_reason":"tool_calls"}],)"
      R"("usage":{"prompt_tokens":5,"completion_tokens":2}})";
  Answer(R"({"model":"big",)" + answered);
  const std::string asked =
      R"("messages":[{"role":"user","content":"Hi"},{"role":"assistant","tool_calls":[{"id":"c0",)"
      R"("type":"function","function":{"name":"get","arguments":"{}"}}]},)"
      R"({"role":"tool","content":"x","tool_call_id":"c0"}],"tools":[{"type":"function",)"
      R"("function":{"name":"get","parameters":{"type":"object"}}}],"tool_choice":"required",)"
      R"("parallel_tool_calls":false,"response_format":{"type":"json_object"})";
  auto answer = Invoke("{" + asked + "}");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, R"({"model":"a.b",)" + answered);
  EXPECT_EQ(seen_.body, R"({"model":"big",)" + asked + R"(,"stream":false})");
}

TEST_F(InvokeTest, StreamsPiecesOfCallsAsTheyAre) {
  const std::string piece = R"("choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":)"
                            R"({"name":"get","arguments":"{"}}]}}]})";
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event(R"({"model":"big",)" + piece);
    exchange.Event(R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}],)"
                   R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
    exchange.Event("[DONE]");
    exchange.Finish();
  });
  auto read = [&]() -> net::Task<std::string> {
    auto stream = co_await invoker().InvokeStream(Request(kHi));
    if (!stream) co_return stream.error().message;
    auto first = co_await stream->Next();
    co_return first ? **first : first.error().message;
  };
  EXPECT_EQ(stand_.reactors.Run(0, read()), R"({"model":"a.b",)" + piece);
}

TEST_F(InvokeTest, StreamsChunksAndMeasuresInTheLast) {
  stand_.Engine("tokens=2 token_ms=5");
  auto read = [&]() -> net::Task<std::vector<std::string>> {
    std::vector<std::string> chunks;
    auto stream = co_await invoker().InvokeStream(Request(kHi));
    if (!stream) co_return std::vector{stream.error().message};
    for (;;) {
      auto chunk = co_await stream->Next();
      if (!chunk) co_return std::vector{chunk.error().message};
      if (!*chunk) break;
      chunks.push_back(std::move(**chunk));
    }
    co_return chunks;
  };
  auto chunks = stand_.reactors.Run(0, read());
  ASSERT_EQ(chunks.size(), 4u) << chunks[0];
  EXPECT_THAT(chunks[0], HasSubstr(R"("model":"a.b")"));
  EXPECT_THAT(chunks[0], HasSubstr(R"("content":"t0 ")"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(chunks[i].find("invocationMetrics"), std::string::npos);
  }
  auto last = json::Value::Parse(chunks[3]);
  const json::Value* metrics = last->Find("amazon-bedrock-invocationMetrics");
  ASSERT_NE(metrics, nullptr) << chunks[3];
  int64_t number = 0;
  EXPECT_TRUE(metrics->Find("inputTokenCount")->ToInt64(number));
  EXPECT_EQ(number, 7);
  EXPECT_TRUE(metrics->Find("outputTokenCount")->ToInt64(number));
  EXPECT_EQ(number, 2);
  EXPECT_TRUE(metrics->Find("invocationLatency")->ToInt64(number));
  EXPECT_GE(number, 10);
  EXPECT_EQ(chunks[3].find("[DONE]"), std::string::npos);
}

constexpr const char* kClaudeHi = R"({"anthropic_version":"bedrock-2023-05-31","max_tokens":9,)"
                                  R"("messages":[{"role":"user","content":"Hi"}]})";

TEST_F(InvokeTest, SpeaksTheFamilyOfTheModel) {
  stand_.model.facts.family = "anthropic-messages";
  Answer(R"({"choices":[{"message":{"content":"Yo"},"finish_reason":"length"}],)"
         R"("usage":{"prompt_tokens":5,"completion_tokens":2}})");
  auto answer = Invoke(kClaudeHi);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->body, HasSubstr(R"("content":[{"type":"text","text":"Yo"}],)"
                                      R"("stop_reason":"max_tokens")"));
  EXPECT_EQ(answer->usage.input_tokens, 5);
  EXPECT_EQ(answer->usage.output_tokens, 2);
  EXPECT_EQ(seen_.body, R"({"model":"big","messages":[{"role":"user","content":"Hi"}],)"
                        R"("max_tokens":9,"stream":false})");
  EXPECT_THAT(Invoke(kHi).error().message, HasSubstr("required key [anthropic_version]"));
}

TEST_F(InvokeTest, StreamsInTheFamilyOfTheModel) {
  stand_.model.facts.family = "anthropic-messages";
  stand_.Engine("tokens=2 token_ms=5");
  auto read = [&]() -> net::Task<std::vector<std::string>> {
    std::vector<std::string> types;
    auto stream = co_await invoker().InvokeStream(Request(kClaudeHi));
    if (!stream) co_return std::vector{stream.error().message};
    for (;;) {
      auto chunk = co_await stream->Next();
      if (!chunk) co_return std::vector{chunk.error().message};
      if (!*chunk) break;
      auto event = json::Value::Parse(**chunk);
      types.push_back(*event->Find("type")->AsString());
    }
    co_return types;
  };
  EXPECT_THAT(stand_.reactors.Run(0, read()),
              testing::ElementsAre("message_start", "content_block_start", "content_block_delta",
                                   "content_block_delta", "content_block_stop", "message_delta",
                                   "message_stop"));
}

TEST_F(InvokeTest, FailsAStreamThatEndsBeforeItsUsage) {
  stand_.model.facts.family = "anthropic-messages";
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event(R"({"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]})");
    exchange.Event("[DONE]");
    exchange.Finish();
  });
  auto read = [&]() -> net::Task<Error> {
    auto stream = co_await invoker().InvokeStream(Request(kClaudeHi));
    if (!stream) co_return stream.error();
    for (;;) {
      auto chunk = co_await stream->Next();
      if (!chunk) co_return chunk.error();
      if (!*chunk) co_return Error{};
    }
  };
  const Error error = stand_.reactors.Run(0, read());
  EXPECT_EQ(error.fault, Fault::kModelStreamError);
  EXPECT_THAT(error.message, HasSubstr("without its usage"));
}

TEST_F(InvokeTest, AsksInTheFormatAndAtTheRouteOfAFacade) {
  stand_.model.facts.family = "anthropic-messages";
  Answer(R"({"model":"big","choices":[{"text":"b","finish_reason":"length"}],)"
         R"("usage":{"prompt_tokens":1,"completion_tokens":1}})");
  NativeRequest request = Request(R"({"model":"us.a.b","prompt":"a"})");
  request.format = &models::kOpenAiFacadeText;
  request.api = models::NativeApi::kFacade;
  request.route = models::Route::kCompletions;
  auto answer = stand_.reactors.Run(1, invoker().Invoke(std::move(request)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->body, HasSubstr(R"("model":"us.a.b","choices":[{"text":"b")"));
  EXPECT_EQ(seen_.target, "/completions");
  EXPECT_EQ(seen_.body, R"({"model":"big","prompt":"a","stream":false})");
}

TEST_F(InvokeTest, MakesEmbeddingsOfATitanBody) {
  stand_.model.facts.body_format = models::BodyFormat::kTitanEmbeddings;
  stand_.model.facts.embedding_dimensions = 2;
  Answer(R"({"data":[{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":3}})");
  auto answer = Invoke(R"({"inputText":"Hi","dimensions":2})");
  ASSERT_TRUE(answer) << answer.error().message;
  // A server at a URL is not asked to normalise: it is done here.
  EXPECT_EQ(seen_.body, R"({"model":"big","input":"Hi","encoding_format":"float"})");
  EXPECT_EQ(answer->body, R"({"embedding":[0.6,0.8],"embeddingsByType":{"float":[0.6,0.8]},)"
                          R"("inputTextTokenCount":3})");
  EXPECT_EQ(answer->usage.input_tokens, 3);
  EXPECT_FALSE(answer->is_text);
  EXPECT_THAT(Invoke(R"({"inputText":"Hi","normalize":false})")->body, HasSubstr("[3,4]"));
}

TEST_F(InvokeTest, AServerAtAUrlCantBoundTheTokensOfATextItIsSent) {
  stand_.model.facts.body_format = models::BodyFormat::kTitanEmbeddings;
  stand_.model.facts.family = "cohere-embed-v4";
  Answer(R"({"data":[{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":3}})");
  const std::string body = R"({"texts":["Hi"],"input_type":"search_query","truncate":"END")";
  EXPECT_TRUE(Invoke(body + "}"));
  const auto bounded = Invoke(body + R"(,"max_tokens":9})");
  ASSERT_FALSE(bounded);
  EXPECT_EQ(bounded.error().fault, Fault::kValidation);
  EXPECT_THAT(bounded.error().message, HasSubstr("max_tokens can't be 9"));
  EXPECT_EQ(stand_.upstream().requests(), 1);
}

TEST_F(InvokeTest, RanksDocuments) {
  stand_.model.facts.body_format = models::BodyFormat::kRerank;
  Answer(R"({"id":"r","results":[{"index":1,"relevance_score":0.75},)"
         R"({"index":0,"relevance_score":0.25}],"usage":{"total_tokens":9}})");
  const char* body = R"({"query":"q","documents":["a","b"],"api_version":2,"top_n":1})";
  auto answer = Invoke(body);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(seen_.target, "/rerank");
  EXPECT_EQ(seen_.body, R"({"model":"big","query":"q","documents":["a","b"]})");
  EXPECT_EQ(answer->body, R"({"results":[{"index":1,"relevance_score":0.75}]})");
  EXPECT_EQ(answer->usage.input_tokens, 9);
  EXPECT_FALSE(answer->is_text);
  const Error uncounted = stand_.reactors.Run(0, invoker().CountTokens(Request(body))).error();
  EXPECT_EQ(uncounted.fault, Fault::kValidation);
  EXPECT_THAT(uncounted.message, HasSubstr("doesn't support counting tokens"));
}

TEST_F(InvokeTest, RefusesOtherDimensions) {
  stand_.model.facts.body_format = models::BodyFormat::kTitanEmbeddings;
  Answer(R"({"data":[{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":3}})");
  const char* body = R"({"inputText":"Hi","dimensions":256})";
  // Known only from the answer, then known before.
  EXPECT_THAT(Invoke(body).error().message, HasSubstr("#/dimensions: 256 is not a valid enum"));
  EXPECT_EQ(stand_.upstream().requests(), 1);
  stand_.model.facts.embedding_dimensions = 2;
  EXPECT_THAT(Invoke(body).error().message, HasSubstr("#/dimensions: 256 is not a valid enum"));
  EXPECT_EQ(stand_.upstream().requests(), 1);
}

TEST_F(InvokeTest, RefusesToStreamEmbeddings) {
  stand_.model.facts.body_format = models::BodyFormat::kTitanEmbeddings;
  auto open = [&]() -> net::Task<Error> {
    auto stream = co_await invoker().InvokeStream(Request(R"({"inputText":"Hi"})"));
    co_return stream ? Error{} : stream.error();
  };
  Error error = stand_.reactors.Run(0, open());
  EXPECT_EQ(error.fault, Fault::kValidation);
  EXPECT_THAT(error.message, HasSubstr("not supported for streaming"));
}

TEST_F(InvokeTest, CountsTokensOfEitherBody) {
  Answer(R"({"count":4})");
  auto count = stand_.reactors.Run(0, invoker().CountTokens(Request(kHi)));
  EXPECT_EQ(*count, 4);
  EXPECT_EQ(seen_.body, R"({"model":"big","messages":[{"role":"user","content":"Hi"}]})");
  stand_.model.facts.body_format = models::BodyFormat::kTitanEmbeddings;
  EXPECT_EQ(*stand_.reactors.Run(0, invoker().CountTokens(Request(R"({"inputText":"Hi"})"))), 4);
  EXPECT_EQ(seen_.body, R"({"model":"big","prompt":"Hi"})");
  EXPECT_THAT(stand_.reactors.Run(0, invoker().CountTokens(Request("{}"))).error().message,
              HasSubstr("required key [inputText] not found"));
}

}  // namespace
}  // namespace bedplate::runtime
