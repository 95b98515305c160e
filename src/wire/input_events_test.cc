#include "wire/input_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <vector>

#include "base/testing/fake_clock.h"
#include "wire/big_endian.h"
#include "wire/sigv4/signing_key.h"

namespace bedplate::wire {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kScope = "20231114/us-east-1/bedrock/aws4_request";
constexpr int64_t kNowMs = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

class WholeBody final : public net::BodyReader {
 public:
  explicit WholeBody(std::string bytes) : bytes_(std::move(bytes)) {}
  net::Task<Result<std::string_view>> Next() override {
    handed_ = std::exchange(bytes_, {});
    co_return std::string_view(handed_);
  }

 private:
  std::string bytes_;
  std::string handed_;
};

std::string Event(std::string_view payload) {
  std::string frame;
  EXPECT_TRUE(event_stream::AppendEvent(frame, "chunk", "application/json", payload));
  return frame;
}

sigv4::Digest Key() { return sigv4::MakeSigningKey("secret", "20231114", "us-east-1", "bedrock"); }

// Signs as a client does.
class Signer {
 public:
  std::string Sign(std::string_view payload, int64_t date_ms = kNowMs) {
    std::string header("\x05:date\x08", 7);
    AppendBigEndian(header, date_ms);
    const auto time =
        std::chrono::floor<std::chrono::seconds>(std::chrono::sys_time(milliseconds(date_ms)));
    return Frame(payload, date_ms, chain_.Next(time, header, payload));
  }
  static std::string Frame(std::string_view payload, int64_t date_ms,
                           const sigv4::Digest& signature) {
    std::string bytes;
    event_stream::FrameWriter frame(bytes);
    frame.TypedHeader(":date", event_stream::TimestampMs{date_ms});
    frame.TypedHeader(":chunk-signature", event_stream::Bytes{sigv4::BytesOf(signature)});
    frame.Payload().append(payload);
    EXPECT_TRUE(frame.Finish());
    return bytes;
  }

 private:
  sigv4::EventSignatures chain_{Key(), kScope, "seed"};
};

class InputEventsTest : public testing::Test {
 protected:
  // The payloads of all events; then "end", or the message of what ended them.
  std::vector<std::string> ReadAll(const std::string& bytes, bool with_signatures = true) {
    WholeBody body(bytes);
    std::optional<SignedEvents> signing;
    if (with_signatures) {
      signing.emplace(sigv4::EventSignatures(Key(), kScope, "seed"), "20231114", clock_);
    }
    InputEvents events(body, std::move(signing));
    std::vector<std::string> all;
    for (;;) {
      boost::asio::io_context context;
      auto next = boost::asio::co_spawn(context, events.Next(), boost::asio::use_future);
      context.run();
      const auto frame = next.get();
      if (!frame) fault_ = frame.error().fault;
      if (!frame || !*frame) {
        all.push_back(frame ? "end" : frame.error().message);
        return all;
      }
      all.emplace_back((*frame)->payload);
    }
  }

