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

}  // namespace

void MalformedInput::Add(std::string_view pointer, std::string_view what) {
  text_ += fmt::format("#{}: {}", pointer, what);
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
  return Error{
      .fault = Fault::kValidation,
      .message = fmt::format(
          "Malformed input request: {}, please reformat your input and try again.", text_)};
}

Error MalformedInput::NotJson(std::string_view why) {
  return Error{.fault = Fault::kValidation,
               .message = fmt::format(
                   "Malformed input request: {}, please reformat your input and try again.", why)};
}

}  // namespace bedplate::models
