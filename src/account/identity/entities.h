// What an account's identity is made of: users, groups, roles, policies, providers.
//
// Names are compared without case and kept as they were given; tables are keyed by NameKey.
//
// Threads: plain values; those in an AccountState are shared and immutable.
// spec: IAM user guide, "IAM identifiers", "IAM and AWS STS quotas"
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "account/identity/root_credentials.h"
#include "account/policy/document.h"

namespace bedplate::account {

using Tags = std::map<std::string, std::string>;

// A policy as it was put, and as it is evaluated.
struct PolicyText {
  std::string json{};
  std::shared_ptr<const policy::Document> document{};
};

// What users, groups and roles have alike.
struct Holder {
  std::string name{};
  std::string path = "/";
  std::string id{};
  int64_t created_at_ms = 0;  // since the Unix epoch
  std::map<std::string, PolicyText> inline_policies{};
  std::vector<std::string> attached{};  // ARNs of managed policies, the oldest first
};

struct Group : Holder {};

// What users and roles have alike.
struct Identity : Holder {
  Tags tags{};
  std::string boundary{};  // the ARN of a managed policy, or empty
};

struct LongTermKey {
  std::string id{};  // "AKIA..."
  std::string secret{};
  bool active = true;
  int64_t created_at_ms = 0;
};

// A long-term API key of Amazon Bedrock.
struct ServiceCredential {
  std::string id{};     // "ACCA..."
  std::string alias{};  // "BedrockAPIKey-abcd-at-123456789012"
  std::string hash{};   // the SHA-256 of the whole key, in base64; the key itself is not kept
  bool active = true;
  int64_t created_at_ms = 0;
  int64_t expires_at_ms = 0;  // 0: never
};

struct User : Identity {
  std::set<std::string> groups{};  // NameKeys
  std::vector<LongTermKey> keys{};
  std::vector<ServiceCredential> credentials{};
};

struct Role : Identity {
  PolicyText trust{};
  std::string description{};
  int32_t max_session_s = 3600;
};

struct PolicyVersion {
  int32_t number = 1;  // "v1"
  int64_t created_at_ms = 0;
  PolicyText text{};
};

struct ManagedPolicy {
  std::string name{};
  std::string path = "/";
  std::string id{};
  std::string description{};
  int64_t created_at_ms = 0;
  int64_t updated_at_ms = 0;
  std::vector<PolicyVersion> versions{};  // the oldest first
  int32_t default_version = 1;
  int32_t next_version = 2;
  Tags tags{};
  bool of_aws = false;

  // Never null: the default version is one of them.
  const PolicyVersion& Default() const {
    for (const PolicyVersion& version : versions) {
      if (version.number == default_version) return version;
    }
    return versions.front();
  }
};

struct OidcProvider {
  std::string url{};   // without "https://"; its ARN ends with it
  bool secure = true;  // false: plain HTTP, on this machine
  int64_t created_at_ms = 0;
  std::vector<std::string> client_ids{};
  std::vector<std::string> thumbprints{};
  Tags tags{};
};

struct InstanceProfile {
  std::string name{};
  std::string path = "/";
  std::string id{};
  int64_t created_at_ms = 0;
  std::string role{};  // its NameKey, or empty
  Tags tags{};
};

template <class Entity>
using Table = std::map<std::string, std::shared_ptr<const Entity>, std::less<>>;

// Everything of one account.
struct AccountState {
  std::string account{};
  RootCredentials root{};
  std::string alias{};
  Table<User> users{};
  Table<Group> groups{};
  Table<Role> roles{};
  Table<ManagedPolicy> policies{};
  Table<OidcProvider> providers{};
  Table<InstanceProfile> profiles{};
};

template <class Entity>
Table<Entity>& TableOf(AccountState& state) {
  if constexpr (std::is_same_v<Entity, User>) return state.users;
  if constexpr (std::is_same_v<Entity, Group>) return state.groups;
  if constexpr (std::is_same_v<Entity, Role>) return state.roles;
  if constexpr (std::is_same_v<Entity, ManagedPolicy>) return state.policies;
  if constexpr (std::is_same_v<Entity, OidcProvider>) return state.providers;
  if constexpr (std::is_same_v<Entity, InstanceProfile>) return state.profiles;
}
template <class Entity>
const Table<Entity>& TableOf(const AccountState& state) {
  return TableOf<Entity>(const_cast<AccountState&>(state));
}

// Null when there is none of this name.
template <class Entity>
const Entity* FindIn(const Table<Entity>& table, std::string_view key) {
  const auto found = table.find(key);
  return found == table.end() ? nullptr : found->second.get();
}

// What names are compared by: lower-case.
std::string NameKey(std::string_view name);
inline std::string KeyOf(const OidcProvider& provider) { return provider.url; }
template <class Entity>
std::string KeyOf(const Entity& entity) {
  return NameKey(entity.name);
}

std::string ArnOf(std::string_view account, const User& user);
std::string ArnOf(std::string_view account, const Group& group);
std::string ArnOf(std::string_view account, const Role& role);
std::string ArnOf(std::string_view account, const ManagedPolicy& policy);
std::string ArnOf(std::string_view account, const OidcProvider& provider);
std::string ArnOf(std::string_view account, const InstanceProfile& profile);

// "AIDA" and 17 characters, as AWS's ids are.
std::string NewUniqueId(std::string_view prefix);

// The policy of an ARN, of the account or of AWS; null when there is none.
const ManagedPolicy* FindPolicy(const AccountState& state, std::string_view arn);

}  // namespace bedplate::account
