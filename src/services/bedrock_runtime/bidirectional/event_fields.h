// The members of an event of a session, each as what it must be. The first that is not is kept, and
// every later call gives something empty: the caller asks once, with Check.
//
// Threads: one event, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json/value.h"
#include "base/result.h"

namespace bedplate::services::bedrock_runtime::bidirectional {

class EventFields {
 public:
  // `event` is its name; `value`, what stands under it, outlives this.
  EventFields(std::string_view event, const json::Value& value);

  // kValidation with the first thing that is wrong, of this and all that Object gave.
  Result<void> Check() const;
  const std::string& path() const { return path_; }  // "contentStart"

  bool Has(std::string_view name) const;            // and is not null
  std::string Text(std::string_view name);          // required, and not empty
  std::string OptionalText(std::string_view name);  // empty when absent
  bool Flag(std::string_view name);                 // false when absent
  std::optional<double> Number(std::string_view name, double least, double most);
  std::optional<int> Count(std::string_view name);         // 1 and more
  const json::Value::Array* Array(std::string_view name);  // null when absent
  // An optional object: without members when absent.
  EventFields Object(std::string_view name);
  EventFields Element(const json::Value& value, std::string_view name, size_t index);
  // A text that may be absent, and else must be this one.
  void Expect(std::string_view name, std::string_view text);

 private:
  EventFields(std::string path, const json::Value* value, std::shared_ptr<std::string> failure);
  const json::Value* Find(std::string_view name) const;
  void Refuse(std::string_view expected, std::string_view name);

  std::string path_;
  const json::Value* value_;              // null: absent
  std::shared_ptr<std::string> failure_;  // of the whole event
};

}  // namespace bedplate::services::bedrock_runtime::bidirectional
