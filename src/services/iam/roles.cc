#include "account/identity/roles.h"

#include "account/identity/names.h"
#include "iam/ops/CreateRole.h"
#include "iam/ops/CreateServiceLinkedRole.h"
#include "iam/ops/DeleteRole.h"
#include "iam/ops/DeleteServiceLinkedRole.h"
#include "iam/ops/GetRole.h"
#include "iam/ops/GetServiceLinkedRoleDeletionStatus.h"
#include "iam/ops/ListRoles.h"
#include "iam/ops/UpdateAssumeRolePolicy.h"
#include "iam/ops/UpdateRole.h"
#include "iam/ops/UpdateRoleDescription.h"
#include "iam/shapes/DeletionTaskStatusType.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

net::Task<Result<gen::CreateRoleResponse>> Iam::CreateRole(const wire::Call& call,
                                                           gen::CreateRoleRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  const account::NewRole made{.name = *input.RoleName,
                              .path = input.Path.value_or("/"),
                              .trust = *input.AssumeRolePolicyDocument,
                              .description = input.Description.value_or(""),
                              .max_session_s = input.MaxSessionDuration.value_or(3600),
                              .boundary = input.PermissionsBoundary.value_or(""),
                              .tags = std::move(*tags)};
  auto role = co_await Change(call, [&](Draft& draft) { return account::CreateRole(draft, made); });
  if (!role) co_return std::unexpected(std::move(role.error()));
  gen::CreateRoleResponse response;
  response.Role = ToWire(*store_.Current(), call.account, *role, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::GetRoleResponse>> Iam::GetRole(const wire::Call& call,
                                                     gen::GetRoleRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto role = account::Find<account::Role>(**state, *input.RoleName);
  if (!role) co_return std::unexpected(role.error());
  const auto use = store_.FindLastUse(call.account, (*role)->id);
  gen::GetRoleResponse response;
  response.Role =
      ToWire(*store_.Current(), call.account, **role, Detail::kWhole, use ? &*use : nullptr);
  co_return response;
}

net::Task<Result<gen::ListRolesResponse>> Iam::ListRoles(const wire::Call& call,
                                                         gen::ListRolesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  std::vector<const account::Role*> roles;
  for (const auto& [key, role] : (*state)->roles) {
    if (IsBelow(role->path, input.PathPrefix)) roles.push_back(role.get());
  }
  auto page = TakePage(std::move(roles), input.Marker, input.MaxItems,
                       [](const account::Role* role) { return account::KeyOf(*role); });
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListRolesResponse response;
  auto& told = response.Roles.emplace();
  const auto world = store_.Current();
  for (const auto* role : page->items) {
    told.push_back(ToWire(*world, call.account, *role, Detail::kListed));
  }
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<gen::UpdateRoleResponse>> Iam::UpdateRole(const wire::Call& call,
                                                           gen::UpdateRoleRequest input) {
  account::RoleChange change;
  if (input.Description) change.description = *input.Description;
  if (input.MaxSessionDuration) change.max_session_s = *input.MaxSessionDuration;
  auto done = co_await Change(
      call, [&](Draft& draft) { return account::UpdateRole(draft, *input.RoleName, change); });
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return gen::UpdateRoleResponse{};
}

net::Task<Result<gen::UpdateRoleDescriptionResponse>> Iam::UpdateRoleDescription(
    const wire::Call& call, gen::UpdateRoleDescriptionRequest input) {
  auto role = co_await Change(call, [&](Draft& draft) {
    return account::UpdateRoleDescription(draft, *input.RoleName, *input.Description);
  });
  if (!role) co_return std::unexpected(std::move(role.error()));
  gen::UpdateRoleDescriptionResponse response;
  response.Role = ToWire(*store_.Current(), call.account, *role, Detail::kWhole);
  co_return response;
}

net::Task<Result<void>> Iam::UpdateAssumeRolePolicy(const wire::Call& call,
                                                    gen::UpdateAssumeRolePolicyRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::UpdateTrust(draft, *input.RoleName, *input.PolicyDocument);
  });
}

net::Task<Result<void>> Iam::DeleteRole(const wire::Call& call, gen::DeleteRoleRequest input) {
  co_return co_await Change(
      call, [&](Draft& draft) { return account::DeleteRole(draft, *input.RoleName); });
}

net::Task<Result<gen::CreateServiceLinkedRoleResponse>> Iam::CreateServiceLinkedRole(
    const wire::Call& call, gen::CreateServiceLinkedRoleRequest input) {
  auto role = co_await Change(call, [&](Draft& draft) {
    return account::CreateServiceLinkedRole(draft, *input.AWSServiceName,
                                            input.Description.value_or(""),
                                            input.CustomSuffix.value_or(""));
  });
  if (!role) co_return std::unexpected(std::move(role.error()));
  gen::CreateServiceLinkedRoleResponse response;
  response.Role = ToWire(*store_.Current(), call.account, *role, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::DeleteServiceLinkedRoleResponse>> Iam::DeleteServiceLinkedRole(
    const wire::Call& call, gen::DeleteServiceLinkedRoleRequest input) {
  auto task = co_await Change(
      call, [&](Draft& draft) { return account::DeleteServiceLinkedRole(draft, *input.RoleName); });
  if (!task) co_return std::unexpected(std::move(task.error()));
  gen::DeleteServiceLinkedRoleResponse response;
  response.DeletionTaskId = std::move(*task);
  co_return response;
}

net::Task<Result<gen::GetServiceLinkedRoleDeletionStatusResponse>>
Iam::GetServiceLinkedRoleDeletionStatus(const wire::Call& call,
                                        gen::GetServiceLinkedRoleDeletionStatusRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  if (auto known = account::CheckDeletionTask(**state, *input.DeletionTaskId); !known) {
    co_return std::unexpected(std::move(known.error()));
  }
  gen::GetServiceLinkedRoleDeletionStatusResponse response;
  response.Status = gen::DeletionTaskStatusType::kSucceeded;
  co_return response;
}

}  // namespace bedplate::services::iam
