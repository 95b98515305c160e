// What a request may ask for beside its content: effort, service tier, a model's own id.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bedrock_runtime/ops/InvokeModel.h"
#include "bedrock_runtime/ops/InvokeModelWithResponseStream.h"
#include "services/bedrock_runtime/testing/service_stand.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using models::FakeExchange;
using models::FakeRequest;
using testing::HasSubstr;

TEST_F(ServiceTest, HandsTheEffortOn) {
  Answer(kHello);
  auto request = Asking<gen::ConverseRequest>();
  request.outputConfig.emplace().effort = std::string("xhigh");
  ASSERT_TRUE(Converse(std::move(request)));
  EXPECT_THAT(seen_.body, HasSubstr(R"("reasoning_effort":"xhigh")"));
  ASSERT_TRUE(Converse(Asking<gen::ConverseRequest>()));
  EXPECT_THAT(seen_.body, testing::Not(HasSubstr("reasoning_effort")));
}

TEST_F(ServiceTest, NamesTheEffortThatNoModelHereHas) {
  stand_.model.binding = models::LocalWeights{};
  for (const char* effort : {"xhigh", "max"}) {
    EXPECT_EQ(Refusal([&](gen::ConverseRequest& request) {
                request.outputConfig.emplace().effort = std::string(effort);
              }),
              fmt::format("This model doesn't support the {} effort that you provided at "
                          "outputConfig.effort. Use low, medium or high and try again.",
                          effort));
    EXPECT_EQ(fault_, Fault::kValidation);
  }
}

class ServiceOfProfilesTest : public ServiceTest {
 protected:
  // Answers a call by the model's own id, where `pattern` binds it.
  std::string AskedByItsId(const std::string& pattern, const std::string& id) {
    stand_.model.facts.inference_types = {models::InferenceType::kInferenceProfile};
    stand_.model.bound_by = pattern;
    Answer(kHello);
    auto request = Asking<gen::ConverseRequest>();
    request.modelId = id;
    auto response = Converse(std::move(request));
    return response ? "" : response.error().message;
  }
};

TEST_F(ServiceOfProfilesTest, AnswersTheirNamesAlone) {
  EXPECT_EQ(AskedByItsId("a.*", "us.a.b"), "");
  const std::string refused =
      "Invocation of model ID a.b with on-demand throughput isn\u2019t supported. Retry your "
      "request with the ID or ARN of an inference profile that contains this model. (Here 'a.*' is "
      "bound; what is bound to a.b itself answers for that ID too.)";
  EXPECT_EQ(AskedByItsId("a.*", "a.b"), refused);
  EXPECT_EQ(AskedByItsId("a.*", "arn:aws:bedrock:us-east-1::foundation-model/a.b"), refused);
  gen::InvokeModelRequest native;
  native.modelId = std::string("a.b");
  EXPECT_EQ(stand_.reactors.Run(1, service().InvokeModel(call_, native)).error().message, refused);
  EXPECT_EQ(stand_.upstream().requests(), 0);
}

TEST_F(ServiceOfProfilesTest, AnswersTheIdThatIsBound) {
  EXPECT_EQ(AskedByItsId("a.b", "a.b"), "");
}

// An answer of a server that says which tier served.
std::string HelloOf(std::string_view tier) {
  std::string body(kHello);
  return body.replace(0, 1, fmt::format(R"({{"service_tier":"{}",)", tier));
}

TEST_F(ServiceTest, AsksForTheTierAndSaysWhichServed) {
  std::string said;
  stand_.Upstream([&](const FakeRequest& request, FakeExchange& exchange) {
    seen_ = request;
    exchange.Send(200, said);
  });
  const auto served = [&](std::string answer, gen::ServiceTierType asked) {
    said = std::move(answer);
    auto request = Asking<gen::ConverseRequest>();
    request.serviceTier.emplace().type = asked;
    auto response = Converse(std::move(request));
    return response ? std::string(response->serviceTier->type->text()) : response.error().message;
  };
  EXPECT_EQ(served(HelloOf("priority"), gen::ServiceTierType::kPriority), "priority");
  EXPECT_THAT(seen_.body, HasSubstr(R"("service_tier":"priority")"));
  // A server that has none to spare, and one that knows of none.
  EXPECT_EQ(served(HelloOf("default"), gen::ServiceTierType::kPriority), "default");
  EXPECT_EQ(served(kHello, gen::ServiceTierType::kFlex), "default");
  EXPECT_THAT(seen_.body, HasSubstr(R"("service_tier":"flex")"));
  said = HelloOf("flex");
  auto unasked = Converse(Asking<gen::ConverseRequest>());
  EXPECT_FALSE(unasked->serviceTier.has_value());
  EXPECT_THAT(seen_.body, testing::Not(HasSubstr("service_tier")));
}

