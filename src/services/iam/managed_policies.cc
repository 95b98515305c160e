#include "account/identity/managed_policies.h"

#include "account/identity/aws_policies.h"
#include "account/identity/names.h"
#include "iam/ops/CreatePolicy.h"
#include "iam/ops/CreatePolicyVersion.h"
#include "iam/ops/DeletePolicy.h"
#include "iam/ops/DeletePolicyVersion.h"
#include "iam/ops/GetPolicy.h"
#include "iam/ops/GetPolicyVersion.h"
#include "iam/ops/ListEntitiesForPolicy.h"
#include "iam/ops/ListPolicies.h"
#include "iam/ops/ListPolicyVersions.h"
#include "iam/ops/SetDefaultPolicyVersion.h"
#include "iam/shapes/EntityType.h"
#include "iam/shapes/PolicyScopeType.h"
#include "iam/shapes/PolicyUsageType.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

bool IsUsedAs(const account::PolicyUses& uses, const gen::ListPoliciesRequest& input) {
  if (!input.PolicyUsageFilter) return true;
  const bool boundary = *input.PolicyUsageFilter == gen::PolicyUsageType::kPermissionsBoundary;
  return boundary ? uses.bounding() > 0 : uses.attached() > 0;
}

bool IsWanted(const account::AccountState& state, const account::ManagedPolicy& policy,
              const gen::ListPoliciesRequest& input) {
  if (!IsBelow(policy.path, input.PathPrefix)) return false;
  const bool only_attached = input.OnlyAttached && *input.OnlyAttached;
  if (!only_attached && !input.PolicyUsageFilter) return true;
  const account::PolicyUses uses = account::FindUses(state, account::ArnOf(state.account, policy));
  return (!only_attached || uses.attached() > 0) && IsUsedAs(uses, input);
}

// One of those that have a policy, with the list it goes into.
struct PolicyHolder {
  std::string key{};  // that sorts the three kinds apart
  const account::Holder* holder = nullptr;
};

template <class Entity>
void Add(std::vector<PolicyHolder>& holders, char kind, const std::vector<const Entity*>& entities,
         const wire::Opt<std::string>& prefix) {
  for (const Entity* const entity : entities) {
    if (IsBelow(entity->path, prefix)) {
      holders.push_back({.key = kind + account::KeyOf(*entity), .holder = entity});
    }
  }
}

std::vector<PolicyHolder> HoldersOf(const account::PolicyUses& uses,
                                    const gen::ListEntitiesForPolicyRequest& input) {
  const auto wanted = [&](gen::EntityType kind) {
    return !input.EntityFilter || *input.EntityFilter == kind;
  };
  const bool bounded = input.PolicyUsageFilter &&
                       *input.PolicyUsageFilter == gen::PolicyUsageType::kPermissionsBoundary;
  std::vector<PolicyHolder> holders;
  if (wanted(gen::EntityType::kGroup) && !bounded) Add(holders, 'g', uses.groups, input.PathPrefix);
  if (wanted(gen::EntityType::kRole)) {
    Add(holders, 'r', bounded ? uses.bounded_roles : uses.roles, input.PathPrefix);
  }
  if (wanted(gen::EntityType::kUser)) {
    Add(holders, 'u', bounded ? uses.bounded_users : uses.users, input.PathPrefix);
  }
  return holders;
}

}  // namespace

