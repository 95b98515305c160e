// Regular expressions of JSON schemas in the form that the grammar converter takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::engine {

inline constexpr size_t kPatternBytesMax = 256;
// Of one "{m,n}", and of minLength, maxItems and their like.
inline constexpr int64_t kRepeatMax = 1'000;

// A pattern that matches no more than `pattern` does, only whole strings, and none with a
// character that JSON would have to escape. Adds what it repeats to `repeats`. kValidation with
// the reason when that cannot be said: no anchors, look-around, back references, \b and \s, ...
// spec: ECMA-262 regular expressions, as JSON Schema has them
Result<std::string> GrammarPattern(std::string_view pattern, int64_t& repeats);

}  // namespace bedplate::engine
