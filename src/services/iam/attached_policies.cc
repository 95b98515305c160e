#include "account/identity/holdings.h"
#include "iam/ops/AttachGroupPolicy.h"
#include "iam/ops/AttachRolePolicy.h"
#include "iam/ops/AttachUserPolicy.h"
#include "iam/ops/DetachGroupPolicy.h"
#include "iam/ops/DetachRolePolicy.h"
#include "iam/ops/DetachUserPolicy.h"
#include "iam/ops/ListAttachedGroupPolicies.h"
#include "iam/ops/ListAttachedRolePolicies.h"
#include "iam/ops/ListAttachedUserPolicies.h"
#include "iam/shapes/AttachedPolicy.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

// The three lists of attached policies have the same members.
template <class Response, class Entity, class Request>
Result<Response> ListAttached(const account::AccountState& state, const std::string& name,
                              const Request& input) {
  const auto holder = account::Find<Entity>(state, name);
  if (!holder) return std::unexpected(holder.error());
  std::vector<std::string> arns;
  for (const std::string& arn : (*holder)->attached) {
    const account::ManagedPolicy* const policy = account::FindPolicy(state, arn);
    if (policy != nullptr && IsBelow(policy->path, input.PathPrefix)) arns.push_back(arn);
  }
  auto page = TakePage(std::move(arns), input.Marker, input.MaxItems,
                       [](const std::string& arn) { return arn; });
  if (!page) return std::unexpected(std::move(page.error()));
  Response response;
  auto& told = response.AttachedPolicies.emplace();
  for (const std::string& arn : page->items) {
    gen::AttachedPolicy& policy = told.emplace_back();
    policy.PolicyArn = arn;
    policy.PolicyName = account::FindPolicy(state, arn)->name;
  }
  SetPage(response, *page);
  return response;
}

}  // namespace

net::Task<Result<void>> Iam::AttachUserPolicy(const wire::Call& call,
                                              gen::AttachUserPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::AttachPolicy<account::User>(draft, *input.UserName, *input.PolicyArn);
  });
}

net::Task<Result<void>> Iam::DetachUserPolicy(const wire::Call& call,
                                              gen::DetachUserPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DetachPolicy<account::User>(draft, *input.UserName, *input.PolicyArn);
  });
}

net::Task<Result<gen::ListAttachedUserPoliciesResponse>> Iam::ListAttachedUserPolicies(
    const wire::Call& call, gen::ListAttachedUserPoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListAttached<gen::ListAttachedUserPoliciesResponse, account::User>(
      **state, *input.UserName, input);
}

net::Task<Result<void>> Iam::AttachGroupPolicy(const wire::Call& call,
                                               gen::AttachGroupPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::AttachPolicy<account::Group>(draft, *input.GroupName, *input.PolicyArn);
  });
}

net::Task<Result<void>> Iam::DetachGroupPolicy(const wire::Call& call,
                                               gen::DetachGroupPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DetachPolicy<account::Group>(draft, *input.GroupName, *input.PolicyArn);
  });
}

net::Task<Result<gen::ListAttachedGroupPoliciesResponse>> Iam::ListAttachedGroupPolicies(
    const wire::Call& call, gen::ListAttachedGroupPoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListAttached<gen::ListAttachedGroupPoliciesResponse, account::Group>(
      **state, *input.GroupName, input);
}

net::Task<Result<void>> Iam::AttachRolePolicy(const wire::Call& call,
                                              gen::AttachRolePolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::AttachPolicy<account::Role>(draft, *input.RoleName, *input.PolicyArn);
  });
}

net::Task<Result<void>> Iam::DetachRolePolicy(const wire::Call& call,
                                              gen::DetachRolePolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DetachPolicy<account::Role>(draft, *input.RoleName, *input.PolicyArn);
  });
}

net::Task<Result<gen::ListAttachedRolePoliciesResponse>> Iam::ListAttachedRolePolicies(
    const wire::Call& call, gen::ListAttachedRolePoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListAttached<gen::ListAttachedRolePoliciesResponse, account::Role>(
      **state, *input.RoleName, input);
}

}  // namespace bedplate::services::iam
