#include "net/http2/upgrade_settings.h"

#include <cstdint>

namespace bedplate::net::http2 {

namespace {

constexpr size_t kSettingBytes = 6;
constexpr size_t kPayloadBytesMax = 32 * kSettingBytes;  // there are not that many settings

int Base64UrlValue(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

}  // namespace

std::optional<std::string> DecodeUpgradeSettings(std::string_view field) {
  while (field.ends_with('=')) field.remove_suffix(1);  // some clients pad
  std::string payload;
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : field) {
    const int value = Base64UrlValue(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    payload.push_back(static_cast<char>(bits >> bit_count & 0xff));
    if (payload.size() > kPayloadBytesMax) return std::nullopt;
  }
  if (payload.size() % kSettingBytes != 0) return std::nullopt;
  return payload;
}

}  // namespace bedplate::net::http2
