// The scanning that the JSON reader rests on: UTF-8, plain stretches of strings, hexadecimal.
// Internal to src/base/json.
#pragma once

#include <cstdint>
#include <string>

namespace bedplate::json {

// The first of '"', '\\' or a control character in [at, end), or end. Sixteen bytes at a step.
const char* FindStringStop(const char* at, const char* end);

// Appends one code point, which must be a Unicode scalar value.
void AppendUtf8(std::string& out, uint32_t code_point);

// 0 to 15, or -1.
inline int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

}  // namespace bedplate::json
