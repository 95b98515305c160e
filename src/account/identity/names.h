// What the operations of IAM have in common: finding what a name means, in IAM's words when there
// is none; tags; documents as they come in.
//
// Errors: those of errors.h. Threads: pure functions.
// spec: IAM user guide, "IAM and AWS STS quotas", "Tags for IAM resources"
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "account/identity/draft.h"
#include "account/identity/errors.h"

namespace bedplate::account {

// "user", "role": what messages call an entity.
template <class Entity>
std::string_view WordFor() {
  if constexpr (std::is_same_v<Entity, User>) return "user";
  if constexpr (std::is_same_v<Entity, Group>) return "group";
  if constexpr (std::is_same_v<Entity, Role>) return "role";
  if constexpr (std::is_same_v<Entity, InstanceProfile>) return "instance profile";
  return "entity";
}

template <class Entity>
auto NoSuchName(std::string_view name) {
  if constexpr (std::is_same_v<Entity, InstanceProfile>) {
    return NoSuchEntity(fmt::format("Instance Profile {} cannot be found.", name));
  }
  return NoSuchEntity(fmt::format("The {} with name {} cannot be found.", WordFor<Entity>(), name));
}

// Never a null pointer.
template <class Entity>
Result<const Entity*> Find(const AccountState& state, std::string_view name) {
  const Entity* const found = FindIn(TableOf<Entity>(state), NameKey(name));
  if (found == nullptr) return NoSuchName<Entity>(name);
  return found;
}
template <class Entity>
Result<Entity*> Edit(Draft& draft, std::string_view name) {
  Entity* const found = draft.Edit<Entity>(NameKey(name));
  if (found == nullptr) return NoSuchName<Entity>(name);
  return found;
}

// As Edit, of a role; UnmodifiableEntity for one that belongs to a service.
Result<Role*> EditOwnRole(Draft& draft, std::string_view name);
bool IsServiceLinked(const Role& role);

// The policies that customers manage and those of AWS. Never null.
Result<const ManagedPolicy*> FindManaged(const AccountState& state, const std::string& arn);
// One of the account's own, to be changed. AccessDenied for AWS's, as AWS says.
Result<ManagedPolicy*> EditManaged(Draft& draft, const std::string& arn);

// Refuses a name that is taken by an entity of the kind, whatever its case.
template <class Entity>
Result<void> CheckFree(const AccountState& state, std::string_view name) {
  if (FindIn(TableOf<Entity>(state), NameKey(name)) == nullptr) return {};
  std::string word(WordFor<Entity>());
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return EntityAlreadyExists(fmt::format("{} with name {} already exists.", word, name));
}

// Refuses one more than `most`.
Result<void> CheckQuota(size_t count, size_t most, std::string_view quota);

// Adds tags, in place of those of the same keys.
Result<void> AddTags(Tags& tags, const Tags& more);

// A document as it is kept. MalformedPolicyDocument, LimitExceeded where its characters, white
// space not counted, are more than `size_max`.
Result<PolicyText> ReadPolicyText(std::string json, policy::Kind kind, size_t size_max,
                                  std::string_view quota);
size_t SizeWithoutBlanks(std::string_view json);

// A trust policy; users and roles that it names in accounts of this server must be there.
Result<PolicyText> ReadTrust(const Draft& draft, std::string json);

// A permissions boundary: a managed policy that is there.
Result<void> CheckBoundary(const AccountState& state, const std::string& arn);

}  // namespace bedplate::account
