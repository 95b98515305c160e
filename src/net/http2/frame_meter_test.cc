#include "net/http2/frame_meter.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <random>
#include <string>

namespace bedplate::net::http2 {
namespace {

using Time = FrameMeter::Time;
using std::chrono::seconds;

std::string Frame(int type, int flags, std::string_view payload = "") {
  std::string frame;
  frame.push_back(static_cast<char>(payload.size() >> 16));
  frame.push_back(static_cast<char>(payload.size() >> 8));
  frame.push_back(static_cast<char>(payload.size()));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  frame.append(3, '\0').push_back('\1');
  frame.append(payload);
  return frame;
}

TEST(FrameMeter, CountsWhatCostsUsWork) {
  const std::pair<std::string, uint32_t> frames[] = {
      {Frame(NGHTTP2_RST_STREAM, 0, "...."), 1},
      {Frame(NGHTTP2_PING, 0, "12345678"), 1},
      {Frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, "12345678"), 0},
      {Frame(NGHTTP2_SETTINGS, 0, "123456"), 1},
      {Frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK), 0},
      {Frame(NGHTTP2_PRIORITY, 0, "12345"), 1},
      {Frame(NGHTTP2_CONTINUATION, 0, "x"), 1},
      {Frame(NGHTTP2_DATA, 0), 1},
      {Frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM), 0},
      {Frame(NGHTTP2_DATA, 0, "body"), 0},
      {Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, "h"), 0},
      {Frame(99, 0), 1},
  };
  for (const auto& [bytes, counted] : frames) {
    FrameMeter meter(100);
    EXPECT_TRUE(meter.Observe(bytes, Time()));
    EXPECT_EQ(meter.control_frames(), counted) << "type " << int{bytes[3]};
  }
}

TEST(FrameMeter, CountsTheSameInAnyFragmentation) {
  std::string stream = "PREFACE!";
  for (int i = 0; i < 40; ++i) {
    stream += Frame(NGHTTP2_DATA, 0, std::string(static_cast<size_t>(i * 37), 'd'));
    stream += Frame(i % 2 == 0 ? NGHTTP2_PING : NGHTTP2_RST_STREAM, 0, "12345678");
  }
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    FrameMeter meter(1'000);
    meter.Skip(8);
    for (size_t at = 0; at < stream.size();) {
      const size_t size = 1 + random() % (round % 100 + 1);
      ASSERT_TRUE(meter.Observe(std::string_view(stream).substr(at, size), Time()));
      at += size;
    }
    ASSERT_EQ(meter.control_frames(), 41u) << "forty, and the first DATA frame, which is empty";
  }
}

TEST(FrameMeter, CallsMoreThanItsLimitInTenSecondsAFlood) {
  FrameMeter meter(10);
  const auto ping = Frame(NGHTTP2_PING, 0, "12345678");
  const Time start{};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(meter.Observe(ping, start + seconds(i / 2)));
  EXPECT_FALSE(meter.Observe(ping, start + seconds(6)));
  FrameMeter later(10);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(later.Observe(ping, start + seconds(2 * i)));
}

TEST(FrameMeter, AllowsWindowUpdatesForTheDataWeSend) {
  FrameMeter meter(10);
  const auto update = Frame(NGHTTP2_WINDOW_UPDATE, 0, "....");
  EXPECT_TRUE(meter.Observe("", Time()));
  for (int i = 0; i < 100; ++i) {
    meter.DataSent();
    EXPECT_TRUE(meter.Observe(update + update, Time()));
  }
  bool flood = false;
  for (int i = 0; i < 1'000 && !flood; ++i) flood = !meter.Observe(update, Time());
  EXPECT_TRUE(flood);
}

}  // namespace
}  // namespace bedplate::net::http2
