#include "account/policy/principal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/arn.h"

namespace bedplate::account::policy {
namespace {

constexpr std::string_view kRoot = ":root";
// Of users, roles and groups: AIDA..., AROA...
constexpr std::array<std::string_view, 2> kUniqueIds = {"AIDA", "AROA"};

bool IsUniqueId(std::string_view text) {
  constexpr size_t kSizeMin = 16;
  return text.size() >= kSizeMin &&
         std::ranges::any_of(kUniqueIds,
                             [&](std::string_view id) { return text.starts_with(id); }) &&
         std::ranges::all_of(
             text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

bool Has(const std::vector<std::string>& list, std::string_view entry) {
  return !entry.empty() && std::ranges::find(list, entry) != list.end();
}

std::string RootOf(std::string_view account) {
  return account.empty() ? std::string() : fmt::format("arn:aws:iam::{}{}", account, kRoot);
}

bool HasAccount(const Principals& principals, const Identity& identity) {
  return Has(principals.aws, RootOf(identity.account)) ||
         Has(principals.canonical_users, identity.canonical_user);
}

Meant FindIn(const Principals& principals, const Identity& identity) {
  if (principals.everyone) return Meant::kItself;
  if (Has(principals.services, identity.service) || Has(principals.federated, identity.federated)) {
    return Meant::kItself;
  }
  if (identity.anonymous || identity.account.empty()) return Meant::kNo;
  // The root itself is meant as the account is; S3's name of the account is one for it too.
  if (Has(principals.aws, identity.arn)) {
    return identity.arn.ends_with(kRoot) ? Meant::kAccount : Meant::kItself;
  }
  if (Has(principals.aws, identity.id)) {
    return identity.role_arn.empty() ? Meant::kItself : Meant::kRole;
  }
  if (Has(principals.aws, identity.role_arn)) return Meant::kRole;
  return HasAccount(principals, identity) ? Meant::kAccount : Meant::kNo;
}

// Whether NotPrincipal leaves the caller out: it must name all that the caller is at once, its
// account, its role and itself.
bool IsLeftOut(const Principals& principals, const Identity& identity) {
  if (principals.everyone || Has(principals.services, identity.service) ||
      Has(principals.federated, identity.federated)) {
    return true;
  }
  if (identity.arn.empty() || !HasAccount(principals, identity)) return false;
  // An id is the user's itself, or that of what a session is of.
  const bool by_id = Has(principals.aws, identity.id);
  if (identity.role_arn.empty()) return by_id || Has(principals.aws, identity.arn);
  return Has(principals.aws, identity.arn) && (by_id || Has(principals.aws, identity.role_arn));
}

}  // namespace

std::optional<std::string> ReadAwsPrincipal(std::string_view text) {
  if (IsAccountId(text)) return RootOf(text);
  if (IsUniqueId(text)) return std::string(text);
  // This server is all partitions: who is named with another's ARN is meant.
  const std::string_view partition = PartitionOfPrincipal(text);
  if (partition != "aws" && !partition.starts_with("aws-")) return std::nullopt;
  return "arn:aws" + std::string(text.substr(std::string_view("arn:").size() + partition.size()));
}

Meant IsMeant(const Statement& statement, const Identity& identity) {
  if (!statement.principals) return Meant::kItself;
  const Principals& principals = *statement.principals;
  if (!statement.not_principals) return FindIn(principals, identity);
  // IAM has no Allow for NotPrincipal: it would let in whoever is not named, strangers too.
  return statement.deny && !IsLeftOut(principals, identity) ? Meant::kItself : Meant::kNo;
}

}  // namespace bedplate::account::policy
