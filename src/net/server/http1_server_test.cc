// HTTP/1.1 through the whole server, byte by byte from a bare socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "net/testing/raw_client.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using ::testing::StartsWith;
using testing::TestServer;

std::string Get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) +
         "\r\n";
}
std::string Post(std::string_view target, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

TEST(Http1Server, AnswersAndKeepsTheConnection) {
  TestServer server;
  RawClient client(server.port);
  for (int i = 0; i < 3; ++i) {
    client.Send(Get("/hello"));
    const auto answer = client.ReadAnswer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: "));
    EXPECT_THAT(answer, EndsWith("\r\ncontent-length: 5\r\n\r\nHello"));
  }
  client.Send(Get("/hello", "Connection: close\r\n"));
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(client.ended());
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(server.handler.requests, 4);
}

TEST(Http1Server, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  RawClient client(server.port);
  client.Send(Post("/echo", "first") + Get("/stream?3") + Post("/echo", "third") + Get("/nowhere"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\nfirst"));
  EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), HasSubstr("chunk-0;"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\nthird"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 404 "));
}

// The same requests, cut at random points with the server reading in between, get the same answers.
TEST(Http1Server, DoesNotCareHowRequestsAreCut) {
  TestServer server;
  const std::string requests =
      Post("/echo", "one") +
      "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\ntwo\r\n4;x=y\r\nmore\r\n0\r\n\r\n" +
      Get("/headers", "X-A: b\r\n") + Post("/ignore-body", std::string(3000, 'x')) +
      Post("/length", std::string(5000, 'y'), "Connection: close\r\n");
  const auto body_of = [&](const std::vector<std::string>& pieces) {
    RawClient client(server.port);
    for (const auto& piece : pieces) {
      client.Send(piece);
      if (pieces.size() < 40) poll(nullptr, 0, 1);
    }
    auto answers = client.ReadToEnd();
    for (auto at = answers.find("date: "); at != std::string::npos; at = answers.find("date: ")) {
      answers.erase(at, answers.find("\r\n", at) + 2 - at);
    }
    return answers;
  };
  const auto whole = body_of({requests});
  EXPECT_THAT(whole, HasSubstr("\r\n\r\ntwomore"));
  EXPECT_THAT(whole, EndsWith("\r\n\r\n5000"));
  std::mt19937 random(99);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> pieces;
    const size_t largest = round % 3 == 0 ? 40 : 700;
    for (size_t at = 0; at < requests.size();) {
      const size_t size = 1 + random() % largest;
      pieces.push_back(requests.substr(at, size));
      at += size;
    }
    EXPECT_EQ(body_of(pieces), whole) << "round " << round;
  }
}

TEST(Http1Server, HeadHasNoBody) {
  TestServer server;
  RawClient client(server.port);
  client.Send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\nHEAD /stream?2 HTTP/1.1\r\nHost: t\r\n\r\n" +
              Get("/hello", "Connection: close\r\n"));
  const auto answers = client.ReadToEnd();
  EXPECT_THAT(answers, HasSubstr("content-length: 5\r\n\r\nHTTP/1.1 200"));
  EXPECT_THAT(answers, HasSubstr("transfer-encoding: chunked\r\n\r\nHTTP/1.1 200"));
  EXPECT_THAT(answers, EndsWith("\r\n\r\nHello"));
}

