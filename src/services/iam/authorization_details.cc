#include "account/identity/aws_policies.h"
#include "account/identity/managed_policies.h"
#include "iam/ops/GetAccountAuthorizationDetails.h"
#include "iam/shapes/EntityType.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {
namespace {

using account::AccountState;

// One of anything the answer tells; the kinds are told one after the other.
struct Entity {
  std::string key{};
  const account::User* user = nullptr;
  const account::Group* group = nullptr;
  const account::Role* role = nullptr;
  const account::ManagedPolicy* policy = nullptr;
};

std::vector<gen::PolicyDetail> InlineOf(const account::Holder& holder) {
  std::vector<gen::PolicyDetail> list;
  for (const auto& [name, text] : holder.inline_policies) {
    gen::PolicyDetail& detail = list.emplace_back();
    detail.PolicyName = name;
    detail.PolicyDocument = EncodeDocument(text.json);
  }
  return list;
}

std::vector<gen::AttachedPolicy> AttachedOf(const AccountState& state,
                                            const account::Holder& holder) {
  std::vector<gen::AttachedPolicy> list;
  for (const std::string& arn : holder.attached) {
    const account::ManagedPolicy* const policy = account::FindPolicy(state, arn);
    if (policy == nullptr) continue;
    gen::AttachedPolicy& attached = list.emplace_back();
    attached.PolicyName = policy->name;
    attached.PolicyArn = arn;
  }
  return list;
}

// What the details of users, groups and roles have alike.
template <class Detail>
void Tell(Detail& detail, const account::Holder& holder, std::string arn) {
  detail.Path = holder.path;
  detail.Arn = std::move(arn);
  detail.CreateDate = TimeOf(holder.created_at_ms);
}

gen::UserDetail DetailOf(const AccountState& state, const account::User& user) {
  gen::UserDetail detail;
  Tell(detail, user, account::ArnOf(state.account, user));
  detail.UserName = user.name;
  detail.UserId = user.id;
  detail.UserPolicyList = InlineOf(user);
  detail.AttachedManagedPolicies = AttachedOf(state, user);
  auto& groups = detail.GroupList.emplace();
  for (const std::string& key : user.groups) {
    const auto* const group = account::FindIn(state.groups, key);
    if (group != nullptr) groups.push_back(group->name);
  }
  if (!user.boundary.empty()) detail.PermissionsBoundary = BoundaryOf(user.boundary);
  detail.Tags = ToWire(user.tags);
  return detail;
}

gen::GroupDetail DetailOf(const AccountState& state, const account::Group& group) {
  gen::GroupDetail detail;
  Tell(detail, group, account::ArnOf(state.account, group));
  detail.GroupName = group.name;
  detail.GroupId = group.id;
  detail.GroupPolicyList = InlineOf(group);
  detail.AttachedManagedPolicies = AttachedOf(state, group);
  return detail;
}

gen::RoleDetail DetailOf(const account::Snapshot& world, const AccountState& state,
                         const account::Role& role, const std::optional<account::LastUse>& use) {
  gen::RoleDetail detail;
  Tell(detail, role, account::ArnOf(state.account, role));
  detail.RoleName = role.name;
  detail.RoleId = role.id;
  detail.AssumeRolePolicyDocument = EncodeTrust(world, role);
  auto& profiles = detail.InstanceProfileList.emplace();
  for (const auto& [key, profile] : state.profiles) {
    if (profile->role == account::KeyOf(role)) {
      profiles.push_back(ToWire(world, state, *profile, Detail::kListed));
    }
  }
  detail.RolePolicyList = InlineOf(role);
  detail.AttachedManagedPolicies = AttachedOf(state, role);
  if (!role.boundary.empty()) detail.PermissionsBoundary = BoundaryOf(role.boundary);
  detail.Tags = ToWire(role.tags);
  auto& last = detail.RoleLastUsed.emplace();
  if (use) {
    last.LastUsedDate = TimeOf(use->used_at_ms);
    last.Region = use->region;
  }
  return detail;
}

gen::ManagedPolicyDetail DetailOf(const AccountState& state, const account::ManagedPolicy& policy) {
  gen::ManagedPolicyDetail detail;
  const gen::Policy told = ToWire(state, policy, Detail::kWhole);
  detail.PolicyName = told.PolicyName;
  detail.PolicyId = told.PolicyId;
  detail.Arn = told.Arn;
  detail.Path = told.Path;
  detail.DefaultVersionId = told.DefaultVersionId;
  detail.AttachmentCount = told.AttachmentCount;
  detail.PermissionsBoundaryUsageCount = told.PermissionsBoundaryUsageCount;
  detail.IsAttachable = told.IsAttachable;
  detail.Description = told.Description;
  detail.CreateDate = told.CreateDate;
  detail.UpdateDate = told.UpdateDate;
  auto& versions = detail.PolicyVersionList.emplace();
  for (const auto& version : policy.versions) versions.push_back(ToWire(policy, version, true));
  return detail;
}

std::vector<Entity> Collect(const AccountState& state,
                            const gen::GetAccountAuthorizationDetailsRequest& input) {
  const auto wanted = [&](gen::EntityType kind) {
    return !input.Filter ||
           std::ranges::any_of(*input.Filter, [&](const auto& one) { return one == kind; });
  };
  std::vector<Entity> all;
  if (wanted(gen::EntityType::kUser)) {
    for (const auto& [key, user] : state.users) {
      all.push_back({.key = "1" + key, .user = user.get()});
    }
  }
  if (wanted(gen::EntityType::kGroup)) {
    for (const auto& [key, group] : state.groups) {
      all.push_back({.key = "2" + key, .group = group.get()});
    }
  }
  if (wanted(gen::EntityType::kRole)) {
    for (const auto& [key, role] : state.roles) {
      all.push_back({.key = "3" + key, .role = role.get()});
    }
  }
  if (wanted(gen::EntityType::kLocalManagedPolicy)) {
    for (const auto& [key, policy] : state.policies) {
      all.push_back({.key = "4" + key, .policy = policy.get()});
    }
  }
  if (!wanted(gen::EntityType::kAWSManagedPolicy)) return all;
  // Of AWS's those that something has.
  for (const auto& policy : account::AwsPolicies()) {
    const auto uses = account::FindUses(state, account::ArnOf(state.account, *policy));
    if (uses.attached() + uses.bounding() == 0) continue;
    all.push_back({.key = "5" + account::KeyOf(*policy), .policy = policy.get()});
  }
  return all;
}

}  // namespace

net::Task<Result<gen::GetAccountAuthorizationDetailsResponse>> Iam::GetAccountAuthorizationDetails(
    const wire::Call& call, gen::GetAccountAuthorizationDetailsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  auto page = TakePage(Collect(**state, input), input.Marker, input.MaxItems, &Entity::key);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::GetAccountAuthorizationDetailsResponse response;
  auto& users = response.UserDetailList.emplace();
  auto& groups = response.GroupDetailList.emplace();
  auto& roles = response.RoleDetailList.emplace();
  auto& policies = response.Policies.emplace();
  const auto world = store_.Current();
  for (const Entity& entity : page->items) {
    if (entity.user != nullptr) users.push_back(DetailOf(**state, *entity.user));
    if (entity.group != nullptr) groups.push_back(DetailOf(**state, *entity.group));
    if (entity.role != nullptr) {
      roles.push_back(DetailOf(*world, **state, *entity.role,
                               store_.FindLastUse(call.account, entity.role->id)));
    }
    if (entity.policy != nullptr) policies.push_back(DetailOf(**state, *entity.policy));
  }
  SetPage(response, *page);
  co_return response;
}

}  // namespace bedplate::services::iam
