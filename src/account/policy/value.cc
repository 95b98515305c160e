#include "account/policy/value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string>

#include "account/policy/text.h"

namespace bedplate::account::policy {
namespace {

using std::chrono::milliseconds;

constexpr uint8_t kBitsOfByte = 8;
constexpr uint8_t kIpv4Size = 4;
constexpr uint8_t kIpv6Size = 16;

// Reads exactly `digits` digits at the front of `text`.
std::optional<int> TakeDigits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::chrono::sys_days> TakeDay(std::string_view& text) {
  const auto year = TakeDigits(text, 4);
  if (!year) return std::nullopt;
  int month = 1;
  int day = 1;
  if (Take(text, '-')) {
    const auto read = TakeDigits(text, 2);
    if (!read) return std::nullopt;
    month = *read;
    if (Take(text, '-')) {
      const auto last = TakeDigits(text, 2);
      if (!last) return std::nullopt;
      day = *last;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// The fraction of a second behind its point; digits beyond milliseconds are left out.
std::optional<milliseconds> TakeFraction(std::string_view& text) {
  int value = 0;
  int scale = 100;
  size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    value += scale * (text.front() - '0');
    scale /= 10;
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  return milliseconds(value);
}

std::optional<milliseconds> TakeTimeOfDay(std::string_view& text) {
  const auto hours = TakeDigits(text, 2);
  if (!hours || *hours > 23 || !Take(text, ':')) return std::nullopt;
  const auto minutes = TakeDigits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  milliseconds time = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (!Take(text, ':')) return time;
  const auto seconds = TakeDigits(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  time += std::chrono::seconds(*seconds);
  if (!Take(text, '.')) return time;
  const auto fraction = TakeFraction(text);
  if (!fraction) return std::nullopt;
  return time + *fraction;
}

// What is to be taken from a time to have it in UTC. Nothing when it says no zone.
std::optional<milliseconds> TakeZone(std::string_view& text) {
  if (Take(text, 'Z')) return milliseconds(0);
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!Take(text, '+') && !Take(text, '-')) return std::nullopt;
  const auto hours = TakeDigits(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  Take(text, ':');
  const auto minutes = TakeDigits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

// An IPv4 address in IPv6's clothes ("::ffff:192.0.2.1", as a socket for both tells it) as IPv4's.
Network Unmapped(const Network& network) {
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  constexpr uint8_t kMappedBits = kMapped.size() * kBitsOfByte;
  const bool mapped = network.size == kIpv6Size && network.bits >= kMappedBits &&
                      std::ranges::equal(kMapped, std::span(network.bytes).first<kMapped.size()>());
  if (!mapped) return network;
  Network result{.size = kIpv4Size, .bits = static_cast<uint8_t>(network.bits - kMappedBits)};
  std::ranges::copy(std::span(network.bytes).subspan<kMapped.size()>(), result.bytes.begin());
  return result;
}

}  // namespace

std::optional<double> ReadNumber(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::chrono::sys_time<milliseconds>> ReadDate(std::string_view text) {
  constexpr size_t kYearDigits = 4;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr int64_t kSecondsMax = 253'402'300'799;  // the end of the year 9999
  if (error == std::errc() && end == text.data() + text.size() && text.size() != kYearDigits) {
    if (seconds > kSecondsMax || seconds < -kSecondsMax) return std::nullopt;
    return std::chrono::sys_time<milliseconds>(std::chrono::seconds(seconds));
  }
  const auto day = TakeDay(text);
  if (!day) return std::nullopt;
  std::chrono::sys_time<milliseconds> time(*day);
  if (text.empty()) return time;
  if (!Take(text, 'T')) return std::nullopt;
  const auto since = TakeTimeOfDay(text);
  if (!since) return std::nullopt;
  const auto zone = TakeZone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return time + *since - *zone;
}

std::optional<bool> ReadBoolean(std::string_view text) {
  if (EqualsIgnoringCase(text, "true")) return true;
  if (EqualsIgnoringCase(text, "false")) return false;
  return std::nullopt;
}

bool Network::Contains(const Network& address) const {
  if (size != address.size || bits > address.bits) return false;
  const size_t whole = bits / kBitsOfByte;
  for (size_t i = 0; i < whole; ++i) {
    if (bytes[i] != address.bytes[i]) return false;
  }
  const unsigned rest = bits % kBitsOfByte;
  if (rest == 0) return true;
  const unsigned shift = kBitsOfByte - rest;
  return (bytes[whole] >> shift) == (address.bytes[whole] >> shift);
}

std::optional<Network> ReadNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  if (address.contains('\0')) return std::nullopt;  // where C ends a text
  Network network;
  if (inet_pton(AF_INET, address.c_str(), network.bytes.data()) == 1) {
    network.size = kIpv4Size;
  } else if (inet_pton(AF_INET6, address.c_str(), network.bytes.data()) == 1) {
    network.size = kIpv6Size;
  } else {
    return std::nullopt;
  }
  network.bits = static_cast<uint8_t>(network.size * kBitsOfByte);
  if (slash != std::string_view::npos) {
    const std::string_view bits = text.substr(slash + 1);
    unsigned read = 0;
    const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), read);
    if (error != std::errc() || end != bits.data() + bits.size() || read > network.bits) {
      return std::nullopt;
    }
    network.bits = static_cast<uint8_t>(read);
  }
  return Unmapped(network);
}

}  // namespace bedplate::account::policy
