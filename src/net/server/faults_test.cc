// What clients do wrong, on purpose or not, and how the server bears it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "net/testing/raw_client.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::RawClient;
using ::testing::StartsWith;
using testing::TestServer;

std::string Get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n\r\n";
}

TEST(Faults, AClientThatLeavesCancelsItsHandlerAtOnce) {
  TestServer server;
  for (const bool with_reset : {false, true}) {
    RawClient client(server.port);
    client.Send(Get("/hang"));
    ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 1; }));
    const auto cancelled = server.handler.cancelled.load();
    if (with_reset) {
      client.Abort();
    } else {
      client.Close();
    }
    EXPECT_TRUE(Eventually([&] { return server.handler.cancelled == cancelled + 1; }));
  }
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
  EXPECT_EQ(server.server->Counts().exchanges, 0u);
}

// With its body unread and the buffer full, the client's leaving hides behind its bytes.
TEST(Faults, AClientThatLeavesBehindAnUnreadBodyIsNoticedToo) {
  TestServer server;
  RawClient client(server.port);
  client.Send("POST /hang HTTP/1.1\r\nHost: t\r\nContent-Length: 50000\r\n\r\n" +
              std::string(50'000, 'x'));
  ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 1; }));
  client.Close();
  EXPECT_TRUE(Eventually([&] { return server.handler.cancelled == 1; }));
}

TEST(Faults, HalfClosedClientsLeaveOrAreAnsweredAsConfigured) {
  TestServer leaving;
  RawClient gone(leaving.port);
  gone.Send(Get("/wait"));
  ASSERT_TRUE(Eventually([&] { return leaving.handler.requests == 1; }));
  gone.ShutdownSend();
  EXPECT_EQ(gone.ReadToEnd(), "");
  EXPECT_TRUE(gone.ended());

  ServerOptions options;
  options.half_close_is_leaving = false;
  TestServer patient(options);
  RawClient client(patient.port);
  client.Send(Get("/wait"));
  ASSERT_TRUE(Eventually([&] { return patient.handler.requests == 1; }));
  client.ShutdownSend();
  EXPECT_EQ(client.ReadToEnd(milliseconds(50)), "");
  patient.handler.released = true;
  EXPECT_THAT(client.ReadToEnd(), EndsWith("waited"));
}

