#include "account/identity/managed_policies.h"

#include <algorithm>

#include "account/identity/names.h"

namespace bedplate::account {
namespace {

constexpr size_t kPoliciesMax = 1'500;
constexpr size_t kVersionsMax = 5;
constexpr size_t kDocumentSizeMax = 6'144;

Result<PolicyText> ReadManaged(std::string document) {
  return ReadPolicyText(std::move(document), policy::Kind::kIdentity, kDocumentSizeMax,
                        "PolicySize");
}

}  // namespace

std::string VersionId(const PolicyVersion& version) { return fmt::format("v{}", version.number); }

Result<const PolicyVersion*> FindVersion(const ManagedPolicy& policy, std::string_view arn,
                                         std::string_view version) {
  for (const PolicyVersion& candidate : policy.versions) {
    if (VersionId(candidate) == version) return &candidate;
  }
  return NoSuchEntity(
      fmt::format("Policy {} version {} does not exist or is not attachable.", arn, version));
}

PolicyUses FindUses(const AccountState& state, std::string_view arn) {
  PolicyUses uses;
  const auto has = [&](const Holder& holder) {
    return std::ranges::find(holder.attached, arn) != holder.attached.end();
  };
  for (const auto& [key, user] : state.users) {
    if (has(*user)) uses.users.push_back(user.get());
    if (user->boundary == arn) uses.bounded_users.push_back(user.get());
  }
  for (const auto& [key, group] : state.groups) {
    if (has(*group)) uses.groups.push_back(group.get());
  }
  for (const auto& [key, role] : state.roles) {
    if (has(*role)) uses.roles.push_back(role.get());
    if (role->boundary == arn) uses.bounded_roles.push_back(role.get());
  }
  return uses;
}

Result<ManagedPolicy> CreatePolicy(Draft& draft, const NewPolicy& made) {
  const AccountState& state = draft.state();
  if (FindIn(state.policies, NameKey(made.name)) != nullptr) {
    return EntityAlreadyExists(fmt::format(
        "A policy called {} already exists. Duplicate names are not allowed.", made.name));
  }
  if (auto room = CheckQuota(state.policies.size(), kPoliciesMax, "PoliciesPerAccount"); !room) {
    return std::unexpected(room.error());
  }
  auto text = ReadManaged(made.document);
  if (!text) return std::unexpected(std::move(text.error()));
  ManagedPolicy policy{.name = made.name,
                       .path = made.path,
                       .id = NewUniqueId("ANPA"),
                       .description = made.description,
                       .created_at_ms = draft.now_ms(),
                       .updated_at_ms = draft.now_ms()};
  policy.versions.push_back({.created_at_ms = draft.now_ms(), .text = std::move(*text)});
  if (auto tagged = AddTags(policy.tags, made.tags); !tagged) {
    return std::unexpected(tagged.error());
  }
  return draft.Put(std::move(policy));
}

Result<void> DeletePolicy(Draft& draft, const std::string& arn) {
  auto policy = EditManaged(draft, arn);
  if (!policy) return std::unexpected(std::move(policy.error()));
  const PolicyUses uses = FindUses(draft.state(), arn);
  if (uses.attached() + uses.bounding() > 0) {
    return DeleteConflict("Cannot delete a policy attached to entities.");
  }
  if ((*policy)->versions.size() > 1) {
    return DeleteConflict(
        "This policy has more than one version. Before you delete a policy, you must delete the "
        "policy's versions. The default version is deleted with the policy.");
  }
  draft.Erase<ManagedPolicy>(KeyOf(**policy));
  return {};
}

Result<PolicyVersion> CreatePolicyVersion(Draft& draft, const std::string& arn,
                                          std::string document, bool as_default) {
  auto policy = EditManaged(draft, arn);
  if (!policy) return std::unexpected(std::move(policy.error()));
  ManagedPolicy& edited = **policy;
  if (edited.versions.size() >= kVersionsMax) {
    return LimitExceeded(fmt::format(
        "A managed policy can have up to {} versions. Before you create a new version, you must "
        "delete an existing version.",
        kVersionsMax));
  }
  auto text = ReadManaged(std::move(document));
  if (!text) return std::unexpected(std::move(text.error()));
  const PolicyVersion version{
      .number = edited.next_version++, .created_at_ms = draft.now_ms(), .text = std::move(*text)};
  edited.versions.push_back(version);
  edited.updated_at_ms = draft.now_ms();
  if (as_default) edited.default_version = version.number;
  return version;
}

Result<void> DeletePolicyVersion(Draft& draft, const std::string& arn, std::string_view version) {
  auto policy = EditManaged(draft, arn);
  if (!policy) return std::unexpected(std::move(policy.error()));
  const auto found = FindVersion(**policy, arn, version);
  if (!found) return std::unexpected(found.error());
  if ((*found)->number == (*policy)->default_version) {
    return DeleteConflict("Cannot delete the default version of a policy.");
  }
  const int32_t number = (*found)->number;
  std::erase_if((*policy)->versions,
                [&](const PolicyVersion& candidate) { return candidate.number == number; });
  return {};
}

Result<void> SetDefaultPolicyVersion(Draft& draft, const std::string& arn,
                                     std::string_view version) {
  auto policy = EditManaged(draft, arn);
  if (!policy) return std::unexpected(std::move(policy.error()));
  const auto found = FindVersion(**policy, arn, version);
  if (!found) return std::unexpected(found.error());
  (*policy)->default_version = (*found)->number;
  (*policy)->updated_at_ms = draft.now_ms();
  return {};
}

}  // namespace bedplate::account
