// The client against a stand-in server on a Unix socket (a URL binding) and against fake_engine.
#include "models/model_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "models/testing/fake_upstream.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class ModelClientTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("client_" + std::to_string(getpid()) + "_" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    options_.engine.program = FAKE_ENGINE;
    options_.engine.runtime_folder = folder_.string();
    options_.environment = {{"KEY", "secret"}};
    model_.facts.id = "a.b";
  }
  void TearDown() override {
    if (hosts_) reactors_.Run(0, hosts_->Stop());
    reactors_.Stop();
    client_.reset();
    hosts_.reset();
    upstream_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Upstream(FakeUpstream::Handler handler) {
    upstream_ = std::make_unique<FakeUpstream>((folder_ / "u.sock").string(), std::move(handler));
    model_.binding = RemoteUpstream{
        .url = "unix:" + upstream_->path(), .model_name = "big", .api_key_env = "KEY"};
  }
  void Engine(const std::string& behaviour) {
    std::ofstream(folder_ / "w.gguf") << "GGUF " << behaviour;
    model_.binding = LocalWeights{.file = (folder_ / "w.gguf").string()};
  }

  ModelClient& client() {
    if (!client_) {
      hosts_ = std::make_unique<Hosts>(reactors_, options_, SystemClock());
      client_ = std::make_unique<ModelClient>(*hosts_);
    }
    return *client_;
  }

  Result<Reply> Post(Route route = Route::kChat, std::string body = "{}") {
    return reactors_.Run(1, client().Post(model_, route, std::move(body)));
  }

  // Reads a stream to its end; the error, if it ends in one, is the last element.
  std::vector<std::string> Stream(std::function<void(size_t)> after_each = nullptr) {
    auto read = [&]() -> net::Task<std::vector<std::string>> {
      std::vector<std::string> all;
      auto source = co_await client().Open(model_, R"({"stream":true})");
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
    return reactors_.Run(1, read());
  }

  std::filesystem::path folder_;
  HostOptions options_;
  Model model_;
  net::Reactors reactors_{net::ReactorOptions{.threads = 2}};
  std::unique_ptr<FakeUpstream> upstream_;
  std::unique_ptr<Hosts> hosts_;
  std::unique_ptr<ModelClient> client_;
  Fault fault_ = Fault::kInternal;
};

TEST_F(ModelClientTest, PostsWithTheKeyAndReusesTheConnection) {
  FakeRequest seen;
  Upstream([&](const FakeRequest& request, FakeExchange& exchange) {
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
  EXPECT_EQ(upstream_->requests(), 10);
  EXPECT_EQ(upstream_->connections(), 1);
}

TEST_F(ModelClientTest, TurnsErrorAnswersIntoFaults) {
  Upstream([&](const FakeRequest&, FakeExchange& exchange) {
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
  model_.binding = RemoteUpstream{.url = "unix:" + (folder_ / "none.sock").string()};
  auto reply = Post();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kUnavailable);
  EXPECT_THAT(reply.error().message, HasSubstr("can't be reached"));
}

TEST_F(ModelClientTest, StreamsEventsAsTheyCome) {
  std::atomic<size_t> read = 0;
  Upstream([&](const FakeRequest&, FakeExchange& exchange) {
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
  EXPECT_EQ(upstream_->connections(), 1);
}

TEST_F(ModelClientTest, EndsACutStreamWithAnError) {
  Upstream([&](const FakeRequest&, FakeExchange& exchange) {
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
  options_.request_max = 200ms;
  Upstream([&](const FakeRequest&, FakeExchange& exchange) { exchange.ClientLeft(5000); });
  auto reply = Post();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::kModelTimeout);
}

TEST_F(ModelClientTest, LeavesTheServerWhenTheStreamIsDropped) {
  std::atomic<bool> left = false;
  std::atomic<bool> ended = false;
  Upstream([&](const FakeRequest&, FakeExchange& exchange) {
    exchange.Start(200);
    exchange.Event("one");
    left = exchange.ClientLeft(5000);
    ended = true;
  });
  auto drop = [&]() -> net::Task<void> {
    auto source = co_await client().Open(model_, "{}");
    co_await source->Next();
  };
  reactors_.Run(0, drop());
  for (int i = 0; i < 5000 && !ended; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(left);
}

TEST_F(ModelClientTest, AKilledEngineEndsItsStreamAndTheNextRequestWorks) {
  Engine("tokens=200 token_ms=2");
  auto all = Stream([&](size_t count) {
    if (count == 5) kill(hosts_->Statuses().at(0).pid, SIGKILL);
  });
  EXPECT_LT(all.size(), 202u);
  EXPECT_EQ(fault_, Fault::kModelStreamError);
  fault_ = Fault::kInternal;
  EXPECT_EQ(Stream().size(), 202u);  // tokens, how it ended, usage
  EXPECT_EQ(fault_, Fault::kInternal);
}

TEST_F(ModelClientTest, ARequestAfterAKillIsSentToTheNextEngine) {
  Engine("");
  ASSERT_TRUE(Post());
  kill(hosts_->Statuses().at(0).pid, SIGKILL);
  auto reply = Post();  // very likely before the supervisor knows
  EXPECT_TRUE(reply) << reply.error().message;
}

}  // namespace
}  // namespace bedplate::models
