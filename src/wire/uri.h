// The parts of a request target: path, query parameters, percent-encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bedplate::wire {

struct Target {
  std::string_view path;   // raw, with its leading slash
  std::string_view query;  // raw, without the question mark
};
Target SplitTarget(std::string_view target);

// Appends the decoded text. False when a percent sign is not followed by two hexadecimal digits.
// With `plus_is_space`, as in a query.
bool AppendPercentDecoded(std::string& out, std::string_view text, bool plus_is_space);

// Walks the parameters of a raw query: QueryParameters walk(query); while (walk.Next()) ...
class QueryParameters {
 public:
  explicit QueryParameters(std::string_view query) : rest_(query) {}
  bool Next();  // false at the end; empty parts ("a&&b") are passed over
  std::string_view raw_name() const { return name_; }
  std::string_view raw_value() const { return value_; }  // empty where there is no '='
  bool has_value() const { return has_value_; }

 private:
  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
  bool has_value_ = false;
};

// The raw value of the first parameter with this name, which must be written without escapes as
// AWS's clients do.
std::optional<std::string_view> FindParameter(std::string_view query, std::string_view name);

}  // namespace bedplate::wire
