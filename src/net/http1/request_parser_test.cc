#include "net/http1/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace bedplate::net::http1 {
namespace {

struct Parsed {
  std::string text;  // method target authority | name=value; … | body
  int failure = 0;
  bool keep_alive = false;
  bool whole = false;
  bool operator==(const Parsed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Parsed& parsed) {
  return out << parsed.text << " failure=" << parsed.failure << " whole=" << parsed.whole;
}

// Parses as a connection does: what is not consumed comes again with more behind it.
std::vector<Parsed> ParseAll(const std::vector<std::string>& pieces, ParseLimits limits = {}) {
  RequestParser parser(limits);
  std::vector<Parsed> all;
  Request request;
  std::string input;
  bool in_head = true;
  parser.Begin(request);
  all.emplace_back();
  for (const auto& piece : pieces) {
    input += piece;
    for (;;) {
      size_t consumed = 0;
      std::string_view chunk;
      const auto step =
          in_head ? parser.ParseHead(input, consumed) : parser.ParseBody(input, consumed, chunk);
      auto& now = all.back();
      if (step == ParseStep::kFailed) {
        now.failure = parser.failure().status;
        return all;
      }
      now.text.append(chunk);
      input.erase(0, consumed);
      if (step == ParseStep::kNeedMore) break;
      if (step == ParseStep::kChunk) continue;
      if (in_head) {
        now.text = request.method + " " + request.target + " " + request.authority + "|";
        for (const auto& [name, value] : request.headers) {
          now.text.append(name).append("=").append(value).append(";");
        }
        now.text += "|";
        now.keep_alive = parser.keep_alive();
        in_head = false;
      }
      if (parser.body_done()) {
        now.whole = true;
        parser.Begin(request);
        in_head = true;
        all.emplace_back();
        if (input.empty()) break;
      }
    }
  }
  return all;
}

Parsed ParseOne(const std::string& bytes, ParseLimits limits = {}) {
  return ParseAll({bytes}, limits).front();
}

TEST(RequestParser, ReadsRequestsOfEveryShape) {
  const auto get = ParseOne("GET /a?b=c HTTP/1.1\r\nHost: h:1\r\nX:  spaced out \t\r\n\r\n");
  EXPECT_EQ(get.text, "GET /a?b=c h:1|host=h:1;x=spaced out;|");
  EXPECT_TRUE(get.whole && get.keep_alive);
  EXPECT_EQ(ParseOne("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").text,
            "POST / h|host=h;content-length=3;|abc");
  EXPECT_EQ(ParseOne("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
                     "3;name=\"v\"\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: gone\r\n\r\n")
                .text,
            "POST / h|host=h;transfer-encoding=CHUNKED;|abcde");
  EXPECT_FALSE(ParseOne("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").keep_alive);
  EXPECT_FALSE(ParseOne("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(ParseOne("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  // Absolute form: the URL's authority counts, not the Host field.
  EXPECT_EQ(ParseOne("GET http://real:80?q HTTP/1.1\r\nHost: other\r\n\r\n").text,
            "GET /?q real:80|host=other;|");
  EXPECT_EQ(ParseOne("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").text, "OPTIONS * h|host=h;|");
  // Empty lines before a request are ignored.
  EXPECT_TRUE(ParseOne("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").whole);
}

TEST(RequestParser, RefusesWhatTwoServersCouldReadInTwoWays) {
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::vector<std::pair<std::string, int>> bad = {
      {start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {start + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {start + "Content-Length: +3\r\n\r\nabc", 400},
      {start + "Content-Length: 0x3\r\n\r\nabc", 400},
      {start + "Content-Length: -1\r\n\r\n", 400},
      {start + "Content-Length: \r\n\r\n", 400},
      {start + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
      {start + "Transfer-Encoding:\x0b chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX:\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n \r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n", 400},
      {std::string("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 35), 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 400},
      {"GET / http/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET relative HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417},
      {start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\na", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400},
      {start + "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : bad) {
    EXPECT_EQ(ParseOne(bytes).failure, status) << bytes;
    // The verdict does not depend on how the bytes arrive.
    std::vector<std::string> single;
    for (const char c : bytes) single.emplace_back(1, c);
    EXPECT_EQ(ParseAll(single).front().failure, status) << "byte by byte: " << bytes;
  }
}

TEST(RequestParser, HoldsItsLimits) {
  const ParseLimits limits{.header_bytes_max = 200, .header_count_max = 3, .body_bytes_max = 10};
  const std::string start = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(ParseOne(start + "A: 1\r\nB: 2\r\n\r\n", limits).failure, 0);
  EXPECT_EQ(ParseOne(start + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits).failure, 431);
  EXPECT_EQ(ParseOne(start + "A: " + std::string(200, 'x') + "\r\n\r\n", limits).failure, 431);
  EXPECT_EQ(ParseOne("GET /" + std::string(300, 'x'), limits).failure, 431) << "no end of line";
  EXPECT_EQ(ParseOne(start + "Content-Length: 10\r\n\r\n0123456789", limits).failure, 0);
  EXPECT_EQ(ParseOne(start + "Content-Length: 11\r\n\r\n", limits).failure, 413);
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ParseOne(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits).failure, 0);
  EXPECT_EQ(ParseOne(chunked + "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n", limits).failure, 413);
  // Chunk extensions are bounded in all.
  std::string extended = start + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 400; ++i) extended += "1;x=" + std::string(50, 'e') + "\r\na\r\n";
  EXPECT_EQ(ParseOne(extended).failure, 400);
}

// Pipelined requests, in pieces cut at random, are the same requests.
TEST(RequestParser, GivesTheSameRequestsInAnyFragmentation) {
  const std::string stream =
      "GET /one?x=%2F HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"
      "\r\nPOST /two HTTP/1.1\r\nHost: b\r\nContent-Length: 11\r\n\r\nhello\r\nbody"
      "PUT /three HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nab\r\nc\r\n1;ext\r\nd\r\nA\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n"
      "PUT /empty HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "HEAD http://d:1/four HTTP/1.1\r\nHost: d:1\r\nX: \xC3\xA9\r\n\r\n"
      "POST /five HTTP/1.1\r\nHost: e\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  const auto whole = ParseAll({stream});
  ASSERT_EQ(whole.size(), 7u);
  for (size_t i = 0; i < 6; ++i) EXPECT_TRUE(whole[i].whole) << whole[i];
  std::mt19937 random(7);
  for (int round = 0; round < 3'000; ++round) {
    std::vector<std::string> pieces;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = 1 + random() % (round % 60 + 1);
      pieces.push_back(stream.substr(at, size));
      at += size;
    }
    EXPECT_EQ(ParseAll(pieces), whole) << "round " << round;
  }
}

TEST(RequestParser, TakesAWellFormedWishToUpgradeOnly) {
  const auto settings_of = [](const std::string& fields) {
    RequestParser parser({});
    Request request;
    parser.Begin(request);
    size_t consumed = 0;
    EXPECT_EQ(parser.ParseHead("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", consumed),
              ParseStep::kDone);
    return std::string(parser.http2_settings().value_or("-"));
  };
  EXPECT_EQ(settings_of("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        "HTTP2-Settings: AAMAAABk\r\n"),
            "AAMAAABk");
  EXPECT_EQ(settings_of("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"), "-");
  EXPECT_EQ(settings_of("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket\r\n"
                        "HTTP2-Settings: AA\r\n"),
            "-");
  EXPECT_EQ(settings_of("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"), "-");
  EXPECT_EQ(settings_of("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        "HTTP2-Settings: AA\r\nHTTP2-Settings: BB\r\n"),
            "-");
}

}  // namespace
}  // namespace bedplate::net::http1
