// One run of a helper program: input in, output out, within bounds of time and size.
//
// Threads: from any; blocks until the program ended. It is killed when time or output run out or a
// stop is asked for, and holds none of this process's files but the three pipes to it.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate {

struct BoundedCommand {
  std::string program{};                   // path
  std::vector<std::string> arguments{};    // without the program itself
  std::vector<std::string> environment{};  // "NAME=value"; nothing is inherited beside these
  std::string_view input{};
  std::size_t output_bytes_max = 0;
  std::chrono::milliseconds time_max{};
  std::stop_token stop{};  // whoever waits for it has left
};

struct BoundedOutcome {
  enum class Ending : unsigned char { kExit, kSignal, kTime, kOutput, kStopped };
  Ending ending = Ending::kExit;
  int status = 0;  // exit status, or the signal
  std::string output{};
  std::string errors{};  // the beginning of what it wrote to its error output
};

// kUnavailable when the program can't be started.
Result<BoundedOutcome> RunBounded(const BoundedCommand& command);

}  // namespace bedplate
