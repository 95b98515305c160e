// One log event as one line, for people or for machines. Used by log.cc alone.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace bedplate::log {

struct Event {
  WallTime time;
  Level level;
  std::string_view module;
  std::string_view message;
  std::span<const Field> fields;
};

// Appends the line, with its end, to `out`. Text from outside cannot end a line early or write
// terminal codes: control characters are escaped, bytes that are not UTF-8 replaced.
void AppendLine(const Event& event, Format format, std::string& out);

}  // namespace bedplate::log
