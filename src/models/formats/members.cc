#include "models/formats/members.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace bedplate::models {

Result<json::Value> ParseBody(std::string_view body) {
  auto root = json::Value::Parse(body);
  if (!root) return std::unexpected(MalformedInput::NotJson(root.error().message));
  return root;
}

Members::Members(const json::Value& value, std::string pointer, MalformedInput& malformed)
    : value_(value), pointer_(std::move(pointer)), malformed_(malformed) {
  if (!value_.is_object()) malformed_.WrongType(pointer_, "JSONObject", value_);
}

std::string Members::PointerOf(std::string_view key) const {
  return fmt::format("{}/{}", pointer_, key);
}

const json::Value* Members::Any(std::string_view key) {
  taken_.push_back(key);
  return value_.Find(key);
}

const json::Value* Members::Need(std::string_view key) {
  const json::Value* member = Any(key);
  if (member == nullptr && value_.is_object()) Missing(key);
  return member;
}

const std::string* Members::TextOf(const json::Value* member, std::string_view key) {
  if (member == nullptr) return nullptr;
  const std::string* text = member->AsString();
  if (text == nullptr) malformed_.WrongType(PointerOf(key), "String", *member);
  return text;
}

const json::Value::Array* Members::ArrayOf(const json::Value* member, std::string_view key) {
  if (member == nullptr) return nullptr;
  const json::Value::Array* array = member->AsArray();
  if (array == nullptr) malformed_.WrongType(PointerOf(key), "JSONArray", *member);
  return array;
}

const json::Value* Members::ObjectOf(const json::Value* member, std::string_view key) {
  if (member == nullptr || member->is_object()) return member;
  malformed_.WrongType(PointerOf(key), "JSONObject", *member);
  return nullptr;
}

const std::string* Members::NeedText(std::string_view key) { return TextOf(Need(key), key); }

const std::string* Members::NeedNonEmptyText(std::string_view key) {
  const std::string* text = NeedText(key);
  if (text == nullptr || !text->empty()) return text;
  malformed_.Add(PointerOf(key), "expected minLength: 1, actual: 0");
  return nullptr;
}

const json::Value::Array* Members::NeedArray(std::string_view key) {
  return ArrayOf(Need(key), key);
}
const json::Value* Members::NeedObject(std::string_view key) { return ObjectOf(Need(key), key); }
const std::string* Members::Text(std::string_view key) { return TextOf(Any(key), key); }
const json::Value::Array* Members::Array(std::string_view key) { return ArrayOf(Any(key), key); }
const json::Value* Members::Object(std::string_view key) { return ObjectOf(Any(key), key); }

std::optional<bool> Members::Boolean(std::string_view key) {
  const json::Value* member = Any(key);
  if (member == nullptr) return std::nullopt;
  if (const bool* value = member->AsBoolean()) return *value;
  malformed_.WrongType(PointerOf(key), "Boolean", *member);
  return std::nullopt;
}

std::optional<float> Members::Number(std::string_view key, double least, double most) {
  const json::Value* member = Any(key);
  if (member == nullptr) return std::nullopt;
  double value = 0;
  if (!member->ToDouble(value)) {
    malformed_.WrongType(PointerOf(key), "Number", *member);
  } else if (value < least) {
    malformed_.Add(PointerOf(key), fmt::format("{} is not greater or equal to {}", value, least));
  } else if (value > most) {
    malformed_.Add(PointerOf(key), fmt::format("{} is not less or equal to {}", value, most));
  } else {
    return static_cast<float>(value);
  }
  return std::nullopt;
}

std::optional<int> Members::Integer(std::string_view key, int least, int most) {
  const json::Value* member = Any(key);
  if (member == nullptr) return std::nullopt;
  int64_t value = 0;
  if (!member->ToInt64(value)) {
    malformed_.WrongType(PointerOf(key), "Integer", *member);
  } else if (value < least) {
    malformed_.Add(PointerOf(key), fmt::format("{} is not greater or equal to {}", value, least));
  } else if (value > most) {
    malformed_.Add(PointerOf(key), fmt::format("{} is not less or equal to {}", value, most));
  } else {
    return static_cast<int>(value);
  }
  return std::nullopt;
}

std::optional<int> Members::NeedInteger(std::string_view key, int least, int most) {
  if (value_.is_object() && !Has(key)) Missing(key);
  return Integer(key, least, most);
}

std::vector<std::string> Members::Texts(std::string_view key) {
  std::vector<std::string> texts;
  const json::Value::Array* array = Array(key);
  if (array == nullptr) return texts;
  for (size_t i = 0; i < array->size(); ++i) {
    const std::string* text = (*array)[i].AsString();
    if (text == nullptr) {
      malformed_.WrongType(fmt::format("{}/{}/{}", pointer_, key, i), "String", (*array)[i]);
    } else if (text->empty()) {
      malformed_.Add(fmt::format("{}/{}/{}", pointer_, key, i), "expected minLength: 1, actual: 0");
    } else {
      texts.push_back(*text);
    }
  }
  return texts;
}

void Members::NotInEnum(std::string_view key, std::string_view value) {
  malformed_.NotInEnum(PointerOf(key), value);
}

void Members::Finish() {
  const json::Value::Object* members = value_.AsObject();
  if (members == nullptr) return;
  for (const auto& [key, value] : *members) {
    if (std::ranges::find(taken_, key) == taken_.end()) malformed_.ExtraneousKey(pointer_, key);
  }
}

}  // namespace bedplate::models
