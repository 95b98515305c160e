// What only this server can read or make, under the key of its data folder: secrets at rest,
// sessions' tokens.
//
// Threads: const after construction; any.
// spec: AES-256-GCM (NIST SP 800-38D) with random nonces; keys for each purpose by HKDF (RFC 5869)
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::account {

inline constexpr std::string_view kIdentityKeyFile = "identity.key";

class Sealer {
 public:
  // With a key that nobody knows and that ends with this. For tests.
  Sealer();
  // The key of <data_folder>/identity.key, made (0600) when it is missing; kInternal with a message
  // for the operator. Blocks on the disk.
  static Result<Sealer> Load(const std::filesystem::path& data_folder);

  // Bytes that Open gives back `plain` for, with the same `purpose` alone. A purpose is a name in
  // the code, so that what was sealed for one use is worth nothing in another.
  std::string Seal(std::string_view purpose, std::string_view plain) const;
  // Nothing for what was not sealed here for this purpose, or was changed since.
  std::optional<std::string> Open(std::string_view purpose, std::string_view sealed) const;
  // As above, in base64.
  std::string SealText(std::string_view purpose, std::string_view plain) const;
  std::optional<std::string> OpenText(std::string_view purpose, std::string_view text) const;

  // 32 bytes that follow from `text` and the key, and from which neither can be found.
  std::string Derive(std::string_view purpose, std::string_view text) const;

 private:
  explicit Sealer(std::string key) : key_(std::move(key)) {}

  std::string key_;
};

// The SHA-256 of `text`, 32 bytes.
std::string Sha256(std::string_view text);

}  // namespace bedplate::account
