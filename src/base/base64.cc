#include "base/base64.h"

#include <array>
#include <cstdint>

namespace bedplate {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xFF;

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}();

uint32_t Byte(char c) { return static_cast<uint8_t>(c); }

}  // namespace

void AppendBase64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  while (bytes.size() >= 3) {
    const uint32_t bits = Byte(bytes[0]) << 16 | Byte(bytes[1]) << 8 | Byte(bytes[2]);
    out += kAlphabet[bits >> 18];
    out += kAlphabet[bits >> 12 & 63];
    out += kAlphabet[bits >> 6 & 63];
    out += kAlphabet[bits & 63];
    bytes.remove_prefix(3);
  }
  if (bytes.empty()) return;
  const bool two = bytes.size() == 2;
  const uint32_t bits = Byte(bytes[0]) << 16 | (two ? Byte(bytes[1]) << 8 : 0);
  out += kAlphabet[bits >> 18];
  out += kAlphabet[bits >> 12 & 63];
  out += two ? kAlphabet[bits >> 6 & 63] : '=';
  out += '=';
}

bool AppendFromBase64(std::string& out, std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const size_t size_before = out.size();
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  out.reserve(size_before + text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;  // of characters in `bits`
  for (const char c : text) {
    const uint8_t value = kValues[static_cast<uint8_t>(c)];
    if (value == kNone) {
      out.resize(size_before);
      return false;
    }
    bits = bits << 6 | value;
    if (++count == 4) {
      out += static_cast<char>(bits >> 16);
      out += static_cast<char>(bits >> 8);
      out += static_cast<char>(bits);
      bits = 0;
      count = 0;
    }
  }
  const uint32_t left_over = padding == 1 ? bits & 0x3 : padding == 2 ? bits & 0xF : 0;
  if (left_over != 0) {
    out.resize(size_before);
    return false;
  }
  if (padding == 1) {
    out += static_cast<char>(bits >> 10);
    out += static_cast<char>(bits >> 2);
  } else if (padding == 2) {
    out += static_cast<char>(bits >> 4);
  }
  return true;
}

}  // namespace bedplate
