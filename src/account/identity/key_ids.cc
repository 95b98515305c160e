#include "account/identity/key_ids.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "base/ids.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr size_t kPrefixSize = 4;
constexpr size_t kIdSize = 20;
constexpr int kBitsEach = 5;
// Of the first nine characters' 45 bits: one that is clear, 40 of the account, 4 at random.
constexpr size_t kAccountSize = 9;
constexpr int kRandomBits = 4;
constexpr uint64_t kAccountMask = (uint64_t{1} << 40) - 1;

}  // namespace

std::string NewKeyId(std::string_view prefix, std::string_view account) {
  uint64_t number = 0;
  for (const char digit : account) number = number * 10 + static_cast<uint64_t>(digit - '0');
  std::array<uint8_t, 1> random{};
  FillRandom(random);
  uint64_t bits = (number & kAccountMask) << kRandomBits | (random[0] & 0xF);
  std::string head(kAccountSize, 'A');
  for (size_t i = kAccountSize; i > 0; --i) {
    head[i - 1] = kBase32[bits & 31];
    bits >>= kBitsEach;
  }
  return std::string(prefix) + head + NewRandomText(kIdSize - kPrefixSize - kAccountSize, kBase32);
}

std::string AccountInKeyId(std::string_view id) {
  if (id.size() != kIdSize) return {};
  uint64_t bits = 0;
  for (const char c : id.substr(kPrefixSize, kAccountSize)) {
    const size_t value = kBase32.find(c);
    if (value == std::string_view::npos) return {};
    bits = bits << kBitsEach | value;
  }
  return fmt::format("{:012}", bits >> kRandomBits & kAccountMask);
}

}  // namespace bedplate::account