TEST(Faults, HalfARequestIsAnsweredOrForgotten) {
  ServerOptions options;
  options.limits.head = milliseconds(100);
  options.limits.idle = milliseconds(200);
  options.limits.linger = milliseconds(200);
  TestServer server(options);
  // The head's time is over.
  RawClient half(server.port);
  half.Send("GET /hello HTTP/1.1\r\nHost:");
  EXPECT_THAT(half.ReadToEnd(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(half.ended());
  // The client gives up: it is told what was wrong.
  RawClient given_up(server.port);
  given_up.Send("GET /hello HTTP/1.1\r\nHost:");
  given_up.ShutdownSend();
  EXPECT_THAT(given_up.ReadToEnd(), StartsWith("HTTP/1.1 400 "));
  // Nothing at all, and nothing more after an answer: closed without a word.
  RawClient silent(server.port);
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_TRUE(silent.ended());
  RawClient kept(server.port);
  kept.Send(Get("/hello"));
  EXPECT_THAT(kept.ReadAnswer(), EndsWith("Hello"));
  EXPECT_EQ(kept.ReadToEnd(), "");
  EXPECT_TRUE(kept.ended());
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
}

TEST(Faults, AHeadThatTricklesIsCutOff) {
  ServerOptions options;
  options.limits.head = milliseconds(200);
  TestServer server(options);
  RawClient client(server.port);
  bool cut = false;
  for (int i = 0; i < 200 && !cut; ++i) {
    client.Send(i == 0 ? "GET / HTTP/1.1\r\nX: " : "x");
    cut = !client.ReadUntil("408", milliseconds(10)).empty();
  }
  EXPECT_TRUE(cut);
}

TEST(Faults, ABodyThatTricklesIsCutOffAndASteadyOneIsNot) {
  ServerOptions options;
  options.limits.slow_window = milliseconds(1'000);
  options.limits.slow_bytes_min = 100;
  TestServer server(options);
  RawClient slow(server.port);
  RawClient steady(server.port);
  slow.Send("POST /length HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n");
  steady.Send("POST /length HTTP/1.1\r\nHost: t\r\nContent-Length: 6000\r\n\r\n");
  std::string answer;
  for (int i = 0; i < 60; ++i) {
    slow.Send("x");
    steady.Send(std::string(100, 'y'));
    answer += slow.ReadUntil("\r\n\r\n", milliseconds(50));
  }
  // The handler saw the failure and answered nothing: the server says why.
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server.handler.body_errors, 1);
  EXPECT_THAT(steady.ReadAnswer(), EndsWith("6000"));
}

TEST(Faults, AClientThatReadsAByteNowAndThenHoldsLittleAndIsCutOff) {
  ServerOptions options;
  options.limits.slow_window = milliseconds(1'500);
  TestServer server(options);
  RawClient client(server.port, 4096);
  client.Send(Get("/fill?100"));
  ASSERT_TRUE(Eventually([&] { return server.handler.filled_bytes > 0; }));
  bool left = false;
  for (int i = 0; i < 200 && !left; ++i) {
    char byte = 0;
    if (recv(client.fd(), &byte, 1, MSG_DONTWAIT) == 0) break;
    poll(nullptr, 0, 50);
    left = server.server->Counts().connections == 0;
  }
  EXPECT_TRUE(left);
  // What the kernel and one buffer hold, not what the handler would have written.
  EXPECT_LT(server.handler.filled_bytes, 8u << 20);
}

TEST(Faults, AClientThatReadsLateGetsEverything) {
  TestServer server;
  RawClient client(server.port, 4096);
  client.Send(Get("/fill?8"));
  poll(nullptr, 0, 300);
  EXPECT_LT(server.handler.filled_bytes, 8u << 20) << "the handler did not wait for the client";
  EXPECT_GT(client.ReadUntil("\r\n0\r\n\r\n").size(), 8u << 20);
}

TEST(Faults, AHandlerThatReadsSlowlyHoldsTheClientBack) {
  TestServer server;
  RawClient client(server.port);
  const int small = 4096;
  setsockopt(client.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  client.Send("POST /slow-read HTTP/1.1\r\nHost: t\r\nContent-Length: 60000000\r\n\r\n");
  size_t sent = 0;
  const std::string block(64 * 1024, 'b');
  for (int i = 0; i < 400; ++i) {
    const auto taken = send(client.fd(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken > 0) sent += static_cast<size_t>(taken);
    poll(nullptr, 0, 1);
  }
  // At most a buffer of ours and what the kernel holds for both sides is ahead of the handler.
  EXPECT_LT(sent, server.handler.read_bytes + (8u << 20));
  EXPECT_GT(server.handler.read_bytes, 0u);
}

TEST(Faults, AResetInTheMiddleOfAStreamEndsItsHandlerAlone) {
  TestServer server({}, 1);
  RawClient witness(server.port);
  witness.Send(Get("/hang"));
  RawClient client(server.port);
  client.Send(Get("/fill?100"));
  ASSERT_TRUE(Eventually([&] { return server.handler.filled_bytes > 0; }));
  client.Abort();
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 1; }));
  EXPECT_EQ(server.handler.cancelled, 0);
  RawClient next(server.port);
  next.Send(Get("/hello"));
  EXPECT_THAT(next.ReadAnswer(), EndsWith("Hello"));
}

TEST(Faults, ARefusedBodyDoesNotCostTheClientItsAnswer) {
  ServerOptions options;
  options.limits.body_bytes_max = 25'000'000;
  TestServer server(options);
  RawClient client(server.port);
  // As botocore does: all of the body first, then the answer.
  EXPECT_TRUE(client.Send("POST /length HTTP/1.1\r\nHost: t\r\nContent-Length: 30000000\r\n\r\n" +
                          std::string(30'000'000, 'x')));
  EXPECT_THAT(client.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  EXPECT_FALSE(client.was_reset());
  RawClient chunked(server.port);
  chunked.Send("POST /length HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "f4240\r\n" + std::string(1'000'000, 'x') + "\r\n";
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(chunked.Send(chunk));
  EXPECT_THAT(chunked.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  EXPECT_FALSE(chunked.was_reset());
}

TEST(Faults, AThousandConnectionsAreServed) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2'200) GTEST_SKIP() << "not enough file descriptors";
  TestServer server;
  std::vector<RawClient> clients;
  for (int i = 0; i < 1'000; ++i) {
    clients.emplace_back(server.port);
    ASSERT_TRUE(clients.back().connected());
  }
  for (auto& client : clients) client.Send(Get("/wait"));
  ASSERT_TRUE(Eventually([&] { return server.handler.requests == 1'000; }));
  EXPECT_EQ(server.server->Counts().exchanges, 1'000u);
  server.handler.released = true;
  for (auto& client : clients) EXPECT_THAT(client.ReadAnswer(), EndsWith("waited"));
  clients.clear();
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
}

TEST(Faults, OneConnectionTooManyIsTurnedAway) {
  ServerOptions options;
  options.limits.connections_max = 2;
  TestServer server(options);
  RawClient first(server.port);
  RawClient second(server.port);
  ASSERT_TRUE(Eventually([&] { return server.server->Counts().connections == 2; }));
  RawClient third(server.port);
  const auto answer = third.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  EXPECT_EQ(server.server->Counts().refused, 1u);
  first.Close();
  ASSERT_TRUE(Eventually([&] { return server.server->Counts().connections == 1; }));
  RawClient fourth(server.port);
  fourth.Send(Get("/hello"));
  EXPECT_THAT(fourth.ReadAnswer(), EndsWith("Hello"));
}

TEST(Faults, ConnectionsAreSpreadEvenly) {
  TestServer server({}, 4);
  std::vector<RawClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(server.port);
    clients.back().Send(Get("/hang"));
    ASSERT_TRUE(Eventually([&] { return server.handler.hanging == i + 1; }));
  }
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(server.handler.hanging_on[i], 2) << "reactor " << i;
}

}  // namespace
}  // namespace bedplate::net
