// How callers name keys: by id, by ARN, by an alias' name or its ARN.
//
// Errors: NotFoundException, InvalidArnException. Threads: pure functions.
// spec: KMS developer guide, "Key identifiers (KeyId)"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::account::keys {

struct Scope {
  std::string account{};  // the caller's, 12 digits
  std::string region{};
};

// Which names an operation takes.
enum class Names : uint8_t { kKeys, kKeysAndAliases };

struct KeyName {
  std::string account{};  // the key's
  std::string region{};
  std::string name{};  // a key's id, or "alias/..."
  bool is_alias = false;
};

// A key of another account is named by an ARN alone.
Result<KeyName> ReadKeyName(const Scope& scope, std::string_view text,
                            Names names = Names::kKeysAndAliases);

// "alias/..." of the characters that names of aliases have: InvalidAliasNameException.
Result<void> CheckAliasName(std::string_view name);

// "alias/aws/..." is AWS's own.
bool IsReservedAlias(std::string_view name);

}  // namespace bedplate::account::keys
