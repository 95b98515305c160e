// Entities as the JSON they are kept as. Secrets in it are sealed.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "account/identity/entities.h"
#include "account/identity/seal.h"
#include "base/json/value.h"
#include "base/result.h"

namespace bedplate::account {

// What rows say an entity is; one for each type.
template <class Entity>
struct EntityKind;
template <>
struct EntityKind<User> {
  static constexpr std::string_view kName = "user";
};
template <>
struct EntityKind<Group> {
  static constexpr std::string_view kName = "group";
};
template <>
struct EntityKind<Role> {
  static constexpr std::string_view kName = "role";
};
template <>
struct EntityKind<ManagedPolicy> {
  static constexpr std::string_view kName = "policy";
};
template <>
struct EntityKind<OidcProvider> {
  static constexpr std::string_view kName = "oidc-provider";
};
template <>
struct EntityKind<InstanceProfile> {
  static constexpr std::string_view kName = "instance-profile";
};

json::Value ToJson(const User& user, const Sealer& sealer);
json::Value ToJson(const Group& group, const Sealer& sealer);
json::Value ToJson(const Role& role, const Sealer& sealer);
json::Value ToJson(const ManagedPolicy& policy, const Sealer& sealer);
json::Value ToJson(const OidcProvider& provider, const Sealer& sealer);
json::Value ToJson(const InstanceProfile& profile, const Sealer& sealer);

// kInternal when a secret was sealed with another key. A policy that can be read no longer denies
// everything, and is told in the log.
Result<void> FromJson(const json::Value& value, const Sealer& sealer, User& user);
Result<void> FromJson(const json::Value& value, const Sealer& sealer, Group& group);
Result<void> FromJson(const json::Value& value, const Sealer& sealer, Role& role);
Result<void> FromJson(const json::Value& value, const Sealer& sealer, ManagedPolicy& policy);
Result<void> FromJson(const json::Value& value, const Sealer& sealer, OidcProvider& provider);
Result<void> FromJson(const json::Value& value, const Sealer& sealer, InstanceProfile& profile);

// The root credentials of an account that is not the first, sealed.
std::string SealRoot(const RootCredentials& root, const Sealer& sealer);
Result<RootCredentials> OpenRoot(std::string_view sealed, const Sealer& sealer);

}  // namespace bedplate::account
