#include "gateway/gateway.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <sstream>

#include "base/json/value.h"
#include "base/log.h"
#include "base/testing/fake_clock.h"
#include "base/testing/temporary_folder.h"
#include "gateway/testing/test_support.h"
#include "wire/exchange.h"

namespace bedplate::gateway {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

// One operation whose work is what the test says.
struct TestHandler {
  std::function<net::Task<Result<void>>(const wire::Call&, wire::Exchange&)> work;
};

net::Task<Result<void>> Invoke(void* handler, const wire::Call& call, wire::Exchange& exchange) {
  call.permission->NoteAsked();  // as what calls handlers does (wire/invoke.h)
  return static_cast<TestHandler*>(handler)->work(call, exchange);
}

const std::array<wire::Operation, 2> kOperations = {{
    {.name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse", .invoke = Invoke},
    {.name = "NotYet", .method = "POST", .uri = "/not-yet"},
}};
const wire::Service kRuntime{.name = "bedrock-runtime",
                             .id = "Bedrock Runtime",
                             .signing_name = "bedrock",
                             .endpoint_prefix = "bedrock-runtime",
                             .protocol = wire::Protocol::kRestJson,
                             .bearer = true,
                             .operations = kOperations};
const std::array<const wire::Service*, 1> kServices = {&kRuntime};

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    dispatcher_.Register(kRuntime, &handler_);
    handler_.work = [this](const wire::Call& call, wire::Exchange& exchange) {
      last_call_ = call;
      return exchange.SendOutput(nullptr);
    };
    options_.region = kTestRegion;
    options_.account = kTestRoot.account;
    options_.version = "0";
  }

  Gateway& gateway() {
    if (!gateway_) {
      gateway_.emplace(options_, Parts{router_, dispatcher_, kServices, identities_, clock_});
    }
    return *gateway_;
  }

  KeepingResponder Serve(const TestRequest& test, std::optional<Error> failure = {}) {
    KeepingResponder responder;
    net::Request request = test.ToRequest();
    PiecesBody body({test.body});
    body.failure = std::move(failure);
    request.body = &body;
    RunTask(gateway().Handle(request, responder));
    return responder;
  }

  std::string Metrics() {
    TestRequest test{.method = "GET", .target = "/metrics", .headers = {}};
    return Serve(test).answer.body;
  }

  FakeClock clock_;
  account::Identities identities_{kTestRoot};
  wire::Router router_{kServices};
  wire::Dispatcher dispatcher_;
  TestHandler handler_;
  Options options_;
  std::optional<wire::Call> last_call_;
  std::optional<Gateway> gateway_;
};

