// What form a request wants its answer to have: tools that may be called, a schema to keep to.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json/value.h"

namespace bedplate::engine {

struct Tool {
  std::string name;
  std::string description;
  json::Value parameters;            // their JSON schema, as the model reads it
  json::Value enforceable;           // what of it the answer is held to
  std::chrono::seconds cache_ttl{};  // of a cache point behind it; 0 for none
};

enum class ToolChoice : uint8_t {
  kAuto,      // the model decides whether it calls one
  kNone,      // it sees the tools and calls none
  kRequired,  // it calls at least one
};

struct AnswerForm {
  std::vector<Tool> tools{};
  ToolChoice choice = ToolChoice::kAuto;
  std::string tool{};  // with kRequired: only this one, if named
  bool parallel_calls = true;
  std::optional<json::Value> schema{};  // the answer's text, where it has no calls, is JSON of it
  bool think = true;                    // where the template asks
  std::string effort{};                 // "low", "medium" or "high"; empty: the template's own

  bool MayCall() const { return !tools.empty() && choice != ToolChoice::kNone; }
  bool HasGrammar() const { return schema.has_value() || MayCall(); }
};

}  // namespace bedplate::engine
