// The members of one object of a caller's body. Each call takes one member off it and reports to
// MalformedInput what is wrong with it; Finish reports the members that nobody took.
//
// Threads: one body, one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "base/result.h"
#include "models/formats/malformed_input.h"

namespace bedplate::models {

// A body as a value; kValidation when it is no JSON.
Result<json::Value> ParseBody(std::string_view body);

class Members {
 public:
  // `pointer` is where the value stands ("/messages/0"). A value that is no object is reported, and
  // has no members. Value and `malformed` outlive this.
  Members(const json::Value& value, std::string pointer, MalformedInput& malformed);

  // Whatever it is; null when it is not there.
  const json::Value* Any(std::string_view key);
  // Null, or nothing, when the member is not there or wrong. Need… reports a
  // member that is missing.
  const std::string* NeedText(std::string_view key);
  const std::string* NeedNonEmptyText(std::string_view key);
  const json::Value::Array* NeedArray(std::string_view key);
  const json::Value* NeedObject(std::string_view key);
  std::optional<int> NeedInteger(std::string_view key, int least, int most);
  const std::string* Text(std::string_view key);
  const json::Value::Array* Array(std::string_view key);
  const json::Value* Object(std::string_view key);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<float> Number(std::string_view key, double least, double most);
  std::optional<int> Integer(std::string_view key, int least, int most);
  // An array of texts, none of them empty.
  std::vector<std::string> Texts(std::string_view key);

  bool Has(std::string_view key) const { return value_.Find(key) != nullptr; }
  std::string PointerOf(std::string_view key) const;
  // The value at `key` is there, but not what it can be.
  void NotInEnum(std::string_view key, std::string_view value);
  void Missing(std::string_view key) { malformed_.MissingKey(pointer_, key); }
  MalformedInput& malformed() { return malformed_; }

  void Finish();

 private:
  const std::string* TextOf(const json::Value* member, std::string_view key);
  const json::Value::Array* ArrayOf(const json::Value* member, std::string_view key);
  const json::Value* ObjectOf(const json::Value* member, std::string_view key);
  const json::Value* Need(std::string_view key);

  const json::Value& value_;
  std::string pointer_;
  MalformedInput& malformed_;
  std::vector<std::string_view> taken_;
};

}  // namespace bedplate::models