TEST_F(GatewayTest, CarriesASignedRequestToItsHandler) {
  const auto answer = Serve(TestRequest().Sign());
  EXPECT_EQ(answer.answer.status, 200);
  ASSERT_TRUE(last_call_);
  EXPECT_EQ(last_call_->account, "123456789012");
  EXPECT_EQ(last_call_->region, "us-east-1");
  EXPECT_EQ(last_call_->principal_arn, "arn:aws:iam::123456789012:root");
  EXPECT_EQ(last_call_->service, "bedrock-runtime");
  EXPECT_EQ(last_call_->operation, "Converse");
  EXPECT_THAT(last_call_->request_id,
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(answer.Header("x-amzn-requestid"), last_call_->request_id);
}

TEST_F(GatewayTest, CarriesARequestWithABearerKey) {
  TestRequest test;
  test.headers.emplace_back("authorization", "Bearer " + kTestRoot.bearer_key);
  EXPECT_EQ(Serve(test).answer.status, 200);
}

TEST_F(GatewayTest, AnswersRefusalsAsTheServicesDo) {
  TestRequest test;
  test.secret = "wrong";
  const auto refused = Serve(test.Sign());
  EXPECT_FALSE(last_call_);
  EXPECT_EQ(refused.answer.status, 403);
  EXPECT_EQ(refused.Header("x-amzn-errortype"), "InvalidSignatureException");
  EXPECT_EQ(refused.Header("content-type"), "application/json");
  EXPECT_NE(refused.Header("x-amzn-requestid"), "(none)");
  const auto body = json::Value::Parse(refused.answer.body);
  ASSERT_TRUE(body) << refused.answer.body;
  EXPECT_THAT(*body->Find("message")->AsString(),
              HasSubstr("The Canonical String for this request should have been"));
}

TEST_F(GatewayTest, TellsTheErrorsOfAuthenticationApart) {
  const auto type = [this](const TestRequest& test) {
    const auto refused = Serve(test);
    return std::to_string(refused.answer.status) + " " + refused.Header("x-amzn-errortype");
  };
  EXPECT_EQ(type(TestRequest()), "403 MissingAuthenticationTokenException");
  EXPECT_EQ(type(TestRequest{.access_key_id = "AKIANOBODY"}.Sign()),
            "403 UnrecognizedClientException");
  EXPECT_EQ(type(TestRequest{.region = "us-west-2"}.Sign()), "403 InvalidSignatureException");
  EXPECT_EQ(type(TestRequest{.service = "execute-api"}.Sign()), "403 InvalidSignatureException");
  TestRequest bearer;
  bearer.headers.emplace_back("authorization", "Bearer wrong");
  EXPECT_EQ(type(bearer), "403 AccessDeniedException");
  clock_.Advance(std::chrono::minutes(6));
  EXPECT_EQ(type(TestRequest().Sign()), "403 InvalidSignatureException");
}

TEST_F(GatewayTest, NamesTheServiceThatShouldHaveBeenSignedFor) {
  const auto refused = Serve(TestRequest{.service = "s3"}.Sign());
  EXPECT_THAT(refused.answer.body,
              HasSubstr("Credential should be scoped to correct service: 'bedrock', not 's3'."));
}

TEST_F(GatewayTest, AnswersUnknownPathsAndMethods) {
  for (const auto& test : {TestRequest{.target = "/no/such/path"}, TestRequest{.method = "DELETE"},
                           TestRequest{.target = "/"}, TestRequest{.method = "PATCH"}}) {
    TestRequest copy = test;
    const auto unknown = Serve(copy.Sign());
    EXPECT_EQ(unknown.answer.status, 404);
    EXPECT_EQ(unknown.Header("x-amzn-errortype"), "UnknownOperationException");
  }
}

TEST_F(GatewayTest, AnswersOperationsThatAreNotServed) {
  const auto answer = Serve(TestRequest{.target = "/not-yet"}.Sign());
  EXPECT_EQ(answer.answer.status, 501);
  EXPECT_THAT(answer.answer.body, HasSubstr("NotYet"));
}

TEST_F(GatewayTest, RefusesMoreThanItAnswersAtOnce) {
  options_.in_flight_max = 1;
  KeepingResponder inner;
  handler_.work = [&](const wire::Call&, wire::Exchange& exchange) -> net::Task<Result<void>> {
    inner = Serve(TestRequest().Sign());
    co_return co_await exchange.SendOutput(nullptr);
  };
  EXPECT_EQ(Serve(TestRequest().Sign()).answer.status, 200);
  EXPECT_EQ(inner.answer.status, 429);
  EXPECT_EQ(inner.Header("x-amzn-errortype"), "ThrottlingException");
  EXPECT_EQ(inner.Header("retry-after"), "1");
  EXPECT_THAT(inner.answer.body, HasSubstr("limits.in_flight_max"));
  EXPECT_THAT(Metrics(), HasSubstr("bedplate_throttled_total{limit=\"limits.in_flight_max\"} 1\n"));
}

TEST_F(GatewayTest, CountsRequestsByOperationAndStatus) {
  Serve(TestRequest().Sign());
  Serve(TestRequest().Sign());
  Serve(TestRequest());
  Serve(TestRequest{.target = "/nothing"}.Sign());
  const auto metrics = Metrics();
  const std::string of =
      "bedplate_requests_total{service=\"bedrock-runtime\",operation=\"Converse\"";
  EXPECT_THAT(metrics, HasSubstr(of + ",status=\"200\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr(of + ",status=\"403\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("operation=\"none\",status=\"404\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("bedplate_requests_in_flight 0\n"));
}

TEST_F(GatewayTest, AnswersNothingToAClientThatLeft) {
  const auto answer = Serve(TestRequest().Sign(), Error{Fault::kUnavailable, "left"});
  EXPECT_FALSE(answer.finished);
  EXPECT_FALSE(last_call_);
  EXPECT_THAT(Metrics(), HasSubstr("operation=\"Converse\",status=\"499\"} 1\n"));
}

TEST_F(GatewayTest, GivesEverythingBackWhenARequestIsCancelled) {
  options_.in_flight_max = 1;
  boost::asio::io_context context;
  boost::asio::cancellation_signal leave;
  handler_.work = [&](const wire::Call&, wire::Exchange&) -> net::Task<Result<void>> {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                    std::chrono::hours(1));
    boost::asio::post(context, [&] { leave.emit(boost::asio::cancellation_type::terminal); });
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return Result<void>();
  };
  const auto test = TestRequest().Sign();
  net::Request request = test.ToRequest();
  PiecesBody body({test.body});
  request.body = &body;
  KeepingResponder responder;
  bool cancelled = false;
  boost::asio::co_spawn(
      context, gateway().Handle(request, responder),
      boost::asio::bind_cancellation_slot(
          leave.slot(), [&](std::exception_ptr exception) { cancelled = exception != nullptr; }));
  context.run();
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(responder.finished);
  const auto metrics = Metrics();
  EXPECT_THAT(metrics, HasSubstr("operation=\"Converse\",status=\"499\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("bedplate_requests_in_flight 0\n"));
  handler_.work = [](const wire::Call&, wire::Exchange& e) { return e.SendOutput(nullptr); };
  EXPECT_EQ(Serve(TestRequest().Sign()).answer.status, 200);  // its place is free again
}

class AccessLogTest : public GatewayTest {
 protected:
  AccessLogTest() {
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    log::Start({.format = log::Format::kJson, .file_descriptor = file_});
  }
  ~AccessLogTest() override { close(file_); }

  std::string Lines() {
    log::Stop();
    log::Start({});  // standard error again, for the tests after this one
    log::Stop();
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "log";
  int file_ = -1;
};

TEST_F(AccessLogTest, WritesOneLineForARequest) {
  auto test = TestRequest();
  test.headers.emplace_back("user-agent", "Boto3/1.44");
  Serve(test.Sign());
  const auto lines = Lines();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1) << lines;
  const auto line = json::Value::Parse(lines);
  ASSERT_TRUE(line) << lines;
  const auto text = [&](std::string_view key) {
    const auto* value = line->Find(key);
    return value == nullptr ? "(none)" : value->is_string() ? *value->AsString() : value->ToJson();
  };
  EXPECT_EQ(text("request_id"), last_call_->request_id);
  EXPECT_EQ(text("service"), "bedrock-runtime");
  EXPECT_EQ(text("operation"), "Converse");
  EXPECT_EQ(text("model_id"), "a.model-v1:0");
  EXPECT_EQ(text("principal"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(text("client"), "127.0.0.1:50000");
  EXPECT_EQ(text("method"), "POST");
  EXPECT_EQ(text("status"), "200");
  EXPECT_EQ(text("request_bytes"), "2");
  EXPECT_EQ(text("user_agent"), "Boto3/1.44");
  EXPECT_NE(text("duration_ms"), "(none)");
  EXPECT_EQ(text("error_type"), "(none)");
}

TEST_F(AccessLogTest, NamesTheErrorAndNoSecret) {
  TestRequest test;
  test.session_token = "session-token-secret";
  Serve(test.Presign(60));
  TestRequest bearer;
  bearer.headers.emplace_back("authorization", "Bearer wrong-bearer-key");
  Serve(bearer);
  const auto lines = Lines();
  EXPECT_THAT(lines, AllOf(HasSubstr("\"error_type\":\"UnrecognizedClientException\""),
                           HasSubstr("\"error_type\":\"AccessDeniedException\"")));
  for (const auto* secret : {"X-Amz-Signature", "session-token-secret", "wrong-bearer-key"}) {
    EXPECT_THAT(lines, Not(HasSubstr(secret)));
  }
}

TEST_F(AccessLogTest, IsSilentWhenSwitchedOff) {
  options_.access_log = false;
  Serve(TestRequest().Sign());
  EXPECT_EQ(Lines(), "");
}

TEST(AnswerWithoutRequest, LooksLikeAnAnswerOfAws) {
  const auto answer = Gateway::AnswerWithoutRequest(431, "Too many header fields.");
  EXPECT_EQ(answer.status, 431);
  EXPECT_EQ(answer.headers.Find("x-amzn-errortype"), "ValidationException");
  EXPECT_TRUE(answer.headers.Has("x-amzn-requestid"));
  EXPECT_THAT(answer.body, HasSubstr("Too many header fields."));
  EXPECT_EQ(Gateway::AnswerWithoutRequest(503, "").headers.Find("retry-after"), "1");
}

}  // namespace
}  // namespace bedplate::gateway
