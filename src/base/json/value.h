// A JSON value in memory, for code that does not know its shape beforehand: model bodies, free-form
// request fields. Objects keep the order of their keys; look-up is linear, as such objects are
// small. Parsing is json::Reader's, so as strict and as bounded.
//
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json/reader.h"
#include "base/result.h"

namespace bedplate::json {

class Writer;

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;

  Value() = default;  // null
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(static_cast<int64_t>(value)) {}
  Value(int64_t value) : data_(value) {}
  Value(uint64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(Array value) : data_(std::move(value)) {}
  Value(Object value) : data_(std::move(value)) {}

  // kValidation with the reader's message, which names the byte. Integers of up to 64 bits are
  // exact; other numbers are the nearest double, and one beyond its range is refused.
  static Result<Value> Parse(std::string_view text);
  // Takes one value from a reader in the middle of its work; null after a failure.
  static Value Read(Reader& reader);

  Kind kind() const;
  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }

  // Null when the value is of another kind.
  const std::string* AsString() const { return std::get_if<std::string>(&data_); }
  const bool* AsBoolean() const { return std::get_if<bool>(&data_); }
  const Array* AsArray() const { return std::get_if<Array>(&data_); }
  const Object* AsObject() const { return std::get_if<Object>(&data_); }
  Array* AsArray() { return std::get_if<Array>(&data_); }
  Object* AsObject() { return std::get_if<Object>(&data_); }
  // Any number; false for other kinds.
  bool ToDouble(double& value) const;
  // A number whose value is an integer in range; false otherwise.
  bool ToInt64(int64_t& value) const;

  // The member of an object; null when this is no object or has no such key.
  const Value* Find(std::string_view key) const;
  Value* Find(std::string_view key);
  // Sets a member, at the end when it is new. Null becomes an object; others must be objects.
  Value& Set(std::string_view key, Value value);
  bool Remove(std::string_view key);  // whether it was there
  // Appends to an array; null becomes one.
  Value& Append(Value value);

  void Write(Writer& writer) const;
  std::string ToJson() const;

  // Numbers compare by value (1 == 1.0), objects whatever the order of their keys.
  friend bool operator==(const Value& a, const Value& b);

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> data_;
};

}  // namespace bedplate::json
