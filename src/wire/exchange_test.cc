// An answer that nobody asked a permission for is not sent, in whatever form it comes.
#include "wire/exchange.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bedplate::wire {
namespace {

// Allows all, once it is asked.
class TestPermission final : public Permission {
 public:
  const CallerNames& caller() const override { return caller_; }
  std::optional<Result<void>> TryCheck(const Ask&) override {
    NoteAsked();
    return Result<void>();
  }
  net::Task<Result<void>> Check(Ask ask) override { co_return CheckHere(ask); }
  Result<void> CheckHere(const Ask& ask) override { return *TryCheck(ask); }
  std::unique_ptr<Permission> As(std::shared_ptr<const void>) override { return nullptr; }

 private:
  const CallerNames caller_;
};

// Counts what reaches the client.
class TestResponder final : public net::Responder {
 public:
  net::Task<Result<void>> Send(net::Response response) override {
    ++sent;
    status = response.status;
    co_return Result<void>();
  }
  net::Task<Result<void>> Start(int with, net::Headers) override {
    ++sent;
    status = with;
    co_return Result<void>();
  }
  net::Task<Result<void>> Write(std::string_view) override {
    ++sent;
    co_return Result<void>();
  }
  net::Task<Result<void>> Finish() override {
    ++sent;
    co_return Result<void>();
  }

  int sent = 0;
  int status = 0;
};

constexpr Shape kNothing{.name = "Nothing",
                         .read = [](void*, uint32_t, ShapeReader&) {},
                         .write = [](const void*, ShapeWriter&) {}};
constexpr Member kOutputMembers[] = {
    {.name = "events", .wire_name = "events", .shape = &kNothing, .traits = kEventStream}};
constexpr Shape kOutput{.name = "Output",
                        .members = kOutputMembers,
                        .member_count = 1,
                        .read = [](void*, uint32_t, ShapeReader&) {},
                        .write = [](const void*, ShapeWriter&) {}};
constexpr Service kService{.name = "bedrock"};
constexpr PermitRule kRule{.action = "bedrock:GetThing", .arn = "*"};
constexpr Permits kByRule{.rules = {&kRule, 1}};
constexpr Permits kNobodys{};
constexpr Permits kByHandler{.by_handler = true};

class ExchangeTest : public testing::Test {
 protected:
  using Sending = std::function<net::Task<Result<void>>(Exchange&)>;

  // What `sending` says after the request was read, and its rules asked as its handler's call does.
  Result<void> Send(const Permits* permits, const Sending& sending,
                    Permission* permission = nullptr) {
    const Operation operation{
        .name = "GetThing", .uri = "/thing", .output = &kOutput, .permits = permits};
    const Match match{.service = &kService, .operation = &operation};
    const Call call{.request_id = "r", .permission = permission ? permission : &permission_};
    Exchange exchange(match, call, request_, "", nullptr, responder_);
    if (auto read = exchange.ReadNothing(); !read) return read;
    auto asked = exchange.TryCheckPermits();
    if (!asked || !*asked) return asked.value_or(Fail(Fault::kInternal, "It waits"));
    std::optional<Result<void>> done;
    const auto run = [&]() -> net::Task<void> { done = co_await sending(exchange); };
    boost::asio::io_context reactor;
    boost::asio::co_spawn(reactor, run(), boost::asio::detached);
    reactor.run();
    return done.value_or(Fail(Fault::kInternal, "It did not end"));
  }

  TestPermission permission_;
  TestResponder responder_;
  const net::Request request_{};
};

const std::pair<const char*, std::function<net::Task<Result<void>>(Exchange&)>> kWays[] = {
    {"output", [](Exchange& e) { return e.SendOutput(nullptr); }},
    {"body", [](Exchange& e) { return e.OpenBody(nullptr, 1); }},
    {"stream", [](Exchange& e) { return e.OpenStream(nullptr); }},
    {"end of a stream", [](Exchange& e) { return e.FinishStream(); }},
    {"JSON", [](Exchange& e) { return e.SendJson("{}"); }},
    {"events", [](Exchange& e) { return e.WriteEvents("data: x\n\n", 1); }}};

TEST_F(ExchangeTest, NothingIsSentThatNobodyAskedFor) {
  for (const auto& [way, sending] : kWays) {
    const auto sent = Send(&kByHandler, sending);
    ASSERT_FALSE(sent) << way;
    EXPECT_EQ(sent.error().fault, Fault::kInternal) << way;
    EXPECT_EQ(responder_.sent, 0) << way;
  }
}

TEST_F(ExchangeTest, WhatRulesOrHandlersAskedForIsSent) {
  for (const auto& [way, sending] : kWays) {
    for (const Permits* const permits : {&kByRule, &kNobodys}) {
      TestPermission fresh;
      responder_ = {};
      EXPECT_TRUE(Send(permits, sending, &fresh)) << way;
      EXPECT_EQ(responder_.status, 200) << way;
    }
    TestPermission asked;
    responder_ = {};
    const auto with_ask = [&](Exchange& exchange) -> net::Task<Result<void>> {
      if (auto may = asked.CheckHere({}); !may) co_return may;
      co_return co_await sending(exchange);
    };
    EXPECT_TRUE(Send(&kByHandler, with_ask, &asked)) << way;
    EXPECT_EQ(responder_.status, 200) << way;
  }
}

TEST_F(ExchangeTest, AnErrorNeedsNoPermission) {
  const WireError error{.status = 404, .type = "NotFound", .message = "m"};
  const auto refuse = [&](Exchange& exchange) { return exchange.SendError(error); };
  EXPECT_TRUE(Send(&kByHandler, refuse));
  EXPECT_EQ(responder_.status, 404);
}

TEST_F(ExchangeTest, WhatNoRuleIsWrittenForFails) {
  const auto sent = Send(nullptr, kWays[0].second);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().fault, Fault::kInternal);
  EXPECT_EQ(responder_.sent, 0);
}

}  // namespace
}  // namespace bedplate::wire
