#include "services/iam/convert.h"

#include "account/identity/errors.h"
#include "account/identity/managed_policies.h"
#include "account/identity/names.h"
#include "account/identity/principal_ids.h"
#include "iam/shapes/PermissionsBoundaryAttachmentType.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::services::iam {

wire::Timestamp TimeOf(int64_t ms) { return {.seconds = ms / 1000}; }

std::string EncodeDocument(std::string_view json) {
  std::string encoded;
  wire::sigv4::AppendEncoded(encoded, json, wire::sigv4::Slash::kEncode);
  return encoded;
}

gen::AttachedPermissionsBoundary BoundaryOf(const std::string& arn) {
  gen::AttachedPermissionsBoundary boundary;
  // What AWS answers, whatever its model lists.
  boundary.PermissionsBoundaryType =
      wire::OpenEnum<gen::PermissionsBoundaryAttachmentType>::FromText("Policy");
  boundary.PermissionsBoundaryArn = arn;
  return boundary;
}

std::vector<gen::Tag> ToWire(const account::Tags& tags) {
  std::vector<gen::Tag> list;
  for (const auto& [key, value] : tags) {
    gen::Tag& tag = list.emplace_back();
    tag.Key = key;
    tag.Value = value;
  }
  return list;
}

gen::User ToWire(const account::AccountState& state, const account::User& user, Detail detail) {
  gen::User told;
  told.Path = user.path;
  told.UserName = user.name;
  told.UserId = user.id;
  told.Arn = account::ArnOf(state.account, user);
  told.CreateDate = TimeOf(user.created_at_ms);
  if (detail == Detail::kListed) return told;
  if (!user.boundary.empty()) told.PermissionsBoundary = BoundaryOf(user.boundary);
  if (!user.tags.empty()) told.Tags = ToWire(user.tags);
  return told;
}

gen::Group ToWire(const account::AccountState& state, const account::Group& group) {
  gen::Group told;
  told.Path = group.path;
  told.GroupName = group.name;
  told.GroupId = group.id;
  told.Arn = account::ArnOf(state.account, group);
  told.CreateDate = TimeOf(group.created_at_ms);
  return told;
}

std::string EncodeTrust(const account::Snapshot& world, const account::Role& role) {
  return EncodeDocument(account::TellPrincipals(world, role.trust.json));
}

gen::Role ToWire(const account::Snapshot& world, std::string_view account,
                 const account::Role& role, Detail detail, const account::LastUse* use) {
  gen::Role told;
  told.Path = role.path;
  told.RoleName = role.name;
  told.RoleId = role.id;
  told.Arn = account::ArnOf(account, role);
  told.CreateDate = TimeOf(role.created_at_ms);
  told.AssumeRolePolicyDocument = EncodeTrust(world, role);
  if (!role.description.empty()) told.Description = role.description;
  told.MaxSessionDuration = role.max_session_s;
  if (detail == Detail::kListed) return told;
  if (!role.boundary.empty()) told.PermissionsBoundary = BoundaryOf(role.boundary);
  if (!role.tags.empty()) told.Tags = ToWire(role.tags);
  auto& last = told.RoleLastUsed.emplace();
  if (use == nullptr) return told;
  last.LastUsedDate = TimeOf(use->used_at_ms);
  last.Region = use->region;
  return told;
}

gen::Policy ToWire(const account::AccountState& state, const account::ManagedPolicy& policy,
                   Detail detail) {
  gen::Policy told;
  const std::string arn = account::ArnOf(state.account, policy);
  const account::PolicyUses uses = account::FindUses(state, arn);
  told.PolicyName = policy.name;
  told.PolicyId = policy.id;
  told.Arn = arn;
  told.Path = policy.path;
  told.DefaultVersionId = account::VersionId(policy.Default());
  told.AttachmentCount = static_cast<int32_t>(uses.attached());
  told.PermissionsBoundaryUsageCount = static_cast<int32_t>(uses.bounding());
  told.IsAttachable = true;
  told.CreateDate = TimeOf(policy.created_at_ms);
  told.UpdateDate = TimeOf(policy.updated_at_ms);
  if (detail == Detail::kListed) return told;
  if (!policy.description.empty()) told.Description = policy.description;
  if (!policy.tags.empty()) told.Tags = ToWire(policy.tags);
  return told;
}

gen::InstanceProfile ToWire(const account::Snapshot& world, const account::AccountState& state,
                            const account::InstanceProfile& profile, Detail detail) {
  gen::InstanceProfile told;
  told.Path = profile.path;
  told.InstanceProfileName = profile.name;
  told.InstanceProfileId = profile.id;
  told.Arn = account::ArnOf(state.account, profile);
  told.CreateDate = TimeOf(profile.created_at_ms);
  auto& roles = told.Roles.emplace();
  const account::Role* const role = account::FindIn(state.roles, profile.role);
  if (role != nullptr) roles.push_back(ToWire(world, state.account, *role, Detail::kListed));
  if (detail == Detail::kWhole && !profile.tags.empty()) told.Tags = ToWire(profile.tags);
  return told;
}

gen::PolicyVersion ToWire(const account::ManagedPolicy& policy,
                          const account::PolicyVersion& version, bool with_document) {
  gen::PolicyVersion told;
  if (with_document) told.Document = EncodeDocument(version.text.json);
  told.VersionId = account::VersionId(version);
  told.IsDefaultVersion = version.number == policy.default_version;
  told.CreateDate = TimeOf(version.created_at_ms);
  return told;
}

Result<account::Tags> ToTags(const wire::Opt<std::vector<gen::Tag>>& tags) {
  account::Tags read;
  if (!tags) return read;
  std::set<std::string> keys;
  for (const gen::Tag& tag : *tags) {
    if (!keys.insert(account::NameKey(*tag.Key)).second) {
      return account::InvalidInput(
          "Duplicate tag keys found. Please note that Tag keys are case "
          "insensitive. The key is '" +
          *tag.Key + "'.");
    }
    read.emplace(*tag.Key, *tag.Value);
  }
  return read;
}

Result<bool> IsActive(const wire::OpenEnum<gen::StatusType>& status) {
  if (status == gen::StatusType::kActive) return true;
  if (status == gen::StatusType::kInactive) return false;
  return account::ValidationError("The status '" + std::string(status.text()) +
                                  "' can not be set; Active and Inactive can.");
}

}  // namespace bedplate::services::iam
