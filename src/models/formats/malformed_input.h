// The words in which InvokeModel refuses a body that is not what the model takes, e.g.
// "Malformed input request: #/dimensions: 100 is not a valid enum value, please reformat your input
// and try again."
//
// Threads: plain values.
// spec: bedrock-runtime#InvokeModel (ValidationException of a body)
#pragma once

#include <string>
#include <string_view>

#include "base/json/value.h"
#include "base/result.h"

namespace bedplate::models {

// Collects what is wrong with a body; the places are JSON pointers below "#".
class MalformedInput {
 public:
  void Add(std::string_view pointer, std::string_view what);
  void MissingKey(std::string_view pointer, std::string_view key);
  void ExtraneousKey(std::string_view pointer, std::string_view key);
  // `value` is there, but of another type than `expected` ("String", "Boolean", ...).
  void WrongType(std::string_view pointer, std::string_view expected, const json::Value& value);
  void NotInEnum(std::string_view pointer, std::string_view value);

  bool any() const { return !text_.empty(); }
  Error ToError() const;
  // For a body that is no JSON at all.
  static Error NotJson(std::string_view why);

 private:
  std::string text_;
  size_t count_ = 0;
};

}  // namespace bedplate::models