TEST_F(ServiceTest, TakesTheTierOfAHeader) {
  Answer(HelloOf("flex"));
  gen::InvokeModelRequest request;
  request.modelId = std::string("a.b");
  request.body.emplace().bytes = R"({"messages":[{"role":"user","content":"Hi"}]})";
  request.serviceTier = gen::ServiceTierType::kFlex;
  const auto invoke = [&] { return stand_.reactors.Run(1, service().InvokeModel(call_, request)); };
  auto response = invoke();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(*response->serviceTier == gen::ServiceTierType::kFlex);
  EXPECT_THAT(seen_.body, HasSubstr(R"("service_tier":"flex")"));
  request.body->bytes =
      R"({"messages":[{"role":"user","content":"Hi"}],"service_tier":"priority"})";
  EXPECT_THAT(invoke().error().message,
              HasSubstr(R"("priority" does not fit X-Amzn-Bedrock-Service-Tier, flex)"));
  request.serviceTier = gen::ServiceTierType::kReserved;
  EXPECT_THAT(invoke().error().message,
              HasSubstr("the reserved service tier that you provided at "
                        "X-Amzn-Bedrock-Service-Tier. Use default, priority or flex"));
}

TEST_F(ServiceTest, NamesTheTierThatAnthropicsServersLack) {
  Answer(kHello);
  std::get<models::RemoteUpstream>(stand_.model.binding).protocol =
      models::UpstreamProtocol::kAnthropic;
  const auto said = [](std::string_view place) {
    return fmt::format(
        "This model doesn't support the flex service tier that you provided at {}. Use default or "
        "priority and try again.",
        place);
  };
  EXPECT_EQ(Refusal([](gen::ConverseRequest& request) {
              request.serviceTier.emplace().type = gen::ServiceTierType::kFlex;
            }),
            said("serviceTier.type"));
  EXPECT_EQ(fault_, Fault::kValidation);
  gen::InvokeModelRequest request;
  request.modelId = std::string("a.b");
  request.body.emplace().bytes = R"({"messages":[{"role":"user","content":"Hi"}]})";
  request.serviceTier = gen::ServiceTierType::kFlex;
  auto answer = stand_.reactors.Run(1, service().InvokeModel(call_, request));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, said("X-Amzn-Bedrock-Service-Tier"));
  gen::InvokeModelWithResponseStreamRequest streamed;
  streamed.modelId = request.modelId;
  streamed.body = request.body;
  streamed.serviceTier = request.serviceTier;
  RecordingSink<gen::ResponseStream, gen::InvokeModelWithResponseStreamResponse> chunks;
  auto ok =
      stand_.reactors.Run(1, service().InvokeModelWithResponseStream(call_, streamed, chunks));
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().message, said("X-Amzn-Bedrock-Service-Tier"));
}

TEST_F(ServiceTest, SaysTheTierOfAStream) {
  stand_.Upstream([this](const FakeRequest& request, FakeExchange& exchange) {
    seen_ = request;
    exchange.Start(200);
    exchange.Event(R"({"service_tier":"priority","choices":[{"delta":{"content":"Hi"}}]})");
    exchange.Event(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})");
    exchange.Event(R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})");
    exchange.Event("[DONE]");
    exchange.Finish();
  });
  auto request = Asking<gen::ConverseStreamRequest>();
  request.serviceTier.emplace().type = gen::ServiceTierType::kPriority;
  RecordingSink<gen::ConverseStreamOutput, gen::ConverseStreamResponse> events;
  auto ok = stand_.reactors.Run(1, service().ConverseStream(call_, std::move(request), events));
  ASSERT_TRUE(ok) << ok.error().message;
  EXPECT_TRUE(*events.events.back().metadata->serviceTier->type == gen::ServiceTierType::kPriority);

  gen::InvokeModelWithResponseStreamRequest native;
  native.modelId = std::string("a.b");
  native.body.emplace().bytes = R"({"messages":[{"role":"user","content":"Hi"}]})";
  native.serviceTier = gen::ServiceTierType::kPriority;
  RecordingSink<gen::ResponseStream, gen::InvokeModelWithResponseStreamResponse> chunks;
  ok = stand_.reactors.Run(1, service().InvokeModelWithResponseStream(call_, native, chunks));
  ASSERT_TRUE(ok) << ok.error().message;
  EXPECT_TRUE(*chunks.opened.at(0).serviceTier == gen::ServiceTierType::kPriority);
}

}  // namespace
}  // namespace bedplate::services::bedrock_runtime
