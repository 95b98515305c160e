#include "account/identity/names.h"
#include "account/identity/users.h"
#include "iam/ops/CreateAccessKey.h"
#include "iam/ops/DeleteAccessKey.h"
#include "iam/ops/GetAccessKeyLastUsed.h"
#include "iam/ops/ListAccessKeys.h"
#include "iam/ops/UpdateAccessKey.h"
#include "services/iam/convert.h"
#include "services/iam/page.h"
#include "services/iam/service.h"
#include "services/iam/user_names.h"

namespace bedplate::services::iam {

using account::Draft;

net::Task<Result<gen::CreateAccessKeyResponse>> Iam::CreateAccessKey(
    const wire::Call& call, gen::CreateAccessKeyRequest input) {
  const auto name = RequireUserName(call, input.UserName);
  if (!name) co_return std::unexpected(name.error());
  auto key =
      co_await Change(call, [&](Draft& draft) { return account::CreateAccessKey(draft, *name); });
  if (!key) co_return std::unexpected(std::move(key.error()));
  gen::CreateAccessKeyResponse response;
  auto& told = response.AccessKey.emplace();
  told.UserName = *name;
  told.AccessKeyId = key->id;
  told.Status = StatusOf(true);
  told.SecretAccessKey = key->secret;
  told.CreateDate = TimeOf(key->created_at_ms);
  co_return response;
}

net::Task<Result<void>> Iam::UpdateAccessKey(const wire::Call& call,
                                             gen::UpdateAccessKeyRequest input) {
  const auto name = RequireUserName(call, input.UserName);
  if (!name) co_return std::unexpected(name.error());
  const auto active = IsActive(*input.Status);
  if (!active) co_return std::unexpected(active.error());
  co_return co_await Change(call, [&](Draft& draft) {
    return account::SetAccessKeyActive(draft, *name, *input.AccessKeyId, *active);
  });
}

net::Task<Result<void>> Iam::DeleteAccessKey(const wire::Call& call,
                                             gen::DeleteAccessKeyRequest input) {
  const auto name = RequireUserName(call, input.UserName);
  if (!name) co_return std::unexpected(name.error());
  co_return co_await Change(call, [&](Draft& draft) {
    return account::DeleteAccessKey(draft, *name, *input.AccessKeyId);
  });
}

net::Task<Result<gen::ListAccessKeysResponse>> Iam::ListAccessKeys(
    const wire::Call& call, gen::ListAccessKeysRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  const auto name = RequireUserName(call, input.UserName);
  if (!name) co_return std::unexpected(name.error());
  const auto user = account::Find<account::User>(**state, *name);
  if (!user) co_return std::unexpected(user.error());
  auto page = TakePage((*user)->keys, input.Marker, input.MaxItems, &account::LongTermKey::id);
  if (!page) co_return std::unexpected(std::move(page.error()));
  gen::ListAccessKeysResponse response;
  auto& told = response.AccessKeyMetadata.emplace();
  for (const account::LongTermKey& key : page->items) {
    auto& entry = told.emplace_back();
    entry.UserName = (*user)->name;
    entry.AccessKeyId = key.id;
    entry.Status = StatusOf(key.active);
    entry.CreateDate = TimeOf(key.created_at_ms);
  }
  SetPage(response, *page);
  co_return response;
}

net::Task<Result<gen::GetAccessKeyLastUsedResponse>> Iam::GetAccessKeyLastUsed(
    const wire::Call& call, gen::GetAccessKeyLastUsedRequest input) {
  const auto state = Read(call);
  if (!state) co_return std::unexpected(state.error());
  gen::GetAccessKeyLastUsedResponse response;
  bool found = *input.AccessKeyId == (*state)->root.access_key_id;
  for (const auto& [key, user] : (*state)->users) {
    if (std::ranges::find(user->keys, *input.AccessKeyId, &account::LongTermKey::id) ==
        user->keys.end()) {
      continue;
    }
    found = true;
    response.UserName = user->name;
  }
  if (!found) {
    co_return account::AccessDenied("The access key " + *input.AccessKeyId +
                                    " is none of this account's.");
  }
  auto& last = response.AccessKeyLastUsed.emplace();
  const auto use = store_.FindLastUse(call.account, *input.AccessKeyId);
  last.ServiceName = use ? use->service : std::string("N/A");
  last.Region = use ? use->region : std::string("N/A");
  if (use) last.LastUsedDate = TimeOf(use->used_at_ms);
  co_return response;
}

}  // namespace bedplate::services::iam
