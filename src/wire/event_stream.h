// AWS event-stream frames (application/vnd.amazon.eventstream): the framing of ConverseStream,
// InvokeModelWithResponseStream, InvokeAgent and every other streaming answer.
//
// A frame is: u32 total length, u32 headers length, u32 CRC-32 of those 8 bytes, headers, payload,
// u32 CRC-32 of everything before it. All integers are big-endian. A header is: u8 name length,
// name, u8 value type, value.
//
// Views: a HeaderView owns nothing. One given to a writer must live until the call returns; one
// got from a decoder points into the decoder and lives until its next call.
// Threads: nothing here is shared; an object serves one stream.
// spec: smithy.io/2.0/aws/amazon-eventstream.html
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace bedplate::wire::event_stream {

inline constexpr std::string_view kContentType = "application/vnd.amazon.eventstream";

inline constexpr size_t kPreludeBytes = 12;
inline constexpr size_t kTrailerBytes = 4;
inline constexpr size_t kHeaderNameBytesMax = 255;
inline constexpr size_t kHeaderValueBytesMax = 32'767;
inline constexpr size_t kHeadersBytesMax = 128 * 1024;
inline constexpr size_t kPayloadBytesMax = 24 * 1024 * 1024;

struct Bytes {
  std::string_view data;
  bool operator==(const Bytes&) const = default;
};
struct TimestampMs {
  int64_t since_epoch_ms = 0;
  bool operator==(const TimestampMs&) const = default;
};
using Uuid = std::array<uint8_t, 16>;

// Every value type the framing has; std::string_view is the string type (UTF-8).
using HeaderValue = std::variant<bool, int8_t, int16_t, int32_t, int64_t, Bytes, std::string_view,
                                 TimestampMs, Uuid>;

struct HeaderView {
  std::string_view name;
  HeaderValue value;
  bool operator==(const HeaderView&) const = default;
};

// Writes one frame at the end of a buffer, payload in place:
//   FrameWriter frame(out);
//   frame.Header(":message-type", "event");
//   WriteJson(frame.Payload());          // appends to `out`
//   if (auto done = frame.Finish(); !done) ...
class FrameWriter {
 public:
  explicit FrameWriter(std::string& out);
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  // Headers come before the first Payload(). Header writes the string type.
  void Header(std::string_view name, std::string_view value);
  void TypedHeader(std::string_view name, const HeaderValue& value);
  // The buffer, to append the payload to. Nothing that stood in it before may be changed.
  std::string& Payload();
  // Fills in lengths and checksums. kValidation when a limit above is passed; the buffer is then
  // as it was before this frame.
  Result<void> Finish();

 private:
  std::string& out_;
  size_t start_;
  size_t payload_start_ = 0;
  std::string_view broken_limit_;  // set by Header, told by Finish
};

// The three frames services send. Types are the wire names of the union's members
// ("contentBlockDelta") and of exceptions ("throttlingException").
Result<void> AppendEvent(std::string& out, std::string_view event_type,
                         std::string_view content_type, std::string_view payload);
Result<void> AppendException(std::string& out, std::string_view exception_type,
                             std::string_view content_type, std::string_view payload);
// An error that the stream's model does not declare: no payload, a code and words.
Result<void> AppendError(std::string& out, std::string_view code, std::string_view message);

struct Frame {
  std::vector<HeaderView> headers;
  std::string_view payload;

  const HeaderValue* Find(std::string_view name) const;  // nullptr when absent
  // The header's text; empty when absent or of another type.
  std::string_view Text(std::string_view name) const;
};

// How long the frame is that `bytes` begin with, for whoever hands frames on as they are; nothing
// when more bytes are needed. kValidation when what they begin with is no frame.
Result<std::optional<size_t>> FrameBytes(std::string_view bytes);

// Cuts a byte stream into frames, however it arrives. Lengths are checked before anything is
// kept for them, so an outsider can make it hold one frame of the largest size and no more.
class FrameDecoder {
 public:
  explicit FrameDecoder(size_t payload_bytes_max = kPayloadBytesMax);

  // Takes bytes in. Drain with Next() before the next Push, or the buffer grows.
  void Push(std::string_view bytes);
  // The next whole frame; false when more bytes are needed. kValidation when the bytes are not a
  // frame (length, checksum, header, duplicate header name): the stream has no way back from that
  // and every later call fails alike.
  Result<bool> Next(Frame& frame);
  // Bytes taken in and not handed out; not 0 at the end of a stream means it was cut.
  size_t pending_bytes() const { return buffer_.size() - consumed_; }

 private:
  Result<bool> Refuse(std::string message);

  size_t payload_bytes_max_;
  std::string buffer_;
  size_t consumed_ = 0;
  std::string failure_;
};

}  // namespace bedplate::wire::event_stream
