// Reading members of a request body with messages that name the member and its value.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "base/result.h"

namespace bedplate::engine {

// The members of one object of a request. The first thing found wrong stays in error(); every
// later call returns nothing. A member that is null counts as absent, as OpenAI's API has it.
class Fields {
 public:
  // `object` outlives it; `path` ("messages[2]") comes before member names in messages.
  explicit Fields(const json::Value& object, std::string path = {});

  const json::Value* Find(std::string_view name) const;
  std::optional<double> Number(std::string_view name, double least, double most);
  std::optional<int64_t> Integer(std::string_view name, int64_t least, int64_t most);
  std::optional<bool> Boolean(std::string_view name);
  std::optional<std::string> Text(std::string_view name);
  // A string, or a list of them; each at least one byte long.
  std::vector<std::string> TextOrTexts(std::string_view name, size_t count_max);
  // Fails when the member is there: the engine does not do what it asks for.
  void Refuse(std::string_view name, std::string_view why);
  // Fails when there is a member of another name than these (null or not): whoever sent it would
  // wait in vain for what it should do.
  void RefuseOthersThan(std::span<const std::string_view> known);

  // The request is wrong: "<path>.<name>: <what>, got <value>".
  void Wrong(std::string_view name, std::string_view what, const json::Value& value);
  void Missing(std::string_view name);

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  std::string PathOf(std::string_view name) const;

 private:
  const json::Value& object_;
  std::string path_;
  std::string error_;
};

// A value as a message shows it: cut short when long.
std::string Shown(const json::Value& value);

}  // namespace bedplate::engine
