#include <optional>

#include "account/identity/names.h"
#include "account/identity/principal.h"
#include "account/identity/users.h"
#include "iam/ops/CreateServiceSpecificCredential.h"
#include "iam/ops/DeleteServiceSpecificCredential.h"
#include "iam/ops/ListServiceSpecificCredentials.h"
#include "iam/ops/ResetServiceSpecificCredential.h"
#include "iam/ops/UpdateServiceSpecificCredential.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"
#include "services/iam/user_names.h"

namespace bedplate::services::iam {

using account::Draft;

namespace {

// What a listed credential and a made one have alike.
template <class Told>
void Tell(Told& told, const std::string& user, const account::ServiceCredential& credential) {
  told.UserName = user;
  told.Status = StatusOf(credential.active);
  told.ServiceCredentialAlias = credential.alias;
  told.CreateDate = TimeOf(credential.created_at_ms);
  if (credential.expires_at_ms != 0) told.ExpirationDate = TimeOf(credential.expires_at_ms);
  told.ServiceSpecificCredentialId = credential.id;
  told.ServiceName = std::string(account::kBedrockServiceName);
}

gen::ServiceSpecificCredential Tell(const std::string& user, account::MadeCredential made) {
  gen::ServiceSpecificCredential told;
  Tell(told, user, made.kept);
  told.ServiceCredentialSecret = std::move(made.key);
  return told;
}

// Whose credential it is: the user that is named, else the caller. Empty for the root, whom
// nothing is denied: whoever has it. A role must name the user, as policies ask about users.
Result<std::string> OwnerOf(const wire::Call& call, const wire::Opt<std::string>& given) {
  const auto* const caller = static_cast<const account::Principal*>(call.principal.get());
  std::string name = UserNameOf(call, given);
  const bool root = caller != nullptr && caller->kind == account::PrincipalKind::kRoot;
  if (!name.empty() || root) return name;
  return RequireUserName(call, given);
}

struct Listed {
  std::string key{};
  const account::User* user = nullptr;
  const account::ServiceCredential* credential = nullptr;
};

}  // namespace

net::Task<Result<gen::CreateServiceSpecificCredentialResponse>>
Iam::CreateServiceSpecificCredential(const wire::Call& call,
                                     gen::CreateServiceSpecificCredentialRequest input) {
  std::optional<int32_t> age_days;
  if (input.CredentialAgeDays) age_days = *input.CredentialAgeDays;
  auto made = co_await Change(call, [&](Draft& draft) {
    return account::CreateServiceCredential(draft, *input.UserName, *input.ServiceName, age_days);
  });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::CreateServiceSpecificCredentialResponse response;
  response.ServiceSpecificCredential = Tell(*input.UserName, std::move(*made));
  co_return response;
}

net::Task<Result<gen::ListServiceSpecificCredentialsResponse>> Iam::ListServiceSpecificCredentials(
    const wire::Call& call, gen::ListServiceSpecificCredentialsRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  std::vector<Listed> all;
  const auto add = [&](const account::User& user) {
    if (input.ServiceName && *input.ServiceName != account::kBedrockServiceName) return;
    for (const auto& credential : user.credentials) {
      all.push_back({.key = account::KeyOf(user) + "/" + credential.id,
                     .user = &user,
                     .credential = &credential});
    }
  };
  if (input.AllUsers && *input.AllUsers) {
    for (const auto& [key, user] : (*state)->users) add(*user);
  } else {
    const auto name = RequireUserName(call, input.UserName);
    if (!name) co_return std::unexpected(name.error());
    const auto user = account::Find<account::User>(**state, *name);
    if (!user) co_return std::unexpected(user.error());
    add(**user);
  }
  auto page = TakePage(std::move(all), input.Marker, input.MaxItems, &Listed::key);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListServiceSpecificCredentialsResponse response;
  auto& told = response.ServiceSpecificCredentials.emplace();
  for (const Listed& listed : page->items) {
    Tell(told.emplace_back(), listed.user->name, *listed.credential);
  }
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<void>> Iam::UpdateServiceSpecificCredential(
    const wire::Call& call, gen::UpdateServiceSpecificCredentialRequest input) {
  const auto active = IsActive(*input.Status);
  if (!active) co_return std::unexpected(active.error());
  const auto owner = OwnerOf(call, input.UserName);
  if (!owner) co_return std::unexpected(owner.error());
  co_return co_await Change(call, [&](Draft& draft) {
    return account::SetServiceCredentialActive(draft, *owner, *input.ServiceSpecificCredentialId,
                                               *active);
  });
}

net::Task<Result<gen::ResetServiceSpecificCredentialResponse>> Iam::ResetServiceSpecificCredential(
    const wire::Call& call, gen::ResetServiceSpecificCredentialRequest input) {
  const auto owner = OwnerOf(call, input.UserName);
  if (!owner) co_return std::unexpected(owner.error());
  auto made = co_await Change(call, [&](Draft& draft) {
    return account::ResetServiceCredential(draft, *owner, *input.ServiceSpecificCredentialId);
  });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::ResetServiceSpecificCredentialResponse response;
  response.ServiceSpecificCredential = Tell(made->first, std::move(made->second));
  co_return response;
}

net::Task<Result<void>> Iam::DeleteServiceSpecificCredential(
    const wire::Call& call, gen::DeleteServiceSpecificCredentialRequest input) {
  const auto owner = OwnerOf(call, input.UserName);
  if (!owner) co_return std::unexpected(owner.error());
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteServiceCredential(draft, *owner, *input.ServiceSpecificCredentialId);
  });
}

}  // namespace bedplate::services::iam
