#include "base/base64.h"

#include <array>
#include <cstdint>

namespace bedplate {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNone = 0xFF;
constexpr uint8_t kNotInAlphabet = 0xC0;  // of kNone, and of no value

constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}();

uint32_t Byte(char c) { return static_cast<uint8_t>(c); }

// The four characters of three bytes.
char* PutThree(char* at, uint32_t bits) {
  at[0] = kAlphabet[bits >> 18];
  at[1] = kAlphabet[bits >> 12 & 63];
  at[2] = kAlphabet[bits >> 6 & 63];
  at[3] = kAlphabet[bits & 63];
  return at + 4;
}

// The bytes of four characters; whether they are of the alphabet.
bool TakeFour(const char* from, char* to) {
  const uint8_t a = kValues[static_cast<uint8_t>(from[0])];
  const uint8_t b = kValues[static_cast<uint8_t>(from[1])];
  const uint8_t c = kValues[static_cast<uint8_t>(from[2])];
  const uint8_t d = kValues[static_cast<uint8_t>(from[3])];
  to[0] = static_cast<char>(a << 2 | b >> 4);
  to[1] = static_cast<char>(b << 4 | c >> 2);
  to[2] = static_cast<char>(c << 6 | d);
  return ((a | b | c | d) & kNotInAlphabet) == 0;
}

// Those of the end, which has one or two `=`: the characters before them, and no bits left over.
bool TakeEnd(const char* from, size_t padding, char* to) {
  const uint8_t a = kValues[static_cast<uint8_t>(from[0])];
  const uint8_t b = kValues[static_cast<uint8_t>(from[1])];
  to[0] = static_cast<char>(a << 2 | b >> 4);
  if (padding == 2) return ((a | b) & kNotInAlphabet) == 0 && (b & 0xF) == 0;
  const uint8_t c = kValues[static_cast<uint8_t>(from[2])];
  to[1] = static_cast<char>(b << 4 | c >> 2);
  return ((a | b | c) & kNotInAlphabet) == 0 && (c & 0x3) == 0;
}

}  // namespace

void AppendBase64(std::string& out, std::string_view bytes) {
  const size_t size_before = out.size();
  const size_t size = size_before + (bytes.size() + 2) / 3 * 4;
  out.resize_and_overwrite(size, [&](char* buffer, size_t) {
    char* at = buffer + size_before;
    for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
      at = PutThree(at, Byte(bytes[0]) << 16 | Byte(bytes[1]) << 8 | Byte(bytes[2]));
    }
    if (!bytes.empty()) {
      const bool two = bytes.size() == 2;
      at = PutThree(at, Byte(bytes[0]) << 16 | (two ? Byte(bytes[1]) << 8 : 0));
      at[-1] = '=';
      if (!two) at[-2] = '=';
    }
    return size;
  });
}

bool AppendFromBase64(std::string& out, std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const size_t size_before = out.size();
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const size_t size = size_before + text.size() / 4 * 3 - padding;
  bool valid = true;
  out.resize_and_overwrite(size, [&](char* buffer, size_t) {
    char* to = buffer + size_before;
    const char* from = text.data();
    const char* const end = from + (padding == 0 ? text.size() : text.size() - 4);
    for (; from != end; from += 4, to += 3) valid &= TakeFour(from, to);
    if (padding != 0) valid &= TakeEnd(from, padding, to);
    return valid ? size : size_before;
  });
  return valid;
}

}  // namespace bedplate
