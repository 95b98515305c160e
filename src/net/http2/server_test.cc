// HTTP/2 through the whole server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "net/server/preface.h"
#include "net/testing/http2_client.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::Http2Client;
using testing::RawClient;
using testing::TestServer;

TEST(Http2Server, AnswersManyStreamsAtOnce) {
  TestServer server;
  Http2Client client(server.port);
  std::vector<int32_t> ids;
  ids.reserve(100);
  for (int i = 0; i < 100; ++i)
    ids.push_back(client.Request("GET", "/stream?" + std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    const auto& answer = client.Finish(ids[static_cast<size_t>(i)]);
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.error_code, 0u);
    EXPECT_EQ(std::count(answer.body.begin(), answer.body.end(), ';'), i);
  }
}

TEST(Http2Server, CarriesBodiesBothWaysAndIgnoresTrailers) {
  TestServer server;
  Http2Client client(server.port);
  const std::string body(3'000'000, 'b');
  const auto large = client.Request("POST", "/length", {}, true);
  client.Body(large, body, true);
  EXPECT_EQ(client.Finish(large).body, "3000000");
  const auto trailed = client.Request("POST", "/echo", {{"te", "trailers"}}, true);
  client.Body(trailed, "with a trailer", true, {{"x-checksum", "abc"}});
  EXPECT_EQ(client.Finish(trailed).body, "with a trailer");
  const auto filled = client.Request("GET", "/fill?12");
  EXPECT_EQ(client.Finish(filled).body.size(), 12u << 20);
  const auto head = client.Request("HEAD", "/hello");
  EXPECT_EQ(client.Finish(head).headers.at("content-length"), "5");
  EXPECT_EQ(client.answers[head].body, "");
}

TEST(Http2Server, ShowsTheHandlerTheRequestAsHttp11Does) {
  TestServer server;
  Http2Client client(server.port);
  const auto id = client.Request("GET", "/headers?a=%2F", {{"x-tag", "1"}, {"x-tag", "2"}});
  EXPECT_EQ(client.Finish(id).body, "GET /headers?a=%2F test\nx-tag=1\nx-tag=2\n");
}

TEST(Http2Server, TellsClientsToGoOnWhenTheBodyIsWanted) {
  TestServer server;
  Http2Client client(server.port);
  const auto id = client.Request("POST", "/echo", {{"expect", "100-continue"}}, true);
  ASSERT_TRUE(Eventually([&] {
    client.Turn(milliseconds(10));
    return client.answers[id].status() == 100;
  }));
  client.Body(id, "body", true);
  EXPECT_EQ(client.Finish(id).body, "body");
  EXPECT_EQ(client.answers[id].status(), 200);
}

TEST(Http2Server, AResetCancelsThatHandlerAlone) {
  TestServer server;
  Http2Client client(server.port);
  const auto one = client.Request("GET", "/hang");
  const auto other = client.Request("GET", "/wait");
  ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 1; }));
  client.Reset(one);
  EXPECT_TRUE(Eventually([&] { return server.handler.cancelled == 1; }));
  server.handler.released = true;
  EXPECT_EQ(client.Finish(other).body, "waited");
}

TEST(Http2Server, AClientThatLeavesCancelsAllItsHandlers) {
  TestServer server;
  {
    Http2Client client(server.port);
    for (int i = 0; i < 10; ++i) client.Request("GET", "/hang");
    ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 10; }));
  }
  EXPECT_TRUE(Eventually([&] { return server.handler.cancelled == 10; }));
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
  EXPECT_EQ(server.server->Counts().exchanges, 0u);
}

TEST(Http2Server, HandlersThatFailAreAnsweredFor) {
  TestServer server;
  Http2Client client(server.port);
  EXPECT_EQ(client.Finish(client.Request("GET", "/nothing")).status(), 500);
  EXPECT_EQ(client.Finish(client.Request("GET", "/throw")).status(), 500);
  const auto& cut = client.Finish(client.Request("GET", "/cut"));
  EXPECT_EQ(cut.status(), 200);
  EXPECT_EQ(cut.error_code, static_cast<uint32_t>(NGHTTP2_INTERNAL_ERROR)) << "never a false end";
}

