// Requests for facades, and for what is not there below their paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/json/value.h"
#include "base/testing/fake_clock.h"
#include "gateway/gateway.h"
#include "gateway/testing/test_support.h"
#include "wire/invoke.h"

namespace bedplate::gateway {
namespace {

using testing::HasSubstr;

class TestApi {
 public:
  net::Task<Result<void>> Ask(const wire::Call& call, wire::FacadeExchange& exchange) {
    call.model_id = "a.model";
    if (exchange.body() == "fail") {
      exchange.Explain("a_code", "a.member");
      co_return Fail(Fault::kValidation, "wrong");
    }
    if (exchange.body() == "break") {
      auto sent = co_await exchange.WriteEvents("data: 1\n\n", 1);
      if (sent) sent = Fail(Fault::kModelStreamError, "broken");
      co_return sent;
    }
    if (exchange.body() == "stream") co_return co_await exchange.WriteEvents("data: 1\n\n", 1);
    co_return co_await exchange.SendJson("{}");
  }
};

constexpr wire::Permits kNothingAsked{};
constexpr std::array<wire::Operation, 1> kOpenAiOperations = {
    {{.name = "Ask",
      .method = "POST",
      .uri = "/openai/v1/ask",
      .permits = &kNothingAsked,
      .invoke = wire::InvokeFacade<&TestApi::Ask>}}};
constexpr std::array<wire::Operation, 1> kAnthropicOperations = {
    {{.name = "Ask",
      .method = "POST",
      .uri = "/anthropic/v1/ask",
      .permits = &kNothingAsked,
      .invoke = wire::InvokeFacade<&TestApi::Ask>}}};
const wire::Service kOpenAi{.name = "openai-api",
                            .signing_name = "bedrock",
                            .protocol = wire::Protocol::kOpenAi,
                            .bearer = true,
                            .facade_path = "/openai/v1",
                            .operations = kOpenAiOperations};
const wire::Service kAnthropic{.name = "anthropic-api",
                               .signing_name = "bedrock",
                               .protocol = wire::Protocol::kAnthropic,
                               .bearer = true,
                               .facade_path = "/anthropic",
                               .key_header = "x-api-key",
                               .operations = kAnthropicOperations};
const std::array<const wire::Service*, 2> kServices = {&kOpenAi, &kAnthropic};

class FacadesTest : public testing::Test {
 protected:
  FacadesTest() {
    dispatcher_.Register(kOpenAi, &api_);
    dispatcher_.Register(kAnthropic, &api_);
  }

  KeepingResponder Serve(const TestRequest& test) {
    Options options;
    options.region = kTestRegion;
    options.account = kTestRoot.account;
    options.version = "0";
    Gateway gateway(std::move(options),
                    Parts{router_, dispatcher_, kServices, identities_, clock_});
    KeepingResponder responder;
    net::Request request = test.ToRequest();
    PiecesBody body({test.body});
    request.body = &body;
    RunTask(gateway.Handle(request, responder));
    return responder;
  }

  // With a bearer key.
  KeepingResponder Ask(const std::string& target, const std::string& body = "{}",
                       const std::string& key = kTestRoot.bearer_key) {
    return Serve({.target = target, .headers = {{"authorization", "Bearer " + key}}, .body = body});
  }

  // A text of the error's; empty where there is none.
  static std::string InError(const KeepingResponder& answer, std::string_view key) {
    const auto body = json::Value::Parse(answer.answer.body);
    const json::Value* error = body ? body->Find("error") : nullptr;
    const json::Value* member = error == nullptr ? nullptr : error->Find(key);
    const std::string* text = member == nullptr ? nullptr : member->AsString();
    return text == nullptr ? "" : *text;
  }

  FakeClock clock_;
  account::Identities identities_{kTestRoot};
  wire::Router router_{kServices};
  wire::Dispatcher dispatcher_;
  TestApi api_;
};

TEST_F(FacadesTest, TakesEveryKindOfKey) {
  EXPECT_EQ(Ask("/openai/v1/ask").answer.status, 200);
  EXPECT_EQ(Serve(TestRequest{.target = "/openai/v1/ask"}.Sign()).answer.status, 200);
  const TestRequest with_header{.target = "/anthropic/v1/ask",
                                .headers = {{"x-api-key", kTestRoot.bearer_key}}};
  EXPECT_EQ(Serve(with_header).answer.status, 200);
  TestRequest elsewhere = with_header;
  elsewhere.target = "/openai/v1/ask";
  EXPECT_EQ(Serve(elsewhere).answer.status, 401);
  // Who signs is who asks, whatever else is there.
  TestRequest both = with_header;
  both.headers = {{"x-api-key", "wrong"}};
  EXPECT_EQ(Serve(both.Sign()).answer.status, 200);
}

TEST_F(FacadesTest, RefusesInTheWordsOfTheApi) {
  const auto wrong_key = Ask("/openai/v1/ask", "{}", "ABSKwrong");
  EXPECT_EQ(wrong_key.answer.status, 401);
  EXPECT_EQ(InError(wrong_key, "code"), "invalid_api_key");
  EXPECT_NE(wrong_key.Header("x-request-id"), "(none)");

  const auto failed = Ask("/openai/v1/ask", "fail");
  EXPECT_EQ(failed.answer.body,
            R"({"error":{"message":"wrong","type":"invalid_request_error","param":"a.member",)"
            R"("code":"a_code"}})");
  EXPECT_EQ(failed.answer.status, 400);

  const auto other = Ask("/anthropic/v1/ask", "fail");
  EXPECT_THAT(other.answer.body,
              HasSubstr(R"({"type":"error","error":{"type":"invalid_request_error",)"
                        R"("message":"wrong"})"));
  EXPECT_EQ(Ask("/anthropic/v1/ask", "{}", "ABSKwrong").answer.status, 401);
}

TEST_F(FacadesTest, UnknownPathsBelowAFacadeAreItsErrors) {
  const auto unknown = Ask("/openai/v1/nothing");
  EXPECT_EQ(unknown.answer.status, 404);
  EXPECT_EQ(InError(unknown, "type"), "invalid_request_error");
  EXPECT_EQ(InError(Ask("/anthropic/v1/nothing"), "type"), "not_found_error");
  // No facade's: AWS's.
  EXPECT_EQ(Ask("/openai/v10").Header("x-amzn-errortype"), "UnknownOperationException");
}

TEST_F(FacadesTest, AStreamThatFailsEndsWithTheErrorOfTheApi) {
  const auto streamed = Ask("/openai/v1/ask", "stream");
  EXPECT_EQ(streamed.answer.body, "data: 1\n\n");
  EXPECT_EQ(streamed.Header("content-type"), "text/event-stream");
  EXPECT_TRUE(streamed.finished);
  EXPECT_EQ(Ask("/openai/v1/ask", "break").answer.body,
            "data: 1\n\ndata: {\"error\":{\"message\":\"broken\",\"type\":\"server_error\","
            "\"param\":null,\"code\":null}}\n\n");
  EXPECT_EQ(Ask("/anthropic/v1/ask", "break").answer.body,
            "data: 1\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\","
            "\"message\":\"broken\"}}\n\n");
}

}  // namespace
}  // namespace bedplate::gateway