TEST(Http1Server, SpeaksHttp10) {
  TestServer server;
  RawClient once(server.port);
  once.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(once.ReadToEnd(), HasSubstr("connection: close\r\n\r\nHello"));
  RawClient kept(server.port);
  kept.Send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(kept.ReadAnswer(), HasSubstr("connection: keep-alive\r\n"));
  // No chunks: the stream ends with the connection.
  kept.Send("GET /stream?2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto stream = kept.ReadToEnd();
  EXPECT_THAT(stream, EndsWith("\r\n\r\nchunk-0;chunk-1;"));
  EXPECT_THAT(stream, Not(HasSubstr("chunked")));
  EXPECT_TRUE(kept.ended());
}

TEST(Http1Server, TellsClientsToGoOnWhenTheBodyIsWanted) {
  TestServer server;
  RawClient client(server.port);
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\nbody"));
  // Not wanted: the answer comes at once, and the connection ends, for the body may come or not.
  client.Send(
      "POST /ignore-body HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n"
      "Expect: 100-continue\r\n\r\n");
  const auto answer = client.ReadToEnd(std::chrono::milliseconds(300));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  // A body that comes with its head needs no telling.
  RawClient eager(server.port);
  eager.Send(
      "POST /ignore-body HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_THAT(eager.ReadAnswer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST(Http1Server, RefusesInWellFormedAnswersAndThenCloses) {
  ServerOptions options;
  options.limits.header_bytes_max = 2'000;
  options.limits.header_count_max = 10;
  options.limits.body_bytes_max = 1'000;
  TestServer server(options);
  std::string many;
  for (int i = 0; i < 20; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  const std::vector<std::pair<std::string, int>> refused = {
      {"nonsense\r\n\r\n", 400},
      {Get("/hello", "Bad Name: x\r\n"), 400},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/3.0\r\nHost: t\r\n\r\n", 400},
      {Get("/hello", "X: " + std::string(3'000, 'x') + "\r\n"), 431},
      {Get("/hello", many), 431},
      {Post("/hello", std::string(1'001, 'x')), 413},
      {Get("/hello", "Transfer-Encoding: gzip\r\n"), 501},
      {Get("/hello", "Expect: miracles\r\n"), 417},
      {Get("/hello", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
  };
  for (const auto& [bytes, status] : refused) {
    RawClient client(server.port);
    client.Send(bytes);
    client.ShutdownSend();
    const auto answer = client.ReadToEnd();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " ")) << bytes;
    EXPECT_THAT(answer, HasSubstr("connection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("content-type: text/plain"));
    EXPECT_TRUE(client.ended());
    EXPECT_FALSE(client.was_reset());
  }
  EXPECT_EQ(server.handler.requests, 0);
}

TEST(Http1Server, LetsTheGatewayWordItsErrors) {
  ServerOptions options;
  options.error_answer = [](int status, std::string_view message) {
    Response response{
        .status = 200, .headers = {}, .body = "{\"message\":\"" + std::string(message) + "\"}"};
    response.headers.Set("content-type", "application/json");
    response.headers.Set("x-amzn-errortype", "ValidationException" + std::to_string(status));
    return response;
  };
  TestServer server(options);
  RawClient client(server.port);
  client.Send("GET /hello HTTP/1.1\r\n\r\n");
  const auto answer = client.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("x-amzn-errortype: ValidationException400\r\n"));
  EXPECT_THAT(answer, EndsWith("{\"message\":\"Host is missing\"}"));
}

TEST(Http1Server, AnswersForHandlersThatDoNot) {
  TestServer server;
  RawClient client(server.port);
  client.Send(Get("/nothing") + Get("/throw") + Get("/hello"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200 "));
}

TEST(Http1Server, ACutAnswerIsSeenAsCut) {
  TestServer server;
  RawClient client(server.port);
  client.Send(Get("/cut"));
  const auto answer = client.ReadToEnd();
  EXPECT_THAT(answer, EndsWith("b\r\nhalf an ans\r\n")) << "no last chunk";
  EXPECT_TRUE(client.ended());
  // Where only the connection's end tells the end of the body, it must not look orderly.
  RawClient old(server.port);
  old.Send("GET /cut HTTP/1.0\r\n\r\n");
  old.ReadToEnd();
  EXPECT_TRUE(old.was_reset());
}

TEST(Http1Server, WhatLeavesTogetherIsOneChunk) {
  TestServer server;
  RawClient client(server.port);
  client.Send(Get("/burst?3"));
  EXPECT_THAT(client.ReadUntil("0\r\n\r\n"),
              EndsWith("\r\n\r\n18\r\nchunk-0;chunk-1;chunk-2;\r\n0\r\n\r\n"));
}

// Far more than a socket takes at once, to a client that reads it in the end.
TEST(Http1Server, ChunksStayWholeHoweverManyThereAre) {
  TestServer server;
  constexpr int kChunks = 200'000;
  RawClient client(server.port, 4096);
  client.Send(Get("/burst?" + std::to_string(kChunks)));
  const std::string answer = client.ReadUntil("0\r\n\r\n");
  std::string expected;
  for (int i = 0; i < kChunks; ++i) expected += "chunk-" + std::to_string(i) + ";";
  std::string body;
  size_t at = answer.find("\r\n\r\n") + 4;
  size_t size = 0;
  do {
    size = std::stoul(answer.substr(at, 8), nullptr, 16);
    at = answer.find("\r\n", at) + 2;
    body += answer.substr(at, size);
    EXPECT_EQ(answer.substr(at + size, 2), "\r\n");
    EXPECT_LE(size, 16U * 1024);
    at += size + 2;
  } while (size > 0 && at < answer.size());
  EXPECT_EQ(body, expected);
}

TEST(Http1Server, TakesTheRestOfASmallBodyAndRefusesTheRestOfALargeOne) {
  TestServer server;
  RawClient client(server.port);
  client.Send(Post("/ignore-body", std::string(100'000, 'x')) + Get("/hello"));
  EXPECT_THAT(client.ReadAnswer(), Not(HasSubstr("connection: close")));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("Hello"));
  RawClient large(server.port);
  large.Send(Post("/ignore-body", std::string(400'000, 'x')));
  const auto answer = large.ReadToEnd();
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  EXPECT_THAT(answer, EndsWith("ignored"));
}

TEST(Http1Server, ReadsLargeBodiesWhole) {
  TestServer server;
  RawClient client(server.port);
  const std::string body(30'000'000, 'z');
  client.Send(Post("/length", body));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\n30000000"));
  client.Send("POST /length HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  size_t total = 0;
  for (size_t size = 1; total < 3'000'000; size = size * 7 % 200'000 + 1) {
    char line[20];
    client.Send({line, static_cast<size_t>(std::snprintf(line, sizeof(line), "%zx\r\n", size))});
    client.Send(std::string_view(body).substr(0, size));
    client.Send("\r\n");
    total += size;
  }
  client.Send("0\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n\r\n" + std::to_string(total)));
}

TEST(Http1Server, SendsLargeAnswersWhole) {
  TestServer server;
  RawClient client(server.port);
  client.Send(Get("/fill?20", "Connection: close\r\n"));
  const auto answer = client.ReadToEnd();
  EXPECT_EQ(std::count(answer.begin() + 200, answer.end(), '0') / (1 << 20), 20);
  EXPECT_THAT(answer, EndsWith("0\r\n\r\n"));
  // In one piece, moved and not copied.
  RawClient echo(server.port);
  echo.Send(Post("/echo", std::string(5'000'000, 'e'), "Connection: close\r\n"));
  EXPECT_GT(echo.ReadToEnd().size(), 5'000'000u);
}

TEST(Http1Server, ServesUnixSockets) {
  TestServer server;
  const auto path = ::testing::TempDir() + "net-server-" + std::to_string(getpid()) + ".sock";
  ASSERT_TRUE(server.server->ListenUnix(path));
  const auto again = server.server->ListenUnix(path);
  ASSERT_FALSE(again) << "a socket that answers is not taken away";
  EXPECT_THAT(again.error().message, HasSubstr("another process does"));
  const auto command = "curl -s --unix-socket " + path + " http://x/hello";
  auto* pipe = popen(command.c_str(), "r");
  char text[16] = {};
  EXPECT_EQ(fread(text, 1, sizeof(text), pipe), 5u);
  pclose(pipe);
  EXPECT_STREQ(text, "Hello");
  server.server.reset();
  EXPECT_NE(access(path.c_str(), F_OK), 0) << "the socket file is gone with the server";
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer server;
  const auto taken = server.server->ListenTcp("127.0.0.1", server.port);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().fault, Fault::kUnavailable);
  EXPECT_EQ(taken.error().message, "Cannot listen on 127.0.0.1 port " +
                                       std::to_string(server.port) + ": Address already in use");
  EXPECT_EQ(server.server->ListenTcp("bedplate.example", 0).error().fault, Fault::kValidation);
  EXPECT_EQ(server.server->ListenUnix(std::string(200, 'x')).error().fault, Fault::kValidation);
}

}  // namespace
}  // namespace bedplate::net
