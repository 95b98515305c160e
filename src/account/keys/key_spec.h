// The kinds of keys there are, and what each can do.
//
// Threads: constant data.
// spec: KMS developer guide, "Key spec reference"
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bedplate::account::keys {

enum class Family : uint8_t { kSymmetric, kRsa, kEcc, kHmac };

enum class Usage : uint8_t { kEncryptDecrypt, kSignVerify, kMac, kKeyAgreement };

struct KeySpec {
  std::string_view name{};  // "RSA_2048"
  Family family = Family::kSymmetric;
  int size = 0;              // RSA: bits; symmetric and HMAC: bytes of the key
  std::string_view curve{};  // ECC: OpenSSL's name
  std::span<const std::string_view> encryption{};
  std::span<const std::string_view> signing{};
  std::span<const std::string_view> mac{};
  std::span<const std::string_view> agreement{};
};

// Nullptr for a name that is none, or of a kind that is not there (SM2, ML_DSA_44, ...).
const KeySpec* FindSpec(std::string_view name);

std::string_view UsageName(Usage usage);  // "ENCRYPT_DECRYPT"
bool FindUsage(std::string_view name, Usage& usage);

// The algorithms of a key; none where it cannot be used so.
std::span<const std::string_view> AlgorithmsFor(const KeySpec& spec, Usage usage);

}  // namespace bedplate::account::keys
