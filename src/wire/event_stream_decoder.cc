#include <algorithm>
#include <optional>

#include "wire/big_endian.h"
#include "wire/checksum.h"
#include "wire/event_stream.h"
#include "wire/event_stream_types.h"

namespace bedplate::wire::event_stream {
namespace {

// Takes values off the front of a header block; nullopt when the block ends first.
class HeaderCursor {
 public:
  explicit HeaderCursor(std::string_view block) : rest_(block) {}
  bool at_end() const { return rest_.empty(); }

  std::optional<std::string_view> Take(size_t bytes) {
    if (rest_.size() < bytes) return std::nullopt;
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  template <class T>
  std::optional<T> TakeInteger() {
    const auto bytes = Take(sizeof(T));
    if (!bytes) return std::nullopt;
    return LoadBigEndian<T>(bytes->data());
  }

  std::optional<std::string_view> TakeSized() {
    const auto size = TakeInteger<uint16_t>();
    if (!size || *size > kHeaderValueBytesMax) return std::nullopt;
    return Take(*size);
  }

 private:
  std::string_view rest_;
};

template <class T>
std::optional<HeaderValue> Wrap(std::optional<T> value) {
  if (!value) return std::nullopt;
  return HeaderValue(std::in_place_type<T>, *value);
}

std::optional<HeaderValue> TakeValue(HeaderCursor& cursor) {
  const auto type = cursor.TakeInteger<uint8_t>();
  if (!type) return std::nullopt;
  switch (static_cast<ValueType>(*type)) {
    case ValueType::kTrue:
      return HeaderValue(true);
    case ValueType::kFalse:
      return HeaderValue(false);
    case ValueType::kByte:
      return Wrap(cursor.TakeInteger<int8_t>());
    case ValueType::kShort:
      return Wrap(cursor.TakeInteger<int16_t>());
    case ValueType::kInteger:
      return Wrap(cursor.TakeInteger<int32_t>());
    case ValueType::kLong:
      return Wrap(cursor.TakeInteger<int64_t>());
    case ValueType::kString:
      return Wrap(cursor.TakeSized());
    case ValueType::kByteArray:
      if (const auto bytes = cursor.TakeSized()) return HeaderValue(Bytes{*bytes});
      return std::nullopt;
    case ValueType::kTimestamp:
      if (const auto ms = cursor.TakeInteger<int64_t>()) return HeaderValue(TimestampMs{*ms});
      return std::nullopt;
    case ValueType::kUuid:
      if (const auto bytes = cursor.Take(sizeof(Uuid))) {
        Uuid uuid;
        std::copy(bytes->begin(), bytes->end(), uuid.begin());
        return HeaderValue(uuid);
      }
      return std::nullopt;
  }
  return std::nullopt;
}

// The reason the block is refused; empty when it was read whole.
std::string ReadHeaders(std::string_view block, std::vector<HeaderView>& headers) {
  HeaderCursor cursor(block);
  headers.clear();
  while (!cursor.at_end()) {
    const auto name_bytes = cursor.TakeInteger<uint8_t>();
    const auto name = name_bytes ? cursor.Take(*name_bytes) : std::nullopt;
    if (!name || name->empty()) return "a header name is cut or empty";
    const auto value = TakeValue(cursor);
    if (!value) {
      return "the value of header " + std::string(*name) + " is cut, too long or of unknown type";
    }
    headers.push_back({*name, *value});
  }
  // Sorting names costs less than comparing every pair once an outsider sends many headers.
  std::vector<std::string_view> names;
  names.reserve(headers.size());
  for (const auto& header : headers) names.push_back(header.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) return "header " + std::string(*twice) + " comes twice";
  return {};
}

}  // namespace

const HeaderValue* Frame::Find(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &HeaderView::name);
  return found == headers.end() ? nullptr : &found->value;
}

std::string_view Frame::Text(std::string_view name) const {
  const auto* value = Find(name);
  const auto* text = value != nullptr ? std::get_if<std::string_view>(value) : nullptr;
  return text != nullptr ? *text : std::string_view();
}

Result<std::optional<size_t>> FrameBytes(std::string_view bytes) {
  if (bytes.size() < kPreludeBytes) return std::nullopt;
  const size_t total = LoadBigEndian<uint32_t>(bytes.data());
  const bool is_prelude = Crc32(bytes.substr(0, 8)) == LoadBigEndian<uint32_t>(bytes.data() + 8);
  if (!is_prelude || total < kPreludeBytes + kTrailerBytes ||
      total > kPreludeBytes + kHeadersBytesMax + kPayloadBytesMax + kTrailerBytes) {
    return Fail(Fault::kValidation, "The event stream is not valid: no frame begins here.");
  }
  if (bytes.size() < total) return std::nullopt;
  FrameDecoder decoder;
  decoder.Push(bytes.substr(0, total));
  Frame frame;
  if (auto whole = decoder.Next(frame); !whole) return std::unexpected(std::move(whole.error()));
  return total;
}

FrameDecoder::FrameDecoder(size_t payload_bytes_max) : payload_bytes_max_(payload_bytes_max) {}

void FrameDecoder::Push(std::string_view bytes) {
  if (!failure_.empty()) return;
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  buffer_.append(bytes);
}

Result<bool> FrameDecoder::Refuse(std::string message) {
  failure_ = "The event stream is not valid: " + std::move(message) + ".";
  buffer_.clear();
  consumed_ = 0;
  return Fail(Fault::kValidation, failure_);
}

Result<bool> FrameDecoder::Next(Frame& frame) {
  if (!failure_.empty()) return Fail(Fault::kValidation, failure_);
  const std::string_view rest = std::string_view(buffer_).substr(consumed_);
  if (rest.size() < kPreludeBytes) return false;

  const auto total = LoadBigEndian<uint32_t>(rest.data());
  const auto headers_bytes = LoadBigEndian<uint32_t>(rest.data() + 4);
  if (LoadBigEndian<uint32_t>(rest.data() + 8) != Crc32(rest.substr(0, 8))) {
    return Refuse("the checksum of a frame's prelude does not match");
  }
  if (headers_bytes > kHeadersBytesMax) {
    return Refuse("a frame has headers of " + std::to_string(headers_bytes) + " bytes, more than " +
                  std::to_string(kHeadersBytesMax));
  }
  if (total < kPreludeBytes + headers_bytes + kTrailerBytes) {
    return Refuse("a frame's length of " + std::to_string(total) +
                  " bytes is too short for its headers of " + std::to_string(headers_bytes));
  }
  const size_t payload_bytes = total - kPreludeBytes - headers_bytes - kTrailerBytes;
  if (payload_bytes > payload_bytes_max_) {
    return Refuse("a frame has a payload of " + std::to_string(payload_bytes) +
                  " bytes, more than " + std::to_string(payload_bytes_max_));
  }
  if (rest.size() < total) return false;

  const auto whole = rest.substr(0, total - kTrailerBytes);
  if (LoadBigEndian<uint32_t>(whole.data() + whole.size()) != Crc32(whole)) {
    return Refuse("the checksum of a frame does not match");
  }
  auto refused = ReadHeaders(whole.substr(kPreludeBytes, headers_bytes), frame.headers);
  if (!refused.empty()) return Refuse(std::move(refused));
  frame.payload = whole.substr(kPreludeBytes + headers_bytes);
  consumed_ += total;
  return true;
}

}  // namespace bedplate::wire::event_stream
