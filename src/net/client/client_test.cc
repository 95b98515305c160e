#include "net/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <future>
#include <random>

#include "net/blocking_pool.h"
#include "net/cancelled.h"
#include "net/sse.h"
#include "net/testing/raw_server.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using std::chrono::milliseconds;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::RawPeer;
using testing::RawServer;
using testing::TestServer;

struct Whole {
  int status = 0;
  std::string body;
};

// What a test asks, on one reactor.
class Asker {
 public:
  explicit Asker(std::string_view url, HttpClientOptions options = {}) {
    auto endpoint = Endpoint::Parse(url);
    client = std::move(*MakeHttpClient(reactors, *endpoint, std::move(options)));
  }

  Result<Whole> Ask(ClientRequest request) {
    return reactors.Run(0, AskTask(*client, std::move(request)));
  }
  Result<Whole> Get(std::string target) { return Ask({.target = std::move(target)}); }

  static Task<Result<Whole>> AskTask(HttpClient& client, ClientRequest request) {
    auto response = co_await client.Send(std::move(request));
    if (!response) co_return std::unexpected(response.error());
    auto body = co_await ReadAll(*response->body, 64 << 20);
    if (!body) co_return std::unexpected(body.error());
    co_return Whole{.status = response->status, .body = std::move(*body)};
  }

  Reactors reactors{{.threads = 1, .tick = milliseconds(10)}};
  std::unique_ptr<HttpClient> client;
};

TEST(HttpClient, SendsAndReceivesOverOneKeptConnection) {
  TestServer server;
  Asker asker(server.Url(""));
  EXPECT_EQ(asker.Get("/hello")->body, "Hello");
  EXPECT_EQ(asker.Ask({.method = "POST", .target = "/echo", .body = "ping"})->body, "ping");
  EXPECT_EQ(asker.Ask({.method = "POST", .target = "/echo"})->body, "");
  EXPECT_EQ(asker.Get("/stream?3")->body, "chunk-0;chunk-1;chunk-2;");
  EXPECT_EQ(asker.Get("/nowhere")->status, 404);
  EXPECT_EQ(asker.Ask({.method = "HEAD", .target = "/hello"})->body, "");
  EXPECT_EQ(asker.Get("/fill?9")->body.size(), 9u << 20);
  const std::string large(12'000'000, 'L');
  EXPECT_EQ(asker.Ask({.method = "POST", .target = "/echo", .body = large})->body, large);
  EXPECT_EQ(server.server->Counts().accepted, 1u);
  const auto seen =
      asker.Ask({.target = "/headers", .headers = {{"X-Tag", "a\r\nb"}, {"host", "ours"}}})->body;
  EXPECT_EQ(seen, "GET /headers 127.0.0.1:" + std::to_string(server.port) +
                      "\nhost=127.0.0.1:" + std::to_string(server.port) + "\nx-tag=a  b\n");
}

TEST(HttpClient, SpeaksOverUnixSockets) {
  TestServer server;
  const auto path = ::testing::TempDir() + "net-client-" + std::to_string(getpid()) + ".sock";
  ASSERT_TRUE(server.server->ListenUnix(path));
  Asker asker("unix:" + path);
  EXPECT_EQ(asker.Get("/hello")->body, "Hello");
  Asker nobody("unix:" + path + ".none");
  const auto refused = nobody.Get("/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kUnavailable);
  EXPECT_EQ(refused.error().message,
            "Cannot connect to " + path + ".none: No such file or directory");
}

TEST(HttpClient, KeepsConnectionsForEachReactor) {
  TestServer server;
  Reactors reactors({.threads = 3});
  auto client = std::move(*MakeHttpClient(reactors, *Endpoint::Parse(server.Url(""))));
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(reactors.Run(i, Asker::AskTask(*client, {.target = "/hello"}))->body, "Hello");
    }
  }
  EXPECT_EQ(server.server->Counts().accepted, 3u);
}

