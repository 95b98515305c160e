#include "account/identity/holdings.h"
#include "iam/ops/DeleteGroupPolicy.h"
#include "iam/ops/DeleteRolePolicy.h"
#include "iam/ops/DeleteUserPolicy.h"
#include "iam/ops/GetGroupPolicy.h"
#include "iam/ops/GetRolePolicy.h"
#include "iam/ops/GetUserPolicy.h"
#include "iam/ops/ListGroupPolicies.h"
#include "iam/ops/ListRolePolicies.h"
#include "iam/ops/ListUserPolicies.h"
#include "iam/ops/PutGroupPolicy.h"
#include "iam/ops/PutRolePolicy.h"
#include "iam/ops/PutUserPolicy.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

// The three lists of names have the same members.
template <class Response, class Entity, class Request>
Result<Response> ListInline(const account::AccountState& state, const std::string& name,
                            const Request& input) {
  const auto holder = account::Find<Entity>(state, name);
  if (!holder) return std::unexpected(holder.error());
  std::vector<std::string> names;
  for (const auto& [policy, text] : (*holder)->inline_policies) names.push_back(policy);
  auto page = TakePage(std::move(names), input.Marker, input.MaxItems,
                       [](const std::string& policy) { return policy; });
  if (!page) return std::unexpected(std::move(page.error()));
  Response response;
  response.PolicyNames = page->items;
  SetPage(response, *page);
  return response;
}

// The document of one, URL-encoded.
template <class Entity>
Result<std::string> GetInline(const account::AccountState& state, const std::string& name,
                              const std::string& policy) {
  const auto holder = account::Find<Entity>(state, name);
  if (!holder) return std::unexpected(holder.error());
  const auto text = account::FindInline(**holder, policy, account::WordFor<Entity>());
  if (!text) return std::unexpected(text.error());
  return EncodeDocument((*text)->json);
}

}  // namespace

net::Task<Result<void>> Iam::PutUserPolicy(const wire::Call& call,
                                           gen::PutUserPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::PutInline<account::User>(draft, *input.UserName, *input.PolicyName,
                                             *input.PolicyDocument);
  });
}

net::Task<Result<gen::GetUserPolicyResponse>> Iam::GetUserPolicy(const wire::Call& call,
                                                                 gen::GetUserPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  auto document = GetInline<account::User>(**state, *input.UserName, *input.PolicyName);
  if (!document) co_return std::unexpected(std::move(document.error()));
  gen::GetUserPolicyResponse response;
  response.UserName = (*account::Find<account::User>(**state, *input.UserName))->name;
  response.PolicyName = *input.PolicyName;
  response.PolicyDocument = std::move(*document);
  co_return response;
}

net::Task<Result<void>> Iam::DeleteUserPolicy(const wire::Call& call,
                                              gen::DeleteUserPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteInline<account::User>(draft, *input.UserName, *input.PolicyName);
  });
}

net::Task<Result<gen::ListUserPoliciesResponse>> Iam::ListUserPolicies(
    const wire::Call& call, gen::ListUserPoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListInline<gen::ListUserPoliciesResponse, account::User>(**state, *input.UserName,
                                                                     input);
}

net::Task<Result<void>> Iam::PutGroupPolicy(const wire::Call& call,
                                            gen::PutGroupPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::PutInline<account::Group>(draft, *input.GroupName, *input.PolicyName,
                                              *input.PolicyDocument);
  });
}

net::Task<Result<gen::GetGroupPolicyResponse>> Iam::GetGroupPolicy(
    const wire::Call& call, gen::GetGroupPolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  auto document = GetInline<account::Group>(**state, *input.GroupName, *input.PolicyName);
  if (!document) co_return std::unexpected(std::move(document.error()));
  gen::GetGroupPolicyResponse response;
  response.GroupName = (*account::Find<account::Group>(**state, *input.GroupName))->name;
  response.PolicyName = *input.PolicyName;
  response.PolicyDocument = std::move(*document);
  co_return response;
}

net::Task<Result<void>> Iam::DeleteGroupPolicy(const wire::Call& call,
                                               gen::DeleteGroupPolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteInline<account::Group>(draft, *input.GroupName, *input.PolicyName);
  });
}

net::Task<Result<gen::ListGroupPoliciesResponse>> Iam::ListGroupPolicies(
    const wire::Call& call, gen::ListGroupPoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListInline<gen::ListGroupPoliciesResponse, account::Group>(**state, *input.GroupName,
                                                                       input);
}

net::Task<Result<void>> Iam::PutRolePolicy(const wire::Call& call,
                                           gen::PutRolePolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::PutInline<account::Role>(draft, *input.RoleName, *input.PolicyName,
                                             *input.PolicyDocument);
  });
}

net::Task<Result<gen::GetRolePolicyResponse>> Iam::GetRolePolicy(const wire::Call& call,
                                                                 gen::GetRolePolicyRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  auto document = GetInline<account::Role>(**state, *input.RoleName, *input.PolicyName);
  if (!document) co_return std::unexpected(std::move(document.error()));
  gen::GetRolePolicyResponse response;
  response.RoleName = (*account::Find<account::Role>(**state, *input.RoleName))->name;
  response.PolicyName = *input.PolicyName;
  response.PolicyDocument = std::move(*document);
  co_return response;
}

net::Task<Result<void>> Iam::DeleteRolePolicy(const wire::Call& call,
                                              gen::DeleteRolePolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteInline<account::Role>(draft, *input.RoleName, *input.PolicyName);
  });
}

net::Task<Result<gen::ListRolePoliciesResponse>> Iam::ListRolePolicies(
    const wire::Call& call, gen::ListRolePoliciesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  co_return ListInline<gen::ListRolePoliciesResponse, account::Role>(**state, *input.RoleName,
                                                                     input);
}

}  // namespace bedplate::services::iam
