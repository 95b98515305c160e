#include "wire/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "wire/big_endian.h"

namespace bedplate::wire::event_stream {
namespace {

using namespace std::string_literals;

// The bytes of every header type, as botocore 1.44.5 reads them in its own tests.
const std::string kEveryType =
    "\x00\x00\x00\x62\x00\x00\x00\x52\x03\xb5\xcb\x9c"
    "\x01"
    "0\x00\x01"
    "1\x01\x01"
    "2\x02\x02\x01"
    "3\x03\x00\x03"
    "\x01"
    "4\x04\x00\x00\x00\x04\x01"
    "5\x05\x00\x00\x00\x00\x00\x00\x00\x05"
    "\x01"
    "6\x06\x00\x05"
    "bytes\x01"
    "7\x07\x00\x04utf8"
    "\x01"
    "8\x08\x00\x00\x00\x00\x00\x00\x00\x08\x01"
    "9\x09"
    "0123456789abcdef"
    "\x63\x35\x36\x71"s;
const std::string kErrorFrame =
    "\x00\x00\x00\x52\x00\x00\x00\x42\xbf\x23\x63\x7e"
    "\x0d:message-type\x07\x00\x05"
    "error"
    "\x0b:error-code\x07\x00\x04"
    "code"
    "\x0e:error-message\x07\x00\x07message"
    "\x6b\x6c\xea\x3d"s;
const std::string kEmptyFrame = "\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2H\xeb}\x98\xc8\xff"s;
const std::string kMinusOneShort =
    "\x00\x00\x00\x19\x00\x00\x00\tq\x0e\x92>\x05"
    "short\x03\xff\xff\xb2|\xb6\xcc"s;

Uuid UuidOf(std::string_view text) {
  Uuid uuid;
  std::copy(text.begin(), text.end(), uuid.begin());
  return uuid;
}

// Headers exactly as given (valid or not) in a frame whose lengths and checksums are right.
std::string FrameOf(std::string_view headers, std::string_view payload) {
  std::string out;
  AppendBigEndian(out, static_cast<uint32_t>(16 + headers.size() + payload.size()));
  AppendBigEndian(out, static_cast<uint32_t>(headers.size()));
  const auto crc = [&] {
    return static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(out.size())));
  };
  AppendBigEndian(out, crc());
  out.append(headers).append(payload);
  AppendBigEndian(out, crc());
  return out;
}

std::string WhyRefused(std::string_view bytes) {
  FrameDecoder decoder;
  decoder.Push(bytes);
  Frame frame;
  const auto next = decoder.Next(frame);
  return next ? "taken" : next.error().message;
}

TEST(FrameWriter, WritesEveryHeaderTypeAsBotocoreReadsIt) {
  std::string out;
  FrameWriter frame(out);
  frame.TypedHeader("0", true);
  frame.TypedHeader("1", false);
  frame.TypedHeader("2", int8_t{2});
  frame.TypedHeader("3", int16_t{3});
  frame.TypedHeader("4", int32_t{4});
  frame.TypedHeader("5", int64_t{5});
  frame.TypedHeader("6", Bytes{"bytes"});
  frame.Header("7", "utf8");
  frame.TypedHeader("8", TimestampMs{8});
  frame.TypedHeader("9", UuidOf("0123456789abcdef"));
  ASSERT_TRUE(frame.Finish());
  EXPECT_EQ(out, kEveryType);
}

TEST(FrameWriter, WritesErrorAndEmptyFrames) {
  std::string out;
  ASSERT_TRUE(AppendError(out, "code", "message"));
  EXPECT_EQ(out, kErrorFrame);
  out.clear();
  FrameWriter empty(out);
  ASSERT_TRUE(empty.Finish());
  EXPECT_EQ(out, kEmptyFrame);
}

TEST(FrameWriter, AppendsBehindWhatTheBufferHolds) {
  std::string out = "before";
  FrameWriter frame(out);
  frame.TypedHeader("short", int16_t{-1});
  ASSERT_TRUE(frame.Finish());
  EXPECT_EQ(out, "before" + kMinusOneShort);
}

