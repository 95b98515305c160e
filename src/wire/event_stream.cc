#include "wire/event_stream.h"

#include <algorithm>
#include <type_traits>

#include "wire/big_endian.h"
#include "wire/checksum.h"
#include "wire/event_stream_types.h"

namespace bedplate::wire::event_stream {
namespace {

void AppendType(std::string& out, ValueType type) { out.push_back(static_cast<char>(type)); }

void AppendSized(std::string& out, ValueType type, std::string_view bytes) {
  AppendType(out, type);
  AppendBigEndian(out, static_cast<uint16_t>(bytes.size()));
  out.append(bytes);
}

struct ValueWriter {
  std::string& out;

  void operator()(bool value) const {
    AppendType(out, value ? ValueType::kTrue : ValueType::kFalse);
  }
  void operator()(int8_t value) const { Integer(ValueType::kByte, value); }
  void operator()(int16_t value) const { Integer(ValueType::kShort, value); }
  void operator()(int32_t value) const { Integer(ValueType::kInteger, value); }
  void operator()(int64_t value) const { Integer(ValueType::kLong, value); }
  void operator()(Bytes value) const { AppendSized(out, ValueType::kByteArray, value.data); }
  void operator()(std::string_view value) const { AppendSized(out, ValueType::kString, value); }
  void operator()(TimestampMs value) const { Integer(ValueType::kTimestamp, value.since_epoch_ms); }
  void operator()(const Uuid& value) const {
    AppendType(out, ValueType::kUuid);
    out.append(reinterpret_cast<const char*>(value.data()), value.size());
  }

 private:
  template <class T>
  void Integer(ValueType type, T value) const {
    AppendType(out, type);
    AppendBigEndian(out, value);
  }
};

bool ValueTooLong(const HeaderValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return text->size() > kHeaderValueBytesMax;
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    return bytes->data.size() > kHeaderValueBytesMax;
  }
  return false;
}

Result<void> AppendPayloadFrame(std::string& out, std::string_view message_type,
                                std::string_view type_header, std::string_view type,
                                std::string_view content_type, std::string_view payload) {
  FrameWriter frame(out);
  frame.Header(type_header, type);
  if (!content_type.empty()) frame.Header(":content-type", content_type);
  frame.Header(":message-type", message_type);
  frame.Payload().append(payload);
  return frame.Finish();
}

}  // namespace

FrameWriter::FrameWriter(std::string& out) : out_(out), start_(out.size()) {
  out_.append(kPreludeBytes, '\0');
}

void FrameWriter::TypedHeader(std::string_view name, const HeaderValue& value) {
  if (name.empty() || name.size() > kHeaderNameBytesMax) {
    broken_limit_ = "a header name of 1 to 255 bytes";
    return;
  }
  if (ValueTooLong(value)) {
    broken_limit_ = "a header value of at most 32767 bytes";
    return;
  }
  out_.push_back(static_cast<char>(name.size()));
  out_.append(name);
  std::visit(ValueWriter{out_}, value);
}

// The usual header, in one piece.
void FrameWriter::Header(std::string_view name, std::string_view value) {
  if (name.empty() || name.size() > kHeaderNameBytesMax || value.size() > kHeaderValueBytesMax) {
    return TypedHeader(name, HeaderValue(value));  // says what is wrong
  }
  const size_t start = out_.size();
  out_.resize(start + name.size() + value.size() + 4);
  char* at = out_.data() + start;
  *at++ = static_cast<char>(name.size());
  at = std::copy(name.begin(), name.end(), at);
  *at++ = static_cast<char>(ValueType::kString);
  StoreBigEndian(at, static_cast<uint16_t>(value.size()));
  std::copy(value.begin(), value.end(), at + 2);
}

std::string& FrameWriter::Payload() {
  if (payload_start_ == 0) payload_start_ = out_.size();
  return out_;
}

Result<void> FrameWriter::Finish() {
  Payload();
  const size_t headers_bytes = payload_start_ - start_ - kPreludeBytes;
  const size_t payload_bytes = out_.size() - payload_start_;
  if (headers_bytes > kHeadersBytesMax) broken_limit_ = "headers of at most 131072 bytes";
  if (payload_bytes > kPayloadBytesMax) broken_limit_ = "a payload of at most 25165824 bytes";
  if (!broken_limit_.empty()) {
    out_.resize(start_);
    return Fail(Fault::kValidation,
                "The event does not fit a frame, which takes " + std::string(broken_limit_) + ".");
  }
  char* frame = out_.data() + start_;
  const size_t total = kPreludeBytes + headers_bytes + payload_bytes + kTrailerBytes;
  StoreBigEndian(frame, static_cast<uint32_t>(total));
  StoreBigEndian(frame + 4, static_cast<uint32_t>(headers_bytes));
  StoreBigEndian(frame + 8, Crc32({frame, 8}));
  AppendBigEndian(out_, Crc32(std::string_view(out_).substr(start_)));
  return {};
}

Result<void> AppendEvent(std::string& out, std::string_view event_type,
                         std::string_view content_type, std::string_view payload) {
  return AppendPayloadFrame(out, "event", ":event-type", event_type, content_type, payload);
}

Result<void> AppendException(std::string& out, std::string_view exception_type,
                             std::string_view content_type, std::string_view payload) {
  return AppendPayloadFrame(out, "exception", ":exception-type", exception_type, content_type,
                            payload);
}

Result<void> AppendError(std::string& out, std::string_view code, std::string_view message) {
  FrameWriter frame(out);
  frame.Header(":message-type", "error");
  frame.Header(":error-code", code);
  frame.Header(":error-message", message.substr(0, kHeaderValueBytesMax));
  return frame.Finish();
}

}  // namespace bedplate::wire::event_stream