net::Task<Result<gen::CreatePolicyResponse>> Iam::CreatePolicy(const wire::Call& call,
                                                               gen::CreatePolicyRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  const account::NewPolicy made{.name = *input.PolicyName,
                                .path = input.Path.value_or("/"),
                                .document = *input.PolicyDocument,
                                .description = input.Description.value_or(""),
                                .tags = std::move(*tags)};
  auto policy =
      co_await Change(call, [&](Draft& draft) { return account::CreatePolicy(draft, made); });
  if (!policy) co_return std::unexpected(std::move(policy.error()));
  gen::CreatePolicyResponse response;
  response.Policy = ToWire({.account = call.account}, *policy, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::GetPolicyResponse>> Iam::GetPolicy(const wire::Call& call,
                                                         gen::GetPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto policy = account::FindManaged(**state, *input.PolicyArn);
  if (!policy) co_return std::unexpected(policy.error());
  gen::GetPolicyResponse response;
  response.Policy = ToWire(**state, **policy, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::ListPoliciesResponse>> Iam::ListPolicies(const wire::Call& call,
                                                               gen::ListPoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  std::vector<const account::ManagedPolicy*> policies;
  const auto add = [&](const account::ManagedPolicy& policy) {
    if (IsWanted(**state, policy, input)) policies.push_back(&policy);
  };
  if (!input.Scope || !(*input.Scope == gen::PolicyScopeType::kAws)) {
    for (const auto& [key, policy] : (*state)->policies) add(*policy);
  }
  if (!input.Scope || !(*input.Scope == gen::PolicyScopeType::kLocal)) {
    for (const auto& policy : account::AwsPolicies()) add(*policy);
  }
  auto page = TakePage(std::move(policies), input.Marker, input.MaxItems,
                       [&](const account::ManagedPolicy* policy) {
                         return account::ArnOf((*state)->account, *policy);
                       });
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListPoliciesResponse response;
  auto& told = response.Policies.emplace();
  for (const auto* policy : page->items) told.push_back(ToWire(**state, *policy, Detail::kListed));
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<void>> Iam::DeletePolicy(const wire::Call& call, gen::DeletePolicyRequest input) {
  co_return co_await Change(
      call, [&](Draft& draft) { return account::DeletePolicy(draft, *input.PolicyArn); });
}

net::Task<Result<gen::CreatePolicyVersionResponse>> Iam::CreatePolicyVersion(
    const wire::Call& call, gen::CreatePolicyVersionRequest input) {
  const bool as_default = input.SetAsDefault && *input.SetAsDefault;
  auto version = co_await Change(call, [&](Draft& draft) {
    return account::CreatePolicyVersion(draft, *input.PolicyArn, *input.PolicyDocument, as_default);
  });
  if (!version) co_return std::unexpected(std::move(version.error()));
  gen::CreatePolicyVersionResponse response;
  const account::ManagedPolicy of{.default_version = as_default ? version->number : 0};
  response.PolicyVersion = ToWire(of, *version, false);
  co_return response;
}

net::Task<Result<gen::GetPolicyVersionResponse>> Iam::GetPolicyVersion(
    const wire::Call& call, gen::GetPolicyVersionRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto policy = account::FindManaged(**state, *input.PolicyArn);
  if (!policy) co_return std::unexpected(policy.error());
  const auto version = account::FindVersion(**policy, *input.PolicyArn, *input.VersionId);
  if (!version) co_return std::unexpected(version.error());
  gen::GetPolicyVersionResponse response;
  response.PolicyVersion = ToWire(**policy, **version, true);
  co_return response;
}

net::Task<Result<gen::ListPolicyVersionsResponse>> Iam::ListPolicyVersions(
    const wire::Call& call, gen::ListPolicyVersionsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto policy = account::FindManaged(**state, *input.PolicyArn);
  if (!policy) co_return std::unexpected(policy.error());
  std::vector<const account::PolicyVersion*> versions;
  for (const auto& version : (*policy)->versions) versions.push_back(&version);
  // The newest first.
  auto page = TakePage(std::move(versions), input.Marker, input.MaxItems,
                       [](const account::PolicyVersion* version) {
                         constexpr int32_t kMost = 1'000'000'000;
                         return std::to_string(kMost - version->number);
                       });
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListPolicyVersionsResponse response;
  auto& told = response.Versions.emplace();
  for (const auto* version : page->items) told.push_back(ToWire(**policy, *version, false));
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<void>> Iam::DeletePolicyVersion(const wire::Call& call,
                                                 gen::DeletePolicyVersionRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeletePolicyVersion(draft, *input.PolicyArn, *input.VersionId);
  });
}

net::Task<Result<void>> Iam::SetDefaultPolicyVersion(const wire::Call& call,
                                                     gen::SetDefaultPolicyVersionRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::SetDefaultPolicyVersion(draft, *input.PolicyArn, *input.VersionId);
  });
}

net::Task<Result<gen::ListEntitiesForPolicyResponse>> Iam::ListEntitiesForPolicy(
    const wire::Call& call, gen::ListEntitiesForPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  if (auto policy = account::FindManaged(**state, *input.PolicyArn); !policy) {
    co_return std::unexpected(std::move(policy.error()));
  }
  auto page = TakePage(HoldersOf(account::FindUses(**state, *input.PolicyArn), input), input.Marker,
                       input.MaxItems, &PolicyHolder::key);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListEntitiesForPolicyResponse response;
  auto& groups = response.PolicyGroups.emplace();
  auto& roles = response.PolicyRoles.emplace();
  auto& users = response.PolicyUsers.emplace();
  for (const auto& [key, holder] : page->items) {
    if (key.starts_with('g')) {
      auto& group = groups.emplace_back();
      group.GroupName = holder->name;
      group.GroupId = holder->id;
    } else if (key.starts_with('r')) {
      auto& role = roles.emplace_back();
      role.RoleName = holder->name;
      role.RoleId = holder->id;
    } else {
      auto& user = users.emplace_back();
      user.UserName = holder->name;
      user.UserId = holder->id;
    }
  }
  SetPage(response, *page);
  co_return response;
}

}  // namespace bedplate::services::iam