TEST(FrameWriter, RefusesWhatNoFrameHoldsAndLeavesTheBufferAlone) {
  const auto refused = [](auto write) {
    std::string out = "kept";
    FrameWriter frame(out);
    write(frame);
    const auto done = frame.Finish();
    EXPECT_EQ(out, "kept");
    return done ? "taken" : done.error().message;
  };
  EXPECT_THAT(refused([](FrameWriter& f) { f.Header("", "v"); }), testing::HasSubstr("1 to 255"));
  EXPECT_THAT(refused([](FrameWriter& f) { f.Header(std::string(256, 'n'), "v"); }),
              testing::HasSubstr("1 to 255"));
  EXPECT_THAT(refused([](FrameWriter& f) { f.Header("n", std::string(32768, 'v')); }),
              testing::HasSubstr("32767"));
  EXPECT_THAT(refused([](FrameWriter& f) {
                for (int i = 0; i < 5; ++i) f.Header("n", std::string(32767, 'v'));
              }),
              testing::HasSubstr("131072"));
  EXPECT_THAT(refused([](FrameWriter& f) { f.Payload().append(kPayloadBytesMax + 1, 'p'); }),
              testing::HasSubstr("25165824"));
}

TEST(FrameBytes, TellsAWholeFrameFromAPartOfOneAndFromNone) {
  const std::string two = kErrorFrame + kEveryType;
  EXPECT_EQ(FrameBytes(two).value(), kErrorFrame.size());
  for (size_t size = 0; size < kErrorFrame.size(); ++size) {
    EXPECT_EQ(FrameBytes(two.substr(0, size)).value(), std::nullopt) << size;
  }
  for (size_t i = 0; i < kErrorFrame.size(); ++i) {
    std::string broken = two;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(FrameBytes(broken)) << i;
  }
}

TEST(FrameDecoder, ReadsEveryHeaderType) {
  FrameDecoder decoder;
  decoder.Push(kEveryType);
  Frame frame;
  ASSERT_TRUE(decoder.Next(frame).value());
  const std::vector<HeaderView> expected = {
      {"0", true},           {"1", false},
      {"2", int8_t{2}},      {"3", int16_t{3}},
      {"4", int32_t{4}},     {"5", int64_t{5}},
      {"6", Bytes{"bytes"}}, {"7", std::string_view("utf8")},
      {"8", TimestampMs{8}}, {"9", UuidOf("0123456789abcdef")}};
  EXPECT_EQ(frame.headers, expected);
  EXPECT_EQ(frame.payload, "");
  EXPECT_FALSE(decoder.Next(frame).value());
  EXPECT_EQ(decoder.pending_bytes(), 0u);
}

TEST(FrameDecoder, ReadsNegativeIntegers) {
  FrameDecoder decoder;
  decoder.Push(kMinusOneShort);
  Frame frame;
  ASSERT_TRUE(decoder.Next(frame).value());
  EXPECT_EQ(*frame.Find("short"), HeaderValue(int16_t{-1}));
  EXPECT_EQ(frame.Find("long"), nullptr);
  EXPECT_EQ(frame.Text("short"), "");
}

TEST(FrameDecoder, ReadsFramesThatArriveByteByByte) {
  std::string stream;
  ASSERT_TRUE(AppendEvent(stream, "chunk", "application/json", R"({"bytes":"aGk="})"));
  ASSERT_TRUE(AppendException(stream, "throttlingException", "application/json", "{}"));
  ASSERT_TRUE(AppendEvent(stream, "messageStop", "", ""));
  FrameDecoder decoder;
  Frame frame;
  std::vector<std::string> seen;
  for (const char byte : stream) {
    decoder.Push({&byte, 1});
    while (decoder.Next(frame).value()) {
      seen.push_back(std::string(frame.Text(":message-type")) + "/" +
                     std::string(frame.Text(":event-type")) +
                     std::string(frame.Text(":exception-type")) + "/" +
                     std::string(frame.Text(":content-type")) + "/" + std::string(frame.payload));
    }
  }
  EXPECT_THAT(seen, testing::ElementsAre(R"(event/chunk/application/json/{"bytes":"aGk="})",
                                         "exception/throttlingException/application/json/{}",
                                         "event/messageStop//"));
  EXPECT_EQ(decoder.pending_bytes(), 0u);
}

