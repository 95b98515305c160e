// Calls of tools that a model writes as plain JSON, without its template's marks around them:
//
//     {"name": "get_weather", "arguments": {"town": "Bern"}}
//
// Small models do so although they were shown the marks, often in a fence of Markdown. Only an
// answer that is nothing else, and names a tool that may be called, is a call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::engine {

struct UnmarkedCalls {
  enum class Kind : uint8_t {
    kNone,       // the answer is something else, whatever follows
    kUndecided,  // so far it might become one
    kCalls,
  };
  struct Call {
    std::string_view name;
    std::string_view arguments;  // as far as they came
    bool whole = false;          // arguments and the call are closed
  };

  Kind kind = Kind::kNone;
  std::vector<Call> calls{};
  std::string_view rest{};  // what follows the last call and its fence
};

// The views are of `answer` and of `tools`, the names of those that may be called. Pure.
UnmarkedCalls ReadUnmarkedCalls(std::string_view answer, std::span<const std::string> tools,
                                size_t calls_max);

}  // namespace bedplate::engine
