#include "account/identity/names.h"
#include "account/identity/roles.h"
#include "iam/ops/AddRoleToInstanceProfile.h"
#include "iam/ops/CreateInstanceProfile.h"
#include "iam/ops/DeleteInstanceProfile.h"
#include "iam/ops/GetInstanceProfile.h"
#include "iam/ops/ListInstanceProfiles.h"
#include "iam/ops/ListInstanceProfilesForRole.h"
#include "iam/ops/RemoveRoleFromInstanceProfile.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

template <class Response, class Request>
Result<Response> List(const account::Snapshot& world, const account::AccountState& state,
                      std::vector<const account::InstanceProfile*> profiles, const Request& input) {
  auto page =
      TakePage(std::move(profiles), input.Marker, input.MaxItems,
               [](const account::InstanceProfile* profile) { return account::KeyOf(*profile); });
  if (!page) return std::unexpected(std::move(page.error()));
  Response response;
  auto& told = response.InstanceProfiles.emplace();
  for (const auto* profile : page->items)
    told.push_back(ToWire(world, state, *profile, Detail::kListed));
  SetPage(response, *page);
  return response;
}

}  // namespace

net::Task<Result<gen::CreateInstanceProfileResponse>> Iam::CreateInstanceProfile(
    const wire::Call& call, gen::CreateInstanceProfileRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  auto profile = co_await Change(call, [&](Draft& draft) {
    return account::CreateInstanceProfile(draft, *input.InstanceProfileName,
                                          input.Path.value_or("/"), *tags);
  });
  if (!profile) co_return std::unexpected(std::move(profile.error()));
  gen::CreateInstanceProfileResponse response;
  response.InstanceProfile =
      ToWire(*store_.Current(), {.account = call.account}, *profile, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::GetInstanceProfileResponse>> Iam::GetInstanceProfile(
    const wire::Call& call, gen::GetInstanceProfileRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto profile = account::Find<account::InstanceProfile>(**state, *input.InstanceProfileName);
  if (!profile) co_return std::unexpected(profile.error());
  gen::GetInstanceProfileResponse response;
  response.InstanceProfile = ToWire(*store_.Current(), **state, **profile, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::ListInstanceProfilesResponse>> Iam::ListInstanceProfiles(
    const wire::Call& call, gen::ListInstanceProfilesRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  std::vector<const account::InstanceProfile*> profiles;
  for (const auto& [key, profile] : (*state)->profiles) {
    if (IsBelow(profile->path, input.PathPrefix)) profiles.push_back(profile.get());
  }
  co_return List<gen::ListInstanceProfilesResponse>(*store_.Current(), **state, std::move(profiles),
                                                    input);
}

net::Task<Result<gen::ListInstanceProfilesForRoleResponse>> Iam::ListInstanceProfilesForRole(
    const wire::Call& call, gen::ListInstanceProfilesForRoleRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto role = account::Find<account::Role>(**state, *input.RoleName);
  if (!role) co_return std::unexpected(role.error());
  std::vector<const account::InstanceProfile*> profiles;
  for (const auto& [key, profile] : (*state)->profiles) {
    if (profile->role == account::KeyOf(**role)) profiles.push_back(profile.get());
  }
  co_return List<gen::ListInstanceProfilesForRoleResponse>(*store_.Current(), **state,
                                                           std::move(profiles), input);
}

net::Task<Result<void>> Iam::DeleteInstanceProfile(const wire::Call& call,
                                                   gen::DeleteInstanceProfileRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteInstanceProfile(draft, *input.InstanceProfileName);
  });
}

net::Task<Result<void>> Iam::AddRoleToInstanceProfile(const wire::Call& call,
                                                      gen::AddRoleToInstanceProfileRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::AddRoleToProfile(draft, *input.InstanceProfileName, *input.RoleName);
  });
}

net::Task<Result<void>> Iam::RemoveRoleFromInstanceProfile(
    const wire::Call& call, gen::RemoveRoleFromInstanceProfileRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::RemoveRoleFromProfile(draft, *input.InstanceProfileName, *input.RoleName);
  });
}

}  // namespace bedplate::services::iam
