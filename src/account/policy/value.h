// The values of conditions as what their operators take them for.
//
// Threads: pure functions.
// spec: IAM user guide, "IAM JSON policy elements: Condition operators"
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bedplate::account::policy {

// "-1.5"; nothing for what is no decimal number.
std::optional<double> ReadNumber(std::string_view text);

// "2026-11-26", "2026-11-26T10:00:00Z", also with a fraction or an offset (ISO 8601 as the W3C
// profiles it), or seconds since 1970.
std::optional<std::chrono::sys_time<std::chrono::milliseconds>> ReadDate(std::string_view text);

// "true" or "false" in any case.
std::optional<bool> ReadBoolean(std::string_view text);

// An address, or a network in CIDR form. Of an IPv4 address that is written as an IPv6 one
// ("::ffff:192.0.2.1") it is IPv4's.
struct Network {
  std::array<uint8_t, 16> bytes{};
  uint8_t size = 0;  // of the address: 4 or 16
  uint8_t bits = 0;  // that count

  bool Contains(const Network& address) const;
};
std::optional<Network> ReadNetwork(std::string_view text);

}  // namespace bedplate::account::policy
