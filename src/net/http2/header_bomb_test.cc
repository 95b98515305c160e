// Heads that unpack to far more than they are long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server/preface.h"
#include "net/testing/raw_client.h"
#include "net/testing/test_server.h"

namespace bedplate::net {
namespace {

using ::testing::HasSubstr;
using testing::RawClient;
using testing::TestServer;

std::string Frame(int type, int flags, char stream, std::string_view payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame.push_back(static_cast<char>(payload.size() >> shift));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  return frame.append(std::string(3, '\0')).append(1, stream).append(payload);
}

// Puts a field of 4,000 bytes into the compression table and names it `times` more times, each with
// one byte. spec: RFC 7541 6.1, 6.2.1
std::string HeadNamingOneFieldAgain(size_t times) {
  std::string block = "\x82\x86\x84\x41\x04test";  // GET / to "test"
  block.append("\x40\x01x").append("\x7f\xa1\x1e");
  block.append(4000, 'b').append(times, '\xbe');
  return std::string(kHttp2Preface) + Frame(4, 0, 0, "") + Frame(1, 5, 1, block);
}

// The code in the GOAWAY frame of what a server sent; -1 when there is none.
int GoAwayCode(std::string_view frames) {
  while (frames.size() >= 9) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(frames[i]); };
    const size_t length = size_t{byte(0)} << 16 | size_t{byte(1)} << 8 | byte(2);
    if (byte(3) == 7 && frames.size() >= 17) return byte(16);
    frames.remove_prefix(std::min(frames.size(), 9 + length));
  }
  return -1;
}

TEST(Http2HeaderBomb, EndsTheConnectionWithoutUnpackingTheRest) {
  TestServer server;
  RawClient client(server.port);
  client.Send(HeadNamingOneFieldAgain(12'000));
  const auto answer = client.ReadToEnd();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(GoAwayCode(answer), 11);  // ENHANCE_YOUR_CALM
  EXPECT_EQ(server.handler.requests, 0);
}

TEST(Http2HeaderBomb, AHeadThatIsOnlyTooLongIsRefusedAsARequest) {
  TestServer server;
  RawClient client(server.port);
  client.Send(HeadNamingOneFieldAgain(30));
  const auto answer = client.ReadUntil("are longer than");
  EXPECT_THAT(answer, HasSubstr("header fields are longer than"));
  EXPECT_EQ(GoAwayCode(answer), -1);
}

}  // namespace
}  // namespace bedplate::net
