// Letter case and tokens of protocol text: ASCII only, never the locale's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bedplate::net {

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

// Without spaces and tabs at both ends (OWS of the HTTP grammar).
constexpr std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether `list`, a comma separated header value, has `token` in any case.
constexpr bool ListHas(std::string_view list, std::string_view token) {
  for (;;) {
    const auto comma = list.find(',');
    if (EqualsIgnoringCase(TrimBlanks(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// Digits and nothing else, without overflow.
constexpr bool ParseDecimal(std::string_view text, uint64_t& number) {
  if (text.empty()) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  number = value;
  return true;
}

}  // namespace bedplate::net
