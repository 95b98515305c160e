// Integers in network order, as the event-stream framing writes them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bedplate::wire {

template <std::integral T>
void AppendBigEndian(std::string& out, T value) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (size_t shift = sizeof(T) * 8; shift != 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<uint8_t>(bits >> (shift - 8))));
  }
}

template <std::unsigned_integral T>
void StoreBigEndian(char* at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    at[i] = static_cast<char>(static_cast<uint8_t>(value >> (8 * (sizeof(T) - 1 - i))));
  }
}

// The caller has checked that sizeof(T) bytes stand at `at`.
template <std::integral T>
T LoadBigEndian(const char* at) {
  std::make_unsigned_t<T> bits = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    bits = static_cast<std::make_unsigned_t<T>>((static_cast<uint64_t>(bits) << 8) |
                                                static_cast<uint8_t>(at[i]));
  }
  return static_cast<T>(bits);
}

}  // namespace bedplate::wire
