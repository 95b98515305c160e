#include "account/identity/providers.h"
#include "iam/ops/CreateAccountAlias.h"
#include "iam/ops/DeleteAccountAlias.h"
#include "iam/ops/GetAccountSummary.h"
#include "iam/ops/ListAccountAliases.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

net::Task<Result<void>> Iam::CreateAccountAlias(const wire::Call& call,
                                                gen::CreateAccountAliasRequest input) {
  co_return co_await Change(
      call, [&](Draft& draft) { return account::CreateAlias(draft, *input.AccountAlias); });
}

net::Task<Result<void>> Iam::DeleteAccountAlias(const wire::Call& call,
                                                gen::DeleteAccountAliasRequest input) {
  co_return co_await Change(
      call, [&](Draft& draft) { return account::DeleteAlias(draft, *input.AccountAlias); });
}

net::Task<Result<gen::ListAccountAliasesResponse>> Iam::ListAccountAliases(
    const wire::Call& call, gen::ListAccountAliasesRequest) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  gen::ListAccountAliasesResponse response;
  auto& aliases = response.AccountAliases.emplace();
  if (!(*state)->alias.empty()) aliases.push_back((*state)->alias);
  response.IsTruncated = false;
  co_return response;
}

// Counts, and the quotas that the operations hold (names.h and its neighbours).
net::Task<Result<gen::GetAccountSummaryResponse>> Iam::GetAccountSummary(const wire::Call& call) {
  const auto read = Read(call);
  if (!read) co_return std::unexpected(read.error());
  const account::AccountState& state = **read;
  size_t versions = 0;
  for (const auto& [key, policy] : state.policies) versions += policy->versions.size();
  gen::GetAccountSummaryResponse response;
  auto& summary = response.SummaryMap.emplace();
  const auto count = [&](const char* key, size_t value) {
    summary[key] = static_cast<int32_t>(value);
  };
  count("Users", state.users.size());
  count("UsersQuota", 5'000);
  count("Groups", state.groups.size());
  count("GroupsQuota", 300);
  count("Roles", state.roles.size());
  count("RolesQuota", 1'000);
  count("Policies", state.policies.size());
  count("PoliciesQuota", 1'500);
  count("PolicyVersionsInUse", versions);
  count("InstanceProfiles", state.profiles.size());
  count("InstanceProfilesQuota", 1'000);
  count("Providers", state.providers.size());
  count("AccessKeysPerUserQuota", 2);
  count("GroupsPerUserQuota", 10);
  count("AttachedPoliciesPerGroupQuota", 10);
  count("AttachedPoliciesPerRoleQuota", 10);
  count("AttachedPoliciesPerUserQuota", 10);
  count("VersionsPerPolicyQuota", 5);
  count("PolicySizeQuota", 6'144);
  count("UserPolicySizeQuota", 2'048);
  count("GroupPolicySizeQuota", 5'120);
  count("RolePolicySizeQuota", 10'240);
  count("AssumeRolePolicySizeQuota", 4'096);
  count("AccountAccessKeysPresent", 1);
  count("AccountMFAEnabled", 0);
  count("MFADevices", 0);
  count("MFADevicesInUse", 0);
  co_return response;
}

}  // namespace bedplate::services::iam
