// The client against a stand-in server on a Unix socket (a URL binding) and against fake_engine.
#include "models/model_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <future>
#include <thread>

#include "models/testing/model_stand.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class ModelClientTest : public testing::Test {
 protected:
  Result<Reply> Post(Route route = Route::kChat, std::string body = "{}") {
    return stand_.reactors.Run(1, stand_.client().Post(stand_.model, route, std::move(body)));
  }

  // Reads a stream to its end; the error, if it ends in one, is the last element.
  std::vector<std::string> Stream(std::function<void(size_t)> after_each = nullptr) {
    auto read = [&]() -> net::Task<std::vector<std::string>> {
      std::vector<std::string> all;
      auto source = co_await stand_.client().Open(stand_.model, R"({"stream":true})");
      if (!source) co_return std::vector<std::string>{source.error().message};
      for (;;) {
        auto data = co_await source->Next();
        if (!data) {
          fault_ = data.error().fault;
          all.push_back(data.error().message);
          co_return all;
        }
        if (!*data) break;
        all.emplace_back(**data);
        if (after_each) after_each(all.size());
      }
      co_await source->Finish();
      co_return all;
    };
    return stand_.reactors.Run(1, read());
  }

  ModelStand stand_;
  Fault fault_ = Fault::kInternal;
};

TEST_F(ModelClientTest, PostsWithTheKeyAndReusesTheConnection) {
  FakeRequest seen;
  stand_.Upstream([&](const FakeRequest& request, FakeExchange& exchange) {
    seen = request;
    exchange.Send(200, R"({"ok":true})");
  });
  auto reply = Post(Route::kEmbeddings, R"({"input":"x"})");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, R"({"ok":true})");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/embeddings");
  EXPECT_EQ(seen.body, R"({"input":"x"})");
  EXPECT_EQ(seen.headers["content-type"], "application/json");
  EXPECT_EQ(seen.headers["authorization"], "Bearer secret");
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(Post());
  EXPECT_EQ(stand_.upstream().requests(), 10);
  EXPECT_EQ(stand_.upstream().connections(), 1);
}

TEST_F(ModelClientTest, TurnsErrorAnswersIntoFaults) {
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Send(429, R"({"error":{"message":"slow down"}})", "retry-after: 3\r\n");
  });
  auto reply = Post();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kThrottling);
  EXPECT_EQ(reply.error().retry_after_s, 3);
  EXPECT_THAT(reply.error().message, HasSubstr("slow down"));
  EXPECT_THAT(Stream().at(0), HasSubstr("slow down"));
}

TEST_F(ModelClientTest, SaysWhenAServerIsNotThere) {
  stand_.model.binding = RemoteUpstream{.url = "unix:" + (stand_.folder() / "none.sock").string()};
  auto reply = Post();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kUnavailable);
  EXPECT_THAT(reply.error().message, HasSubstr("can't be reached"));
}

// Who tries again waits for the next engine, which is started when nobody holds this one.
TEST_F(ModelClientTest, WhoTriesAgainDoesNotHoldTheEngineThatIsToEnd) {
  stand_.Engine("cut");
  stand_.options.engine.renewal_open_max = 0ms;
  const auto base = std::make_shared<const Model>(stand_.model);
  Model adapted = stand_.model;
  adapted.facts.id = "a.adapted";
  std::get<LocalWeights>(adapted.binding).adapter = (stand_.folder() / "a.gguf").string();
  std::ofstream(std::get<LocalWeights>(adapted.binding).adapter) << "fits";
  Model more = adapted;
  more.facts.id = "a.more";
  std::get<LocalWeights>(more.binding).adapter_scale = 2;
  stand_.hosts().StopUnused({base, std::make_shared<const Model>(adapted)});
  ASSERT_TRUE(stand_.reactors.Run(1, stand_.hosts().For(adapted).Acquire()));
  auto asking = std::async(std::launch::async, [&] { return Post(); });
  ASSERT_EQ(asking.wait_for(300ms), std::future_status::timeout);  // for the engine's death
  const auto begun = std::chrono::steady_clock::now();
  auto server = stand_.reactors.Run(0, stand_.hosts().For(more).Acquire());
  EXPECT_TRUE(server) << server.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_FALSE(asking.get());
}