TEST(HttpClient, AReaderThatStopsBeforeTheEndClosesTheConnection) {
  TestServer server;
  Asker asker(server.Url(""));
  const auto read_some = [&]() -> Task<size_t> {
    auto response = co_await asker.client->Send({.target = "/fill?50"});
    auto chunk = co_await response->body->Next();
    co_return chunk->size();
  };
  EXPECT_GT(asker.reactors.Run(0, read_some()), 0u);
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
  // But one that stops when all has come, and has only not looked, does not.
  const auto stop_at_last = [&]() -> Task<void> {
    auto response = co_await asker.client->Send({.target = "/hello"});
    co_await response->body->Next();
  };
  asker.reactors.Run(0, stop_at_last());
  asker.reactors.Run(0, stop_at_last());
  EXPECT_EQ(server.server->Counts().accepted, 2u);
}

TEST(HttpClient, CancellingClosesTheConnectionAndUnwindsTheCaller) {
  TestServer server;
  Asker asker(server.Url(""));
  boost::asio::cancellation_signal cancel;
  std::promise<bool> ended;
  const auto hang = [&]() -> Task<void> {
    try {
      (void)co_await asker.client->Send({.target = "/hang"});
      ended.set_value(false);
    } catch (const std::exception& exception) {
      ended.set_value(IsCancelled(exception));
      throw;
    }
  };
  boost::asio::co_spawn(
      asker.reactors.at(0).executor(), hang(),
      boost::asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
  ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 1; }));
  boost::asio::post(asker.reactors.at(0).context(),
                    [&] { cancel.emit(boost::asio::cancellation_type::terminal); });
  EXPECT_TRUE(ended.get_future().get());
  EXPECT_TRUE(Eventually([&] { return server.handler.cancelled == 1; }));
}

TEST(HttpClient, ReadsServerSentEventsAsTheyCome) {
  RawServer server([](RawPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for (const char* piece : {"8\r\ndata: on\r\n", "3\r\ne\n\n\r\n", "7\r\ndata: t\r\n",
                              "4\r\nwo\n\n\r\n", "e\r\ndata: [DONE]\n\n\r\n", "0\r\n\r\n"}) {
      peer.Send(piece);
      poll(nullptr, 0, 5);
    }
    peer.ClientLeaves();
  });
  Asker asker(server.Url());
  const auto read = [&]() -> Task<std::string> {
    auto response = co_await asker.client->Send({.method = "POST"});
    SseReader events(*response->body);
    std::string seen;
    for (;;) {
      const auto event = co_await events.Next();
      if (!event || !*event) co_return seen + (event ? "end" : event.error().message);
      seen.append((*event)->data).append("|");
    }
  };
  EXPECT_EQ(asker.reactors.Run(0, read()), "one|two|[DONE]|end");
  asker.client.reset();
}