TEST(Http2Server, AnAnswerWithoutItsBodyReadStopsTheClientsSending) {
  TestServer server;
  Http2Client client(server.port);
  const auto id = client.Request("POST", "/ignore-body", {}, true);
  client.Body(id, std::string(200'000, 'x'), false);
  EXPECT_EQ(client.Finish(id).body, "ignored");
  EXPECT_EQ(client.answers[id].error_code, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  // Bodies that nobody read do not eat up the connection's window.
  for (int i = 0; i < 30; ++i) {
    const auto next = client.Request("POST", "/ignore-body", {}, true);
    client.Body(next, std::string(100'000, 'x'), false);
    ASSERT_EQ(client.Finish(next).body, "ignored") << i;
  }
  const auto last = client.Request("POST", "/length", {}, true);
  client.Body(last, std::string(500'000, 'x'), true);
  EXPECT_EQ(client.Finish(last).body, "500000");
}

TEST(Http2Server, HoldsItsLimits) {
  ServerOptions options;
  options.limits.header_bytes_max = 3'000;
  options.limits.header_count_max = 10;
  options.limits.body_bytes_max = 1'000;
  TestServer server(options);
  Http2Client client(server.port);
  Http2Client::Fields many;
  for (int i = 0; i < 20; ++i) many.emplace_back("x-" + std::to_string(i), "y");
  EXPECT_EQ(client.Finish(client.Request("GET", "/hello", many)).status(), 431);
  EXPECT_EQ(
      client.Finish(client.Request("GET", "/hello", {{"x", std::string(4'000, 'x')}})).status(),
      431);
  EXPECT_EQ(client.Finish(client.Request("GET", "/hello", {{"expect", "tea"}})).status(), 417);
  const auto declared = client.Request("POST", "/length", {{"content-length", "1001"}}, true);
  EXPECT_EQ(client.Finish(declared).status(), 413);
  const auto streamed = client.Request("POST", "/length", {}, true);
  client.Body(streamed, std::string(1'001, 'x'), true);
  EXPECT_EQ(client.Finish(streamed).status(), 413);
  EXPECT_EQ(client.Finish(client.Request("GET", "/hello")).body, "Hello") << "the connection lives";
}

TEST(Http2Server, ASlowReaderHoldsLittleAndIsCutOffWhileOthersGoOn) {
  ServerOptions options;
  options.limits.slow_window = milliseconds(1'000);
  TestServer server(options);
  Http2Client client(server.port, 1'000, false);
  const auto stuck = client.Request("GET", "/fill?100");
  ASSERT_TRUE(Eventually([&] { return server.handler.filled_bytes > 0; }));
  const auto other = client.Request("GET", "/hello");
  EXPECT_EQ(client.Finish(other).body, "Hello") << "another stream is not held up";
  const auto& answer = client.Finish(stuck);
  EXPECT_NE(answer.error_code, 0u);
  EXPECT_LT(server.handler.filled_bytes, 1u << 20);
}

TEST(Http2Server, ABodyThatTricklesIsCutOff) {
  ServerOptions options;
  options.limits.slow_window = milliseconds(800);
  TestServer server(options);
  Http2Client client(server.port);
  const auto id = client.Request("POST", "/length", {}, true);
  for (int i = 0; i < 100 && !client.answers[id].closed; ++i) {
    client.Body(id, "x", false);
    client.Turn(milliseconds(50));
  }
  EXPECT_EQ(client.answers[id].status(), 408);
}

TEST(Http2Server, ABodyMayPauseWhereTheHandlerLetsIt) {
  ServerOptions options;
  options.limits.slow_window = milliseconds(300);
  TestServer server(options);
  Http2Client client(server.port);
  const auto id = client.Request("POST", "/talk?60000", {}, true);
  client.Body(id, "one", false);
  // Some windows of the server's own pace, in which nothing comes.
  for (int i = 0; i < 6; ++i) client.Turn(milliseconds(200));
  EXPECT_EQ(client.answers[id].body, "one");
  EXPECT_FALSE(client.answers[id].closed);
  client.Body(id, "two", true);
  EXPECT_EQ(client.Finish(id).body, "onetwo");
}

TEST(Http2Server, APauseLongerThanTheHandlerLetsEndsTheBody) {
  TestServer server;
  Http2Client client(server.port);
  const auto id = client.Request("POST", "/talk?300", {}, true);
  client.Body(id, "one;", false);
  EXPECT_EQ(client.Finish(id).body, "one;The body came too slowly");
}

TEST(Http2Server, ABodyThatPausesEndsWhenTheServerStops) {
  TestServer server;
  Http2Client client(server.port);
  const auto id = client.Request("POST", "/talk?60000", {}, true);
  client.Body(id, "one;", false);
  ASSERT_TRUE(Eventually([&] {
    client.Turn(milliseconds(10));
    return client.answers[id].body == "one;";
  }));
  bool finished = false;
  std::thread drain([&] { finished = server.server->Drain(seconds(20)); });
  EXPECT_EQ(client.Finish(id).body, "one;The server is stopping");
  drain.join();
  EXPECT_TRUE(finished);
}

TEST(Http2Server, AHandlerThatReadsNothingHoldsTheClientBack) {
  ServerOptions options;
  options.limits.stream_window_bytes = 200'000;
  TestServer server(options);
  Http2Client client(server.port);
  const std::string body(600'000, 'x');  // less than the connection's window
  const auto id = client.Request("POST", "/hang", {}, true);
  ASSERT_TRUE(Eventually([&] { return server.handler.hanging == 1; }));
  client.BeginBody(id, body, true);
  // An answer on the same connection comes behind all that the server said of the bytes before.
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(client.Finish(client.Request("GET", "/hello")).body, "Hello");
  }
  EXPECT_EQ(body.size() - client.UnsentBytes(id), 200'000u) << "the stream's window and no more";
  client.Reset(id);
  EXPECT_TRUE(Eventually([&] { return server.handler.cancelled == 1; }));
}

TEST(Http2Server, AHandlerThatReadsSlowlyGetsTheWholeBody) {
  ServerOptions options;
  options.limits.stream_window_bytes = 100'000;  // at least the 65,535 of HTTP/2's beginning
  TestServer server(options);
  Http2Client client(server.port);
  const std::string body(400'000, 'x');
  const auto id = client.Request("POST", "/slow-read", {}, true);
  client.BeginBody(id, body, true);
  size_t sent = 0;
  do {
    sent = body.size() - client.UnsentBytes(id);
    EXPECT_LE(sent, server.handler.read_bytes + 100'000) << "what was read, and a window more";
  } while (sent < body.size() && client.Turn(seconds(10)));
  client.Finish(id);
  EXPECT_EQ(server.handler.read_bytes, body.size());
}

// --- Attacks ---

TEST(Http2Server, RapidResetEndsTheConnectionAndNothingElse) {
  TestServer server({}, 1);
  Http2Client attacker(server.port);
  for (int sent = 0; sent < 100'000 && !attacker.goaway && !attacker.ended; ++sent) {
    attacker.Reset(attacker.Request("GET", "/hang"));
    while (attacker.Turn(milliseconds(0))) {
    }
  }
  EXPECT_TRUE(attacker.goaway || attacker.ended);
  EXPECT_LT(server.handler.requests, 2'000);
  EXPECT_TRUE(Eventually([&] { return server.handler.hanging == 0; }));
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
  Http2Client next(server.port);
  EXPECT_EQ(next.Finish(next.Request("GET", "/hello")).body, "Hello");
}

std::string Frame(size_t length, int type, int flags, uint32_t stream, std::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame.push_back(static_cast<char>(length >> shift));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift));
  return frame.append(payload);
}
std::string Frame(int type, int flags, uint32_t stream, std::string_view payload) {
  return Frame(payload.size(), type, flags, stream, payload);
}
std::string Opening() { return std::string(kHttp2Preface) + Frame(4, 0, 0, ""); }

TEST(Http2Server, FloodsEndTheConnection) {
  const std::string settings("\0\4\0\1\0\0", 6);
  const std::string headers = "\x82\x86\x84\x41\x04test";  // GET / to "test"
  const std::pair<const char*, std::string> floods[] = {
      {"ping", Frame(6, 0, 0, "12345678")},
      {"settings", Frame(4, 0, 0, settings)},
      {"priority", Frame(2, 0, 3, std::string(4, '\0') + "x")},
      {"unknown", Frame(42, 0, 0, "")},
  };
  for (const auto& [name, frame] : floods) {
    TestServer server;
    RawClient client(server.port);
    client.Send(Opening());
    std::string block;
    for (int i = 0; i < 100; ++i) block += frame;
    bool cut = false;
    for (int i = 0; i < 200 && !cut; ++i) {
      cut = !client.Send(block);
      client.ReadUntil("", milliseconds(0));
      cut = cut || client.ended();
    }
    client.ReadToEnd();
    EXPECT_TRUE(cut || client.ended()) << name;
  }
  // A header block without end.
  TestServer server;
  RawClient client(server.port);
  client.Send(Opening() + Frame(1, 1, 1, headers));
  bool cut = false;
  for (int i = 0; i < 100'000 && !cut; ++i) {
    cut = !client.Send(Frame(9, 0, 1, i % 2 == 0 ? "" : std::string("\0\1a\1b", 5)));
    if (i % 100 == 0) client.ReadUntil("", milliseconds(0));
    cut = cut || client.ended();
  }
  client.ReadToEnd();
  EXPECT_TRUE(cut || client.ended()) << "continuation";
  EXPECT_EQ(server.handler.requests, 0);
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 0; }));
}

TEST(Http2Server, BrokenFramesEndTheConnectionInOrder) {
  const std::string bad[] = {
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n",  // no SETTINGS first
      Opening() + Frame(0, 0, 1, "data without a request"),
      Opening() + Frame(1, 5, 2, "\x82"),                      // an even stream
      Opening() + Frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff"),  // no HPACK
      Opening() + Frame(200'000, 0, 0, 1, "longer than SETTINGS_MAX_FRAME_SIZE"),
      Opening() + Frame(8, 0, 0, std::string(4, '\0')),  // a window of nothing more
      Opening() + Frame(9, 4, 1, ""),                    // CONTINUATION of nothing
      Opening() + Frame(6, 0, 0, "short"),
  };
  TestServer server;
  for (const auto& bytes : bad) {
    RawClient client(server.port);
    client.Send(bytes);
    const auto answer = client.ReadToEnd(milliseconds(3'000));
    EXPECT_TRUE(client.ended()) << bytes.substr(24);
    EXPECT_THAT(answer, HasSubstr(std::string("\7\0\0\0\0\0", 6)))
        << "GOAWAY: " << bytes.substr(24);
  }
  EXPECT_EQ(server.handler.requests, 0);
}

// Whatever comes behind the preface: no crash, no hang, and the next client is served.
TEST(Http2Server, SurvivesRandomBytes) {
  TestServer server;
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    RawClient client(server.port);
    std::string bytes = Opening();
    for (int i = 0; i < 20; ++i) {
      std::string payload(random() % 40, '\0');
      for (auto& c : payload) c = static_cast<char>(random());
      bytes += Frame(static_cast<int>(random() % 10), static_cast<int>(random() % 256),
                     random() % 8, payload);
    }
    client.Send(bytes);
    if (round % 4 == 0) client.ReadUntil("", milliseconds(1));
  }
  Http2Client next(server.port);
  EXPECT_EQ(next.Finish(next.Request("GET", "/hello")).body, "Hello");
  EXPECT_TRUE(Eventually([&] { return server.server->Counts().connections == 1; }));
}

TEST(Http2Server, ThePrefaceMayComeInPiecesAndHttp11ThatBeginsLikeItIsServed) {
  ServerOptions options;
  options.limits.head = milliseconds(300);
  TestServer server(options);
  RawClient pieces(server.port);
  for (const char c : Opening()) {
    pieces.Send({&c, 1});
    poll(nullptr, 0, 1);
  }
  EXPECT_THAT(pieces.ReadUntil("\4", milliseconds(2'000)), HasSubstr("\4")) << "SETTINGS";
  RawClient http1(server.port);
  http1.Send("PR");
  poll(nullptr, 0, 20);
  http1.Send("OPFIND /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_THAT(http1.ReadAnswer(), HasSubstr("200 OK"));
  RawClient half(server.port);
  half.Send("PRI * HT");
  half.ReadToEnd(milliseconds(3'000));
  EXPECT_TRUE(half.ended());
}

TEST(Http2Server, StopsGracefully) {
  TestServer server;
  Http2Client client(server.port);
  const auto running = client.Request("GET", "/wait");
  ASSERT_TRUE(Eventually([&] { return server.handler.requests == 1; }));
  bool finished = false;
  std::thread drain([&] { finished = server.server->Drain(seconds(20)); });
  ASSERT_TRUE(Eventually([&] {
    client.Turn(milliseconds(10));
    return client.goaway;
  }));
  EXPECT_EQ(client.goaway_code, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
  server.handler.released = true;
  EXPECT_EQ(client.Finish(running).body, "waited");
  drain.join();
  EXPECT_TRUE(finished);
  client.Turn(seconds(5));
  EXPECT_EQ(server.server->Counts().connections, 0u);
}

TEST(Http2Server, IdleConnectionsAreTakenLeaveOf) {
  ServerOptions options;
  options.limits.idle = milliseconds(300);
  TestServer server(options);
  Http2Client client(server.port);
  EXPECT_EQ(client.Finish(client.Request("GET", "/hello")).body, "Hello");
  while (client.Turn(seconds(5))) {
  }
  EXPECT_TRUE(client.goaway);
  EXPECT_TRUE(client.ended);
}

}  // namespace
}  // namespace bedplate::net