TEST_F(ModelClientTest, StreamsEventsAsTheyCome) {
  std::atomic<size_t> read = 0;
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event("one");
    // The second comes only when the first was read.
    for (int i = 0; i < 2000 && read < 1; ++i) std::this_thread::sleep_for(1ms);
    exchange.Write("data: tw");
    exchange.Write("o\n\ndata: three\n\ndata: [DONE]\n\n");
    exchange.Finish();
  });
  EXPECT_THAT(Stream([&](size_t count) { read = count; }),
              testing::ElementsAre("one", "two", "three"));
  EXPECT_TRUE(Stream().size() == 3);
  EXPECT_EQ(stand_.upstream().connections(), 1);
}

TEST_F(ModelClientTest, EndsACutStreamWithAnError) {
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event("one");
    exchange.Cut();
  });
  EXPECT_THAT(Stream(),
              testing::ElementsAre("one",
                                   "An error occurred while streaming the response. Retry your "
                                   "request."));
  EXPECT_EQ(fault_, Fault::kModelStreamError);
}

TEST_F(ModelClientTest, GivesUpOnASilentServer) {
  stand_.options.request_max = 200ms;
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) { exchange.ClientLeft(5000); });
  auto reply = Post();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kModelTimeout);
}

TEST_F(ModelClientTest, LeavesTheServerWhenTheStreamIsDropped) {
  std::atomic<bool> left = false;
  std::atomic<bool> ended = false;
  stand_.Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event("one");
    left = exchange.ClientLeft(5000);
    ended = true;
  });
  auto drop = [&]() -> net::Task<void> {
    auto source = co_await stand_.client().Open(stand_.model, "{}");
    co_await source->Next();
  };
  stand_.reactors.Run(0, drop());
  for (int i = 0; i < 5000 && !ended; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(left);
}

TEST_F(ModelClientTest, AKilledEngineEndsItsStreamAndTheNextRequestWorks) {
  stand_.Engine("tokens=200 token_ms=2");
  auto all = Stream([&](size_t count) {
    if (count == 5) kill(stand_.hosts().Statuses().at(0).pid, SIGKILL);
  });
  EXPECT_LT(all.size(), 202u);
  EXPECT_EQ(fault_, Fault::kModelStreamError);
  fault_ = Fault::kInternal;
  EXPECT_EQ(Stream().size(), 202u);  // tokens, how it ended, usage
  EXPECT_EQ(fault_, Fault::kInternal);
}

// The request was sent once; who is to answer it the second time is killed before it can.
TEST_F(ModelClientTest, ARequestWhoseNextEngineIsKilledWhileItLoadsIsNotReady) {
  stand_.options.engine.ready_wait_max = 500ms;
  stand_.options.engine.restart_pause_min = 60'000ms;
  stand_.Engine("load_ms=200 token_ms=1000");
  auto asked = std::async(std::launch::async, [this] { return Post(); });
  const auto kill_in_state = [this](std::string_view state) {
    for (int i = 0; i < 2000; ++i) {
      const auto statuses = stand_.hosts().Statuses();
      if (!statuses.empty() && statuses[0].state == state && statuses[0].pid != 0) {
        kill(statuses[0].pid, SIGKILL);
        return;
      }
      std::this_thread::sleep_for(5ms);
    }
    ADD_FAILURE() << "no engine is " << state;
  };
  kill_in_state("ready");
  kill_in_state("starting");
  const auto reply = asked.get();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kModelNotReady) << reply.error().message;
}

TEST_F(ModelClientTest, ARequestAfterAKillIsSentToTheNextEngine) {
  stand_.Engine("");
  ASSERT_TRUE(Post());
  kill(stand_.hosts().Statuses().at(0).pid, SIGKILL);
  auto reply = Post();  // very likely before the supervisor knows
  EXPECT_TRUE(reply) << reply.error().message;
}

}  // namespace
}  // namespace bedplate::models
