#include "account/identity/names.h"
#include "account/identity/users.h"
#include "iam/ops/AddUserToGroup.h"
#include "iam/ops/CreateGroup.h"
#include "iam/ops/DeleteGroup.h"
#include "iam/ops/GetGroup.h"
#include "iam/ops/ListGroups.h"
#include "iam/ops/ListGroupsForUser.h"
#include "iam/ops/RemoveUserFromGroup.h"
#include "iam/ops/UpdateGroup.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/renaming.h"
#include "services/iam/service.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

std::string KeyOfGroup(const account::Group* group) { return account::KeyOf(*group); }

}  // namespace

net::Task<Result<gen::CreateGroupResponse>> Iam::CreateGroup(const wire::Call& call,
                                                             gen::CreateGroupRequest input) {
  auto group = co_await Change(call, [&](Draft& draft) {
    return account::CreateGroup(draft, *input.GroupName, input.Path.value_or("/"));
  });
  if (!group) co_return std::unexpected(std::move(group.error()));
  gen::CreateGroupResponse response;
  response.Group = ToWire({.account = call.account}, *group);
  co_return response;
}

net::Task<Result<gen::GetGroupResponse>> Iam::GetGroup(const wire::Call& call,
                                                       gen::GetGroupRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto group = account::Find<account::Group>(**state, *input.GroupName);
  if (!group) co_return std::unexpected(group.error());
  const std::string key = account::KeyOf(**group);
  std::vector<const account::User*> members;
  for (const auto& [name, user] : (*state)->users) {
    if (user->groups.contains(key)) members.push_back(user.get());
  }
  auto page = TakePage(std::move(members), input.Marker, input.MaxItems,
                       [](const account::User* user) { return account::KeyOf(*user); });
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::GetGroupResponse response;
  response.Group = ToWire(**state, **group);
  auto& users = response.Users.emplace();
  for (const auto* user : page->items) users.push_back(ToWire(**state, *user, Detail::kListed));
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<gen::ListGroupsResponse>> Iam::ListGroups(const wire::Call& call,
                                                           gen::ListGroupsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  std::vector<const account::Group*> groups;
  for (const auto& [key, group] : (*state)->groups) {
    if (IsBelow(group->path, input.PathPrefix)) groups.push_back(group.get());
  }
  auto page = TakePage(std::move(groups), input.Marker, input.MaxItems, KeyOfGroup);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListGroupsResponse response;
  auto& told = response.Groups.emplace();
  for (const auto* group : page->items) told.push_back(ToWire(**state, *group));
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<gen::ListGroupsForUserResponse>> Iam::ListGroupsForUser(
    const wire::Call& call, gen::ListGroupsForUserRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto user = account::Find<account::User>(**state, *input.UserName);
  if (!user) co_return std::unexpected(user.error());
  std::vector<const account::Group*> groups;
  for (const std::string& key : (*user)->groups) {
    const auto* const group = account::FindIn((*state)->groups, key);
    if (group != nullptr) groups.push_back(group);
  }
  auto page = TakePage(std::move(groups), input.Marker, input.MaxItems, KeyOfGroup);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListGroupsForUserResponse response;
  auto& told = response.Groups.emplace();
  for (const auto* group : page->items) told.push_back(ToWire(**state, *group));
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<void>> Iam::UpdateGroup(const wire::Call& call, gen::UpdateGroupRequest input) {
  account::Renaming to;
  if (input.NewGroupName) to.name = *input.NewGroupName;
  if (input.NewPath) to.path = *input.NewPath;
  co_return co_await Change(call, [&](Draft& draft) -> Result<void> {
    auto may =
        CheckTarget<account::Group>(call, draft.state(), "iam:UpdateGroup", *input.GroupName, to);
    if (!may) return may;
    return account::UpdateGroup(draft, *input.GroupName, to);
  });
}

net::Task<Result<void>> Iam::DeleteGroup(const wire::Call& call, gen::DeleteGroupRequest input) {
  co_return co_await Change(
      call, [&](Draft& draft) { return account::DeleteGroup(draft, *input.GroupName); });
}

net::Task<Result<void>> Iam::AddUserToGroup(const wire::Call& call,
                                            gen::AddUserToGroupRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::AddUserToGroup(draft, *input.UserName, *input.GroupName);
  });
}

net::Task<Result<void>> Iam::RemoveUserFromGroup(const wire::Call& call,
                                                 gen::RemoveUserFromGroupRequest input) {
  co_return co_await Change(call, [&](Draft& draft) {
    return account::RemoveUserFromGroup(draft, *input.UserName, *input.GroupName);
  });
}

}  // namespace bedplate::services::iam
