// Comparing texts as policies do: without the case of ASCII letters.
#pragma once

#include <algorithm>
#include <string_view>

namespace bedplate::account::policy {

constexpr char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

}  // namespace bedplate::account::policy
