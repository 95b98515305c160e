#include "engine/server/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bedplate::engine {

std::string Shown(const json::Value& value) {
  constexpr size_t kShownMax = 60;
  std::string text = value.ToJson();
  if (text.size() <= kShownMax) return text;
  size_t cut = kShownMax;
  while (cut > 0 && (static_cast<uint8_t>(text[cut]) & 0xC0) == 0x80) --cut;
  text.resize(cut);
  return text + "...";
}

Fields::Fields(const json::Value& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) {
    error_ = fmt::format("{}: expected an object, got {}", path_.empty() ? "body" : path_,
                         Shown(object_));
  }
}

std::string Fields::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

const json::Value* Fields::Find(std::string_view name) const {
  if (!ok()) return nullptr;
  const json::Value* value = object_.Find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void Fields::Wrong(std::string_view name, std::string_view what, const json::Value& value) {
  if (ok()) error_ = fmt::format("{}: {}, got {}", PathOf(name), what, Shown(value));
}

void Fields::Missing(std::string_view name) {
  if (ok()) error_ = fmt::format("{}: required, but not there", PathOf(name));
}

std::optional<double> Fields::Number(std::string_view name, double least, double most) {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  double number = 0;
  if (value->ToDouble(number) && number >= least && number <= most) return number;
  Wrong(name, fmt::format("expected a number from {} to {}", least, most), *value);
  return {};
}

std::optional<int64_t> Fields::Integer(std::string_view name, int64_t least, int64_t most) {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  int64_t number = 0;
  if (value->ToInt64(number) && number >= least && number <= most) return number;
  Wrong(name, fmt::format("expected an integer from {} to {}", least, most), *value);
  return {};
}

std::optional<bool> Fields::Boolean(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  if (const bool* boolean = value->AsBoolean()) return *boolean;
  Wrong(name, "expected true or false", *value);
  return {};
}

std::optional<std::string> Fields::Text(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  if (const std::string* text = value->AsString()) return *text;
  Wrong(name, "expected a string", *value);
  return {};
}

std::vector<std::string> Fields::TextOrTexts(std::string_view name, size_t count_max) {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  std::vector<std::string> texts;
  if (const std::string* text = value->AsString()) {
    texts.push_back(*text);
  } else if (const json::Value::Array* list = value->AsArray()) {
    for (const json::Value& element : *list) {
      const std::string* text = element.AsString();
      if (text == nullptr) {
        Wrong(name, "expected strings", element);
        return {};
      }
      texts.push_back(*text);
    }
  } else {
    Wrong(name, "expected a string or a list of strings", *value);
    return {};
  }
  if (texts.size() > count_max) {
    Wrong(name, fmt::format("expected at most {} strings", count_max), *value);
    return {};
  }
  for (const std::string& text : texts) {
    if (!text.empty()) continue;
    Wrong(name, "expected strings of at least one character", *value);
    return {};
  }
  return texts;
}

void Fields::Refuse(std::string_view name, std::string_view why) {
  const json::Value* value = Find(name);
  if (value != nullptr) Wrong(name, why, *value);
}

void Fields::RefuseOthersThan(std::span<const std::string_view> known) {
  if (!ok()) return;
  for (const auto& [name, value] : *object_.AsObject()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    Wrong(name, "the engine knows no such field", value);
    return;
  }
}

}  // namespace bedplate::engine
