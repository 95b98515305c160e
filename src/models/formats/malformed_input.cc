#include "models/formats/malformed_input.h"

#include <fmt/format.h>

namespace bedplate::models {
namespace {

// The names of the validator that the service uses.
std::string_view TypeName(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::kObject:
      return "JSONObject";
    case json::Kind::kArray:
      return "JSONArray";
    case json::Kind::kString:
      return "String";
    case json::Kind::kBoolean:
      return "Boolean";
    case json::Kind::kNumber: {
      int64_t integer = 0;
      return value.ToInt64(integer) ? "Integer" : "BigDecimal";
    }
    case json::Kind::kNull:
    case json::Kind::kNone:
      break;
  }
  return "Null";
}

// A body with a million faults is told of the first of them.
constexpr size_t kTextBytesMax = 4'096;
constexpr size_t kPartBytesMax = 512;

std::string_view Shortened(std::string_view text) {
  if (text.size() <= kPartBytesMax) return text;
  size_t end = kPartBytesMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;  // whole characters
  return text.substr(0, end);
}

}  // namespace

void MalformedInput::Add(std::string_view pointer, std::string_view what) {
  ++count_;
  if (text_.size() > kTextBytesMax) return;
  text_ += fmt::format("#{}: {}", Shortened(pointer), Shortened(what));
}

void MalformedInput::MissingKey(std::string_view pointer, std::string_view key) {
  Add(pointer, fmt::format("required key [{}] not found", key));
}

void MalformedInput::ExtraneousKey(std::string_view pointer, std::string_view key) {
  Add(pointer, fmt::format("extraneous key [{}] is not permitted", key));
}

void MalformedInput::WrongType(std::string_view pointer, std::string_view expected,
                               const json::Value& value) {
  Add(pointer, fmt::format("expected type: {}, found: {}", expected, TypeName(value)));
}

void MalformedInput::NotInEnum(std::string_view pointer, std::string_view value) {
  Add(pointer, fmt::format("{} is not a valid enum value", value));
}

Error MalformedInput::ToError() const {
  return Error{.fault = Fault::kValidation,
               .message = fmt::format(
                   "Malformed input request: {}{}, please reformat your input and try again.",
                   text_, text_.size() > kTextBytesMax ? fmt::format(" ({} in all)", count_) : "")};
}

Error MalformedInput::NotJson(std::string_view why) {
  return Error{.fault = Fault::kValidation,
               .message = fmt::format(
                   "Malformed input request: {}, please reformat your input and try again.", why)};
}

}  // namespace bedplate::models
