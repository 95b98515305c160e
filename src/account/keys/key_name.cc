#include "account/keys/key_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "account/keys/key_error.h"
#include "base/arn.h"

namespace bedplate::account::keys {
namespace {

constexpr std::string_view kAlias = "alias/";
constexpr std::string_view kReserved = "alias/aws/";
constexpr std::string_view kKey = "key/";

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsUuid(std::string_view text) {
  constexpr std::size_t kSize = 36;
  if (text.size() != kSize) return false;
  for (std::size_t i = 0; i < kSize; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

bool IsAliasCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ':' ||
         c == '/' || c == '_' || c == '-';
}

Result<KeyName> ReadName(KeyName name, std::string_view text, Names names) {
  name.is_alias = text.starts_with(kAlias);
  name.name = text;
  const bool taken = name.is_alias ? names == Names::kKeysAndAliases : IsUuid(text);
  if (!taken) return NotFound(fmt::format("Invalid keyId '{}'", text));
  return name;
}

}  // namespace

Result<KeyName> ReadKeyName(const Scope& scope, std::string_view text, Names names) {
  if (!text.starts_with("arn:")) {
    return ReadName({.account = scope.account, .region = scope.region}, text, names);
  }
  std::string_view rest = text;
  TakePart(rest, ':');
  const std::string_view partition = TakePart(rest, ':');
  const std::string_view service = TakePart(rest, ':');
  const std::string_view region = TakePart(rest, ':');
  const std::string_view account = TakePart(rest, ':');
  const bool is_key = rest.starts_with(kKey);
  const bool is_alias = rest.starts_with(kAlias) && names == Names::kKeysAndAliases;
  if (partition != "aws" || service != "kms" || region.empty() || !IsAccountId(account) ||
      (!is_key && !is_alias)) {
    return InvalidArn(fmt::format("Invalid arn {}", text));
  }
  if (region != scope.region) return NotFound(fmt::format("Invalid arn {}", region));
  if (is_key) rest.remove_prefix(kKey.size());
  return ReadName({.account = std::string(account), .region = scope.region}, rest, names);
}

Result<void> CheckAliasName(std::string_view name) {
  const bool valid = name.starts_with(kAlias) && name.size() > kAlias.size() &&
                     std::ranges::all_of(name, IsAliasCharacter);
  if (valid) return {};
  return KeyError(Fault::kValidation, "InvalidAliasNameException",
                  fmt::format("The alias name '{}' is not valid: it begins with alias/, followed "
                              "by letters, digits, and any of / _ - alone.",
                              name));
}

bool IsReservedAlias(std::string_view name) { return name.starts_with(kReserved); }

}  // namespace bedplate::account::keys