TEST(FrameDecoder, HandsOutAllFramesOfOnePush) {
  FrameDecoder decoder;
  decoder.Push(kEmptyFrame + kErrorFrame + kEmptyFrame.substr(0, 5));
  Frame frame;
  EXPECT_TRUE(decoder.Next(frame).value());
  EXPECT_TRUE(decoder.Next(frame).value());
  EXPECT_EQ(frame.Text(":error-code"), "code");
  EXPECT_FALSE(decoder.Next(frame).value());
  EXPECT_EQ(decoder.pending_bytes(), 5u);
}

TEST(FrameDecoder, RefusesEveryFlippedBit) {
  for (size_t bit = 0; bit < kEveryType.size() * 8; ++bit) {
    std::string broken = kEveryType;
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THAT(WhyRefused(broken), testing::HasSubstr("checksum")) << "bit " << bit;
  }
}

TEST(FrameDecoder, RefusesLengthsBeforeKeepingAnything) {
  // Preludes alone: nothing more need arrive to be refused.
  const auto prelude = [](uint32_t total, uint32_t headers) {
    std::string out;
    AppendBigEndian(out, total);
    AppendBigEndian(out, headers);
    AppendBigEndian(out,
                    static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(out.data()), 8)));
    return out;
  };
  EXPECT_THAT(WhyRefused(prelude(15, 0)), testing::HasSubstr("length of 15"));
  EXPECT_THAT(WhyRefused(prelude(20, 5)), testing::HasSubstr("headers of 5"));
  EXPECT_THAT(WhyRefused(prelude(0xffffffff, 131073)), testing::HasSubstr("131073"));
  EXPECT_THAT(WhyRefused(prelude(0xffffffff, 0)), testing::HasSubstr("4294967279"));
  EXPECT_THAT(WhyRefused(prelude(16 + 25165825, 0)), testing::HasSubstr("25165825"));
  EXPECT_EQ(WhyRefused(prelude(16 + 25165824, 0)), "taken");  // waits for the rest
}

TEST(FrameDecoder, RefusesBrokenHeaders) {
  EXPECT_THAT(WhyRefused(FrameOf("\x00\x00"s, "")), testing::HasSubstr("name is cut or empty"));
  EXPECT_THAT(WhyRefused(FrameOf("\x05"
                                 "abc"s,
                                 "")),
              testing::HasSubstr("name is cut or empty"));
  EXPECT_THAT(WhyRefused(FrameOf("\x01"
                                 "a"s,
                                 "")),
              testing::HasSubstr("header a is cut"));
  EXPECT_THAT(WhyRefused(FrameOf("\x01"
                                 "a\x0a"s,
                                 "")),
              testing::HasSubstr("header a is cut"));
  EXPECT_THAT(WhyRefused(FrameOf("\x01"
                                 "a\x04\x00\x00"s,
                                 "")),
              testing::HasSubstr("header a is cut"));
  EXPECT_THAT(WhyRefused(FrameOf("\x01"
                                 "a\x07\x00\x09"
                                 "short"s,
                                 "payload")),
              testing::HasSubstr("header a is cut"));
  EXPECT_THAT(WhyRefused(FrameOf("\x01"
                                 "a\x09"
                                 "0123"s,
                                 "")),
              testing::HasSubstr("header a is cut"));
  EXPECT_THAT(WhyRefused(FrameOf("\x01"
                                 "a\x00\x01"
                                 "b\x00\x01"
                                 "a\x01"s,
                                 "")),
              testing::HasSubstr("header a comes twice"));
  EXPECT_EQ(WhyRefused(FrameOf("\x01"
                               "a\x00\x01"
                               "b\x00"s,
                               "")),
            "taken");
}

TEST(FrameDecoder, StaysRefusedOnceTheStreamIsBroken) {
  FrameDecoder decoder;
  decoder.Push(std::string(12, 'x'));
  Frame frame;
  ASSERT_FALSE(decoder.Next(frame));
  decoder.Push(kEmptyFrame);
  EXPECT_FALSE(decoder.Next(frame));
  EXPECT_EQ(decoder.pending_bytes(), 0u);
}

TEST(FrameDecoder, HoldsToASmallerLimit) {
  std::string stream;
  ASSERT_TRUE(AppendEvent(stream, "chunk", "", std::string(101, 'p')));
  FrameDecoder decoder(100);
  decoder.Push(stream);
  Frame frame;
  EXPECT_FALSE(decoder.Next(frame));
}

}  // namespace
}  // namespace bedplate::wire::event_stream
