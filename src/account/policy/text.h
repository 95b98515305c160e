// Comparing texts as policies do: without the case of ASCII letters.
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace bedplate::account::policy {

constexpr char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

// Every action of a service ("s3" of "s3:GetObject") has the service's one bit, so that a statement
// about others is passed over at a glance. Services may share a bit. A text that may mean any
// service ("*", "s*:Get") has all bits.
constexpr uint64_t ServiceBit(std::string_view action) {
  constexpr uint64_t kPrime = 0x100000001B3;  // of the hash FNV-1a
  constexpr int kTopSixBits = 58;
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : action) {
    if (c == ':') return uint64_t{1} << (hash * kPrime >> kTopSixBits);
    if (c == '*' || c == '?') break;
    hash = (hash ^ static_cast<uint8_t>(LowerCase(c))) * kPrime;
  }
  return ~uint64_t{0};
}

}  // namespace bedplate::account::policy