  FakeClock clock_{WallTime(milliseconds(kNowMs))};
  Fault fault_ = Fault::kInternal;
};

constexpr const char* kWrong = "The event signature we calculated does not match";

TEST_F(InputEventsTest, ReadsPlainFramesToTheEndOfTheBody) {
  EXPECT_THAT(ReadAll(Event("1") + Event("2"), false), ElementsAre("1", "2", "end"));
  EXPECT_THAT(ReadAll("", false), ElementsAre("end"));
  EXPECT_THAT(ReadAll(Event("1").substr(0, 20), false),
              ElementsAre(HasSubstr("cut in the middle")));
}

TEST_F(InputEventsTest, ReadsSignedEventsToTheLast) {
  Signer signer;
  const std::string all = signer.Sign(Event("1")) + signer.Sign(Event("2"), kNowMs + 1'500) +
                          signer.Sign("", kNowMs + 1'600);
  EXPECT_THAT(ReadAll(all), ElementsAre("1", "2", "end"));
}

TEST_F(InputEventsTest, RefusesWhatWasNotSignedInItsPlace) {
  Signer signer;
  const std::string one = signer.Sign(Event("1"));
  const std::string two = signer.Sign(Event("2"));
  const std::string end = signer.Sign("");
  EXPECT_THAT(ReadAll(two + end), ElementsAre(HasSubstr(kWrong)));        // dropped
  EXPECT_THAT(ReadAll(one + end), ElementsAre("1", HasSubstr(kWrong)));   // likewise
  EXPECT_THAT(ReadAll(one + one), ElementsAre("1", HasSubstr(kWrong)));   // repeated
  EXPECT_THAT(ReadAll(two + one + end), ElementsAre(HasSubstr(kWrong)));  // moved
  EXPECT_THAT(ReadAll(end), ElementsAre(HasSubstr(kWrong)));              // nothing left
  EXPECT_EQ(fault_, Fault::kAccessDenied);
}

TEST_F(InputEventsTest, RefusesWhatWasChanged) {
  const std::string frame = Signer().Sign(Event("1"));
  event_stream::FrameDecoder decoder;
  decoder.Push(frame);
  event_stream::Frame signed_frame;
  ASSERT_TRUE(decoder.Next(signed_frame).value());
  const auto bytes = std::get<event_stream::Bytes>(*signed_frame.Find(":chunk-signature"));
  sigv4::Digest signature;
  std::ranges::copy(bytes.data, signature.begin());
  EXPECT_EQ(Signer::Frame(Event("1"), kNowMs, signature), frame);
  EXPECT_THAT(ReadAll(Signer::Frame(Event("2"), kNowMs, signature)),
              ElementsAre(HasSubstr(kWrong)));
  EXPECT_THAT(ReadAll(Signer::Frame(Event("1"), kNowMs + 1, signature)),
              ElementsAre(HasSubstr(kWrong)));
  signature[31] ^= 1;
  EXPECT_THAT(ReadAll(Signer::Frame(Event("1"), kNowMs, signature)),
              ElementsAre(HasSubstr(kWrong)));
}

TEST_F(InputEventsTest, RefusesWhatIsNotSignedAtAll) {
  EXPECT_THAT(ReadAll(Event("1")), ElementsAre(HasSubstr("An event is not signed")));
  EXPECT_EQ(fault_, Fault::kAccessDenied);
  std::string bytes;
  event_stream::FrameWriter frame(bytes);
  frame.TypedHeader(":date", event_stream::TimestampMs{kNowMs});
  frame.Header(":chunk-signature", "a text");
  ASSERT_TRUE(frame.Finish());
  EXPECT_THAT(ReadAll(bytes), ElementsAre(HasSubstr("An event is not signed")));
}

TEST_F(InputEventsTest, RefusesAHeaderThatTheSignatureDoesNotCover) {
  std::string header("\x05:date\x08", 7);
  AppendBigEndian(header, kNowMs);
  sigv4::EventSignatures chain(Key(), kScope, "seed");
  const auto signature =
      chain.Next(sigv4::Seconds(std::chrono::seconds(kNowMs / 1000)), header, Event("1"));
  std::string bytes;
  event_stream::FrameWriter frame(bytes);
  frame.TypedHeader(":date", event_stream::TimestampMs{kNowMs});
  frame.TypedHeader(":chunk-signature", event_stream::Bytes{sigv4::BytesOf(signature)});
  frame.Header("x", "y");
  frame.Payload().append(Event("1"));
  ASSERT_TRUE(frame.Finish());
  EXPECT_THAT(ReadAll(bytes), ElementsAre(HasSubstr("no headers but")));
}

TEST_F(InputEventsTest, RefusesADateFarFromTheClockOrOnAnotherDay) {
  for (const int64_t off : {-301'000L, 301'000L, kNowMs, -kNowMs * 2}) {
    EXPECT_THAT(ReadAll(Signer().Sign(Event("1"), kNowMs + off)),
                ElementsAre(HasSubstr("more than 5 minutes from the server's clock")));
  }
  EXPECT_THAT(ReadAll(Signer::Frame(Event("1"), INT64_MIN, {})),
              ElementsAre(HasSubstr("more than 5 minutes")));
  EXPECT_THAT(ReadAll(Signer::Frame(Event("1"), INT64_MAX, {})),
              ElementsAre(HasSubstr("more than 5 minutes")));
  const int64_t midnight_ms = 1'700'006'400'000;
  clock_.SetWall(WallTime(milliseconds(midnight_ms - 1'000)));
  EXPECT_THAT(ReadAll(Signer().Sign(Event("1"), midnight_ms - 1)),
              ElementsAre("1", HasSubstr("cut")));
  EXPECT_THAT(ReadAll(Signer().Sign(Event("1"), midnight_ms)),
              ElementsAre(HasSubstr("signed for 20231115T000000Z, on another day")));
}

TEST_F(InputEventsTest, TellsACutFromAnEnd) {
  Signer signer;
  const std::string one = signer.Sign(Event("1"));
  EXPECT_THAT(ReadAll(one), ElementsAre("1", HasSubstr("its last event")));
  EXPECT_THAT(ReadAll(one + signer.Sign("").substr(0, 30)),
              ElementsAre("1", HasSubstr("cut in the middle")));
  EXPECT_EQ(fault_, Fault::kValidation);
}

TEST_F(InputEventsTest, ASignedFrameHoldsOneEvent) {
  constexpr const char* kOneWhole = "must hold one whole frame";
  EXPECT_THAT(ReadAll(Signer().Sign(Event("1") + Event("2"))), ElementsAre(HasSubstr(kOneWhole)));
  EXPECT_THAT(ReadAll(Signer().Sign(Event("1").substr(0, 15))), ElementsAre(HasSubstr(kOneWhole)));
  EXPECT_THAT(ReadAll(Signer().Sign(std::string(40, 'x'))), ElementsAre(HasSubstr("not valid")));
}

TEST_F(InputEventsTest, BoundsAnEvent) {
  const std::string large(InputEvents::kEventBytesMax + 1, 'x');
  EXPECT_THAT(ReadAll(Event(large).substr(0, 100), false), ElementsAre(HasSubstr("more than")));
}

}  // namespace
}  // namespace bedplate::wire
