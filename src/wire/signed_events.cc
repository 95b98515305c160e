#include "wire/signed_events.h"

#include <fmt/format.h>

#include <chrono>
#include <variant>

#include "wire/big_endian.h"
#include "wire/event_stream_types.h"
#include "wire/sigv4/verify.h"

namespace bedplate::wire {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_time;

constexpr std::string_view kDateName = ":date";
constexpr std::string_view kSignatureName = ":chunk-signature";

template <class T>
const T* FindHeader(const event_stream::Frame& frame, std::string_view name) {
  const auto* value = frame.Find(name);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

// The header :date as it travels: the one that a signature covers.
std::string EncodeDate(int64_t since_epoch_ms) {
  std::string header(1, static_cast<char>(kDateName.size()));
  header.append(kDateName);
  header.push_back(static_cast<char>(event_stream::ValueType::kTimestamp));
  AppendBigEndian(header, since_epoch_ms);
  return header;
}

}  // namespace

Result<std::string_view> SignedEvents::Open(const event_stream::Frame& frame) {
  const auto* date = FindHeader<event_stream::TimestampMs>(frame, kDateName);
  const auto* signature = FindHeader<event_stream::Bytes>(frame, kSignatureName);
  if (date == nullptr || signature == nullptr) {
    return Fail(Fault::kAccessDenied,
                "An event is not signed: its frame must have the headers :date, a timestamp, and "
                ":chunk-signature, bytes.");
  }
  // A header beside them would be one that the signature does not cover.
  if (frame.headers.size() != 2) {
    return Fail(Fault::kAccessDenied,
                "The frame of a signed event must have no headers but :date and :chunk-signature.");
  }
  if (auto ok = CheckDate(date->since_epoch_ms); !ok) return std::unexpected(std::move(ok.error()));
  const auto time = floor<seconds>(sys_time<milliseconds>(milliseconds(date->since_epoch_ms)));
  const auto expected = chain_.Next(time, EncodeDate(date->since_epoch_ms), frame.payload);
  if (!sigv4::EqualInConstantTime(sigv4::BytesOf(expected), signature->data)) {
    return Fail(Fault::kAccessDenied,
                "The event signature we calculated does not match the signature you provided. Each "
                "event must be sent once, unchanged and in the order it was signed.");
  }
  return frame.payload;
}

Result<void> SignedEvents::CheckDate(int64_t since_epoch_ms) const {
  const sys_time<milliseconds> date{milliseconds(since_epoch_ms)};
  const auto now = floor<milliseconds>(clock_.Now());
  if (date < now - sigv4::kClockSkewMax || date > now + sigv4::kClockSkewMax) {
    return Fail(Fault::kAccessDenied,
                fmt::format("An event is signed for {} ms since 1970-01-01T00:00:00Z, more than {} "
                            "minutes from the server's clock: {}",
                            since_epoch_ms, sigv4::kClockSkewMax.count(),
                            sigv4::BasicTime(floor<seconds>(now))));
  }
  const std::string time = sigv4::BasicTime(floor<seconds>(date));
  if (!time.starts_with(day_)) {
    return Fail(Fault::kAccessDenied,
                fmt::format("An event is signed for {}, on another day than the request: {}. Open "
                            "a new stream.",
                            time, day_));
  }
  return {};
}

}  // namespace bedplate::wire
