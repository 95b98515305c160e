#include "account/identity/users.h"

#include "account/identity/names.h"
#include "iam/ops/CreateUser.h"
#include "iam/ops/DeleteUser.h"
#include "iam/ops/GetUser.h"
#include "iam/ops/ListUsers.h"
#include "iam/ops/UpdateUser.h"
#include "services/caller.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/renaming.h"
#include "services/iam/service.h"
#include "services/iam/user_names.h"

namespace bedplate::services::iam {

using account::Draft;

Result<Iam::State> Iam::Read(const wire::Call& call) const {
  State state = store_.Account(call.account);
  if (state != nullptr) return state;
  return account::NoSuchEntity("The account with id " + call.account + " cannot be found.");
}

std::string UserNameOf(const wire::Call& call, const wire::Opt<std::string>& given) {
  if (given) return *given;
  const account::Principal* const caller = CallerOf(call);
  return caller == nullptr ? std::string() : caller->user_name;
}

Result<std::string> RequireUserName(const wire::Call& call, const wire::Opt<std::string>& given) {
  std::string name = UserNameOf(call, given);
  if (!name.empty()) return name;
  return account::ValidationError("Must specify userName when calling with non-User credentials");
}

net::Task<Result<gen::CreateUserResponse>> Iam::CreateUser(const wire::Call& call,
                                                           gen::CreateUserRequest input) {
  auto tags = ToTags(input.Tags);
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  const account::NewUser made{.name = *input.UserName,
                              .path = input.Path.value_or("/"),
                              .boundary = input.PermissionsBoundary.value_or(""),
                              .tags = std::move(*tags)};
  auto user = co_await Change(call, [&](Draft& draft) { return account::CreateUser(draft, made); });
  if (!user) co_return std::unexpected(std::move(user.error()));
  gen::CreateUserResponse response;
  response.User = ToWire({.account = call.account}, *user, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::GetUserResponse>> Iam::GetUser(const wire::Call& call,
                                                     gen::GetUserRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  gen::GetUserResponse response;
  const account::Principal* const caller = CallerOf(call);
  if (!input.UserName && caller != nullptr && caller->kind == account::PrincipalKind::kRoot) {
    gen::User& root = response.User.emplace();
    root.Path = std::string("/");
    root.UserName = call.account;
    root.UserId = call.account;
    root.Arn = caller->arn;
    co_return response;
  }
  const auto name = RequireUserName(call, input.UserName);
  if (!name) co_return std::unexpected(name.error());
  const auto user = account::Find<account::User>(**state, *name);
  if (!user) co_return std::unexpected(user.error());
  response.User = ToWire(**state, **user, Detail::kWhole);
  co_return response;
}

net::Task<Result<gen::ListUsersResponse>> Iam::ListUsers(const wire::Call& call,
                                                         gen::ListUsersRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  std::vector<const account::User*> users;
  for (const auto& [key, user] : (*state)->users) {
    if (IsBelow(user->path, input.PathPrefix)) users.push_back(user.get());
  }
  auto page = TakePage(std::move(users), input.Marker, input.MaxItems,
                       [](const account::User* user) { return account::KeyOf(*user); });
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListUsersResponse response;
  auto& told = response.Users.emplace();
  for (const auto* user : page->items) told.push_back(ToWire(**state, *user, Detail::kListed));
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<void>> Iam::UpdateUser(const wire::Call& call, gen::UpdateUserRequest input) {
  account::Renaming to;
  if (input.NewUserName) to.name = *input.NewUserName;
  if (input.NewPath) to.path = *input.NewPath;
  co_return co_await Change(call, [&](Draft& draft) -> Result<void> {
    auto may =
        CheckTarget<account::User>(call, draft.state(), "iam:UpdateUser", *input.UserName, to);
    if (!may) return may;
    return account::UpdateUser(draft, *input.UserName, to);
  });
}

net::Task<Result<void>> Iam::DeleteUser(const wire::Call& call, gen::DeleteUserRequest input) {
  co_return co_await Change(
      call, [&](Draft& draft) { return account::DeleteUser(draft, *input.UserName); });
}

}  // namespace bedplate::services::iam
