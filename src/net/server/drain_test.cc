// The graceful stop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/testing/raw_client.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::RawClient;
using ::testing::StartsWith;
using testing::TestServer;

constexpr char kWait[] = "GET /wait HTTP/1.1\r\nHost: t\r\n\r\n";
constexpr char kHello[] = "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n";

TEST(Drain, RunningAnswersFinishAndNewRequestsAreRefused) {
  TestServer server;
  RawClient running(server.port);
  running.Send(kWait);
  RawClient kept(server.port);
  kept.Send(kHello);
  kept.ReadAnswer();
  ASSERT_TRUE(Eventually([&] { return server.handler.requests == 2; }));
  std::atomic<bool> finished = false;
  std::thread drain([&] { finished = server.server->Drain(seconds(20)); });
  ASSERT_TRUE(Eventually([&] {
    RawClient late(server.port);
    late.Send(kHello);
    return late.ReadAnswer().starts_with("HTTP/1.1 503 ");
  })) << "a new connection is not refused in words";
  kept.Send(kHello);
  const auto refused = kept.ReadToEnd();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("connection: close"));
  EXPECT_FALSE(finished);
  server.handler.released = true;
  const auto answer = running.ReadToEnd();
  drain.join();
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  EXPECT_THAT(answer, EndsWith("waited"));
  EXPECT_TRUE(finished);
  EXPECT_EQ(server.server->Counts().connections, 0u);
  EXPECT_FALSE(RawClient(server.port).connected()) << "the server still listens";
}

TEST(Drain, ClientsThatComeAgainAndAgainDoNotHoldItUp) {
  TestServer server;
  std::atomic<bool> stopped = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!stopped) {
        RawClient client(server.port);
        client.Send(kHello);
        client.ReadAnswer();
      }
    });
  }
  ASSERT_TRUE(Eventually([&] { return server.handler.requests > 100; }));
  EXPECT_TRUE(server.server->Drain(seconds(20)));
  stopped = true;
  for (auto& client : clients) client.join();
}

TEST(Drain, IdleConnectionsEndAtOnce) {
  TestServer server;
  RawClient silent(server.port);
  RawClient kept(server.port);
  kept.Send(kHello);
  kept.ReadAnswer();
  ASSERT_TRUE(Eventually([&] { return server.server->Counts().connections == 2; }));
  EXPECT_TRUE(server.server->Drain(seconds(20)));
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(kept.ReadToEnd(), "");
  EXPECT_TRUE(silent.ended() && kept.ended());
}

TEST(Drain, WhatTakesTooLongIsCancelled) {
  TestServer server;
  RawClient client(server.port);
  client.Send("GET /hang HTTP/1.1\r\nHost: t\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 1; }));
  EXPECT_FALSE(server.server->Drain(milliseconds(50)));
  EXPECT_EQ(server.handler.cancelled, 1);
  client.ReadToEnd();
  EXPECT_TRUE(client.ended());
}

TEST(Drain, AServerThatGoesAwayTakesItsConnectionsAlong) {
  TestServer server;
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.port);
    clients.back().Send(i % 2 == 0 ? "GET /hang HTTP/1.1\r\nHost: t\r\n\r\n" : "GET /fill?100 HT");
  }
  ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 10; }));
  server.server.reset();
  EXPECT_EQ(server.handler.hanging, 0);
}

}  // namespace
}  // namespace bedplate::net