TEST(HttpClient, GivesWithoutWaitingWhatHasArrived) {
  std::promise<void> seen_all;
  RawServer server([&](RawPeer& peer) {
    peer.ReadHead();
    peer.Send(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n");
    seen_all.get_future().wait();
    peer.Send("0\r\n\r\n");
    peer.ClientLeaves();
  });
  Asker asker(server.Url());
  const auto read = [&]() -> Task<std::string> {
    auto response = co_await asker.client->Send({.method = "POST"});
    std::string seen(*co_await response->body->Next());
    while (auto chunk = response->body->TryNext()) seen.append(**chunk).append("|");
    seen_all.set_value();
    const auto end = co_await response->body->Next();
    seen.append(end && end->empty() ? "end" : "no end");
    const auto after = response->body->TryNext();
    co_return seen + (after && *after && (*after)->empty() ? ", still" : ", nothing");
  };
  EXPECT_EQ(asker.reactors.Run(0, read()), "ab|c|end, still");
  asker.client.reset();
}

// --- Upstreams that do wrong ---

TEST(HttpClient, TellsACutFromAnEnd) {
  const std::pair<const char*, const char*> answers[] = {
      {"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", "closed the connection before the end"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nwhole\r\n",
       "closed the connection before the end"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n",
       "closed the connection before the end"},
      {"HTTP/1.1 200 OK\r\nconten", "closed the connection before it answered"},
      {"", "closed the connection before it answered"},
  };
  for (const auto& [answer, why] : answers) {
    RawServer server([&](RawPeer& peer) {
      peer.ReadHead();
      peer.Send(answer);
    });
    Asker asker(server.Url());
    const auto got = asker.Get("/");
    ASSERT_FALSE(got) << answer;
    EXPECT_EQ(got.error().fault, Fault::kUnavailable);
    EXPECT_THAT(got.error().message, HasSubstr(why));
    EXPECT_THAT(got.error().message, HasSubstr("127.0.0.1:" + std::to_string(server.port)));
  }
  // Without a length, the connection's orderly end is the end; a reset is not.
  RawServer orderly([](RawPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  EXPECT_EQ(Asker(orderly.Url()).Get("/")->body, "until the end");
  RawServer broken([](RawPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    poll(nullptr, 0, 50);
    peer.Reset();
  });
  EXPECT_FALSE(Asker(broken.Url()).Get("/"));
}

TEST(HttpClient, RefusesWhatIsNotHttpAndWhatIsTooLong) {
  const std::pair<std::string, const char*> answers[] = {
      {"220 mail.example ESMTP\r\n\r\n", "did not answer in HTTP"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "did not answer in HTTP"},
      {"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "did not answer in HTTP"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
       "did not answer in HTTP"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "switched protocols"},
      {"HTTP/1.1 200 OK\r\nx: " + std::string(70'000, 'x') + "\r\n\r\n", "longer than 65536"},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n", "broke the framing"},
  };
  for (const auto& [answer, why] : answers) {
    RawServer server([&](RawPeer& peer) {
      peer.ReadHead();
      peer.Send(answer);
      peer.ClientLeaves();
    });
    const auto got = Asker(server.Url()).Get("/");
    ASSERT_FALSE(got) << answer.substr(0, 100);
    EXPECT_EQ(got.error().fault, Fault::kModelError);
    EXPECT_THAT(got.error().message, HasSubstr(why));
  }
}

TEST(HttpClient, ReadsAnswersHoweverTheyAreCut) {
  const std::string answer =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-a: b\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x\r\nfirst\r\n1\r\n \r\n6\r\nsecond\r\n0\r\nx-trailer: y\r\n\r\n";
  std::mt19937 random(5);
  RawServer server([&](RawPeer& peer) {
    while (!peer.ReadHead().empty()) {
      for (size_t at = 0; at < answer.size();) {
        const size_t size = 1 + random() % 30;
        peer.Send(answer.substr(at, size));
        if (random() % 4 == 0) poll(nullptr, 0, 1);
        at += size;
      }
    }
  });
  {
    Asker asker(server.Url());
    for (int round = 0; round < 100; ++round) {
      const auto got = asker.Get("/");
      ASSERT_TRUE(got) << got.error().message;
      EXPECT_EQ(got->body, "first second");
    }
  }
  EXPECT_EQ(server.connections, 1);
}

TEST(HttpClient, GivesUpOnSilenceInTime) {
  HttpClientOptions options;
  options.idle = milliseconds(200);
  RawServer silent([](RawPeer& peer) {
    peer.ReadHead();
    peer.ClientLeaves();
  });
  const auto nothing = Asker(silent.Url(), options).Get("/");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().fault, Fault::kModelTimeout);
  EXPECT_THAT(nothing.error().message, HasSubstr("did not send anything for 200 ms"));
  RawServer stuck([](RawPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    peer.ClientLeaves();
  });
  EXPECT_EQ(Asker(stuck.Url(), options).Get("/").error().fault, Fault::kModelTimeout);
  // Bytes that come steadily keep the idle time from passing, but not the total.
  const auto trickle = [](RawPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n");
    for (int i = 0; i < 20 && peer.Send("x"); ++i) poll(nullptr, 0, 40);
  };
  RawServer steady(trickle);
  EXPECT_EQ(Asker(steady.Url(), options).Get("/")->body, std::string(20, 'x'));
  RawServer late(trickle);
  options.total = milliseconds(300);
  const auto total = Asker(late.Url(), options).Get("/");
  ASSERT_FALSE(total);
  EXPECT_THAT(total.error().message, HasSubstr("within the time of the whole request"));
}

TEST(HttpClient, SaysWhatItCannotReach) {
  uint16_t port = 0;
  {
    port = RawServer([](RawPeer&) {}).port;
  }
  const auto refused = Asker("http://127.0.0.1:" + std::to_string(port)).Get("/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kUnavailable);
  EXPECT_EQ(refused.error().message,
            "Cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
  const auto unknown = Asker("http://no-such-host.invalid").Get("/");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().fault, Fault::kUnavailable);
}

TEST(HttpClient, AsksAgainWhenAKeptConnectionWasDead) {
  // Each connection answers once and closes when the next request comes.
  std::atomic<int> heads = 0;
  RawServer server([&](RawPeer& peer) {
    peer.ReadHead();
    ++heads;
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    if (!peer.ReadHead().empty()) ++heads;
  });
  Asker asker(server.Url());
  EXPECT_EQ(asker.Get("/")->body, "ok");
  EXPECT_EQ(asker.Get("/")->body, "ok") << "a GET is asked again";
  EXPECT_EQ(heads, 3);
  const auto post = asker.Ask({.method = "POST", .body = "x"});
  ASSERT_FALSE(post) << "a POST may have been done already";
  EXPECT_EQ(asker.Get("/")->body, "ok");
  EXPECT_EQ(asker.Ask({.method = "POST", .body = "x", .replayable = true})->body, "ok");
  asker.client.reset();
}

TEST(HttpClient, ForgetsConnectionsThatCloseOrSpeakWhileIdle) {
  RawServer server([](RawPeer& peer) {
    peer.ReadHead();
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    poll(nullptr, 0, 50);
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged");
    peer.ClientLeaves();
  });
  Asker asker(server.Url());
  EXPECT_EQ(asker.Get("/")->body, "ok");
  poll(nullptr, 0, 150);
  EXPECT_EQ(asker.Ask({.method = "POST"})->body, "ok") << "not the bytes that came unasked";
  asker.client.reset();
}

TEST(HttpClient, KeepsIdleConnectionsOnlySoLong) {
  TestServer server;
  HttpClientOptions options;
  options.keep_alive = milliseconds(100);
  Asker asker(server.Url(""), options);
  EXPECT_EQ(asker.Get("/hello")->body, "Hello");
  EXPECT_EQ(server.server->Counts().connections, 1u);
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
}

TEST(Endpoint, ReadsUrls) {
  const auto plain = Endpoint::Parse("http://example.com");
  EXPECT_EQ(plain->host, "example.com");
  EXPECT_EQ(plain->port, 80);
  const auto tls = Endpoint::Parse("https://api.example.com:8443/v1/");
  EXPECT_EQ(tls->kind, Endpoint::Kind::kTls);
  EXPECT_EQ(tls->port, 8443);
  EXPECT_EQ(tls->base_path, "/v1");
  EXPECT_EQ(Endpoint::Parse("https://h")->port, 443);
  EXPECT_EQ(Endpoint::Parse("http://[::1]:81/")->host, "::1");
  EXPECT_EQ(Endpoint::Parse("unix:/run/engine.sock")->path, "/run/engine.sock");
  EXPECT_EQ(Endpoint::Parse("unix:///run/engine.sock")->path, "/run/engine.sock");
  for (const char* bad : {"", "example.com", "ftp://x", "http://", "http://:80", "http://h:0",
                          "http://h:65536", "http://h:x", "http://u:p@h", "http://h/a?b",
                          "http://h h", "http://[::1", "unix:relative", "http://h\r\nX: y"}) {
    EXPECT_FALSE(Endpoint::Parse(bad)) << bad;
  }
}

TEST(BlockingPool, RunsElsewhereAndComesBack) {
  Reactors reactors({.threads = 1});
  BlockingPool pool(2);
  const auto work = [&]() -> Task<Result<int>> {
    const auto here = std::this_thread::get_id();
    auto result = co_await pool.Run([&]() -> Result<int> {
      EXPECT_NE(std::this_thread::get_id(), here);
      return 42;
    });
    EXPECT_EQ(std::this_thread::get_id(), here);
    co_return result;
  };
  EXPECT_EQ(reactors.Run(0, work()).value(), 42);
  const auto throws = [&]() -> Task<Result<int>> {
    co_return co_await pool.Run([]() -> Result<int> { throw std::runtime_error("work failed"); });
  };
  EXPECT_THROW((void)reactors.Run(0, throws()), std::runtime_error);
}

TEST(BlockingPool, RefusesMoreThanItMayQueue) {
  Reactors reactors({.threads = 1});
  BlockingPool pool(1, 2);
  std::atomic<bool> go = false;
  std::atomic<int> done = 0;
  const auto block = [&]() -> Task<void> {
    const auto result = co_await pool.Run([&]() -> Result<void> {
      go.wait(false);
      return {};
    });
    if (result) ++done;
  };
  reactors.Spawn(0, block());
  reactors.Spawn(0, block());
  const auto third = [&]() -> Task<Result<void>> {
    co_return co_await pool.Run([]() -> Result<void> { return {}; });
  };
  const auto refused = reactors.Run(0, third());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kUnavailable);
  go = true;
  go.notify_all();
  EXPECT_TRUE(Eventually([&] { return done == 2; }));
}

// A cancelled caller's frame, which the work refers to, lives until the work is done.
TEST(BlockingPool, ACancelledCallerWaitsForItsWork) {
  Reactors reactors({.threads = 1});
  BlockingPool pool(1);
  std::atomic<int> stage = 0;
  boost::asio::cancellation_signal cancel;
  const auto work = [&]() -> Task<void> {
    std::string in_frame = "alive";
    co_await pool.Run([&]() -> Result<void> {
      stage = 1;
      stage.wait(1);
      EXPECT_EQ(in_frame, "alive");
      return {};
    });
    stage = 3;
    co_await SleepFor(milliseconds(1));
    stage = 4;
  };
  std::promise<void> ended;
  boost::asio::co_spawn(reactors.at(0).executor(), work(),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&](std::exception_ptr) { ended.set_value(); }));
  ASSERT_TRUE(Eventually([&] { return stage == 1; }));
  std::promise<void> emitted;
  boost::asio::post(reactors.at(0).context(), [&] {
    cancel.emit(boost::asio::cancellation_type::terminal);
    emitted.set_value();
  });
  emitted.get_future().get();
  stage = 2;
  stage.notify_all();
  ended.get_future().get();
  EXPECT_EQ(stage, 3) << "it goes on after the work, and ends at the next wait";
}

TEST(BlockingPool, WorkThatCanStopIsToldThatItsCallerIsCancelled) {
  Reactors reactors({.threads = 1});
  BlockingPool pool(1);
  std::atomic<bool> runs = false;
  std::atomic<bool> told = false;
  boost::asio::cancellation_signal cancel;
  const auto work = [&]() -> Task<void> {
    co_await pool.Run([&](const std::stop_token& stop) -> Result<void> {
      runs = true;
      told = Eventually([&] { return stop.stop_requested(); });
      return {};
    });
  };
  std::promise<void> ended;
  boost::asio::co_spawn(reactors.at(0).executor(), work(),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&](std::exception_ptr) { ended.set_value(); }));
  ASSERT_TRUE(Eventually([&] { return runs.load(); }));
  boost::asio::post(reactors.at(0).context(),
                    [&] { cancel.emit(boost::asio::cancellation_type::terminal); });
  ended.get_future().get();
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace bedplate::net
