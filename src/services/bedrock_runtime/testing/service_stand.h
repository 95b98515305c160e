// ServiceTest: the operations as the dispatcher calls them, with a stand-in model behind them.
//
// Threads: used by the test's thread; the stand-in answers on its own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bedrock_runtime/ops/Converse.h"
#include "bedrock_runtime/ops/ConverseStream.h"
#include "models/testing/model_stand.h"
#include "services/bedrock_runtime/service.h"

namespace bedplate::services::bedrock_runtime {

template <class Event, class Output>
class RecordingSink : public wire::EventSink<Event, Output> {
 public:
  net::Task<Result<void>> Open(const Output& output) override {
    opened.push_back(output);
    co_return Result<void>();
  }
  net::Task<Result<void>> Emit(const Event& event) override {
    events.push_back(event);
    if (static_cast<int>(events.size()) == leave_after) {
      co_return Fail(Fault::kUnavailable, "the client left");
    }
    co_return Result<void>();
  }
  std::vector<Output> opened;
  std::vector<Event> events;
  int leave_after = -1;
};

class ServiceTest : public testing::Test {
 protected:
  BedrockRuntime& service() {
    if (!service_) {
      directory_ = std::make_unique<models::ModelDirectory>(std::vector{stand_.model}, nullptr);
      converser_ = std::make_unique<runtime::Converser>(
          stand_.client(), pool_, runtime::DocumentProgram("/nowhere", {}), SystemClock());
      invoker_ = std::make_unique<runtime::Invoker>(stand_.client(), SystemClock());
      service_ = std::make_unique<BedrockRuntime>(*directory_, *converser_, *invoker_, ledger_);
    }
    return *service_;
  }

  static gen::Message Said(gen::ConversationRole role, std::string text) {
    gen::Message message;
    message.role = role;
    message.content.emplace().emplace_back().text = std::move(text);
    return message;
  }
  template <class Request>
  static Request Asking(std::string text = "Hi") {
    Request request;
    request.modelId = std::string("us.a.b");
    request.messages.emplace().push_back(Said(gen::ConversationRole::kUser, std::move(text)));
    return request;
  }
  Result<gen::ConverseResponse> Converse(gen::ConverseRequest request) {
    return stand_.reactors.Run(1, service().Converse(call_, std::move(request)));
  }
  // The refusal of a request that one change made wrong.
  template <class Change>
  std::string Refusal(Change change) {
    auto request = Asking<gen::ConverseRequest>();
    change(request);
    auto response = Converse(std::move(request));
    if (response) return "";
    fault_ = response.error().fault;
    return response.error().message;
  }
  void Answer(std::string body) {
    stand_.Upstream(
        [this, body](const models::FakeRequest& request, models::FakeExchange& exchange) {
          seen_ = request;
          exchange.Send(200, body);
        });
  }

  models::ModelStand stand_;
  net::BlockingPool pool_{1};
  std::unique_ptr<models::ModelDirectory> directory_;
  std::unique_ptr<runtime::Converser> converser_;
  std::unique_ptr<runtime::Invoker> invoker_;
  runtime::UsageLedger ledger_;
  std::unique_ptr<BedrockRuntime> service_;
  wire::Call call_{.request_id = "r",
                   .account = "111122223333",
                   .region = "us-east-1",
                   .principal_arn = {},
                   .service = "bedrock-runtime",
                   .operation = {}};
  models::FakeRequest seen_;
  Fault fault_ = Fault::kInternal;
};

inline constexpr const char* kHello =
    R"({"id":"c1","model":"big","choices":[{"index":0,"message":{"content":"Hello"},
       "finish_reason":"stop","stop_sequence":"END"}],
       "usage":{"prompt_tokens":5,"completion_tokens":2}})";

}  // namespace bedplate::services::bedrock_runtime
