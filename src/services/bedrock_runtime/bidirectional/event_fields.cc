#include "services/bedrock_runtime/bidirectional/event_fields.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "services/bedrock_runtime/refusal.h"

namespace bedplate::services::bedrock_runtime::bidirectional {

EventFields::EventFields(std::string_view event, const json::Value& value)
    : EventFields(std::string(event), &value, std::make_shared<std::string>()) {}

EventFields::EventFields(std::string path, const json::Value* value,
                         std::shared_ptr<std::string> failure)
    : path_(std::move(path)), value_(value), failure_(std::move(failure)) {
  if (value_ == nullptr || value_->is_object()) return;
  value_ = nullptr;
  if (failure_->empty()) *failure_ = fmt::format("Expected an object at '{}'.", path_);
}

Result<void> EventFields::Check() const {
  if (failure_->empty()) return {};
  return bedrock_runtime::Refuse(*failure_);
}

const json::Value* EventFields::Find(std::string_view name) const {
  const json::Value* found = value_ == nullptr ? nullptr : value_->Find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

void EventFields::Refuse(std::string_view expected, std::string_view name) {
  if (failure_->empty()) *failure_ = fmt::format("Expected {} at '{}.{}'.", expected, path_, name);
}

bool EventFields::Has(std::string_view name) const { return Find(name) != nullptr; }

std::string EventFields::Text(std::string_view name) {
  std::string text = OptionalText(name);
  if (text.empty()) Refuse("a text that is not empty", name);
  return text;
}

std::string EventFields::OptionalText(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return {};
  const std::string* text = value->AsString();
  if (text == nullptr) Refuse("a text", name);
  return text == nullptr ? std::string() : *text;
}

bool EventFields::Flag(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return false;
  const bool* flag = value->AsBoolean();
  if (flag == nullptr) Refuse("true or false", name);
  return flag != nullptr && *flag;
}

std::optional<double> EventFields::Number(std::string_view name, double least, double most) {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  double number = 0;
  if (value->ToDouble(number) && number >= least && number <= most) return number;
  Refuse(fmt::format("a number from {} to {}, not {},", least, most, value->ToJson().substr(0, 64)),
         name);
  return std::nullopt;
}

std::optional<int> EventFields::Count(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return std::nullopt;
  int64_t number = 0;
  if (value->ToInt64(number) && number >= 1 && number <= std::numeric_limits<int>::max()) {
    return static_cast<int>(number);
  }
  Refuse(fmt::format("a whole number of 1 or more, not {},", value->ToJson().substr(0, 64)), name);
  return std::nullopt;
}

const json::Value::Array* EventFields::Array(std::string_view name) {
  const json::Value* value = Find(name);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) Refuse("an array", name);
  return value->AsArray();
}

EventFields EventFields::Object(std::string_view name) {
  return {fmt::format("{}.{}", path_, name), Find(name), failure_};
}

EventFields EventFields::Element(const json::Value& value, std::string_view name, size_t index) {
  return {fmt::format("{}.{}.{}", path_, name, index), &value, failure_};
}

void EventFields::Expect(std::string_view name, std::string_view text) {
  const std::string found = OptionalText(name);
  if (found.empty() || found == text) return;
  Refuse(fmt::format("{}, not '{}',", text, found.substr(0, 64)), name);
}

}  // namespace bedplate::services::bedrock_runtime::bidirectional
