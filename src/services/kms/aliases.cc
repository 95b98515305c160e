#include <utility>

#include "kms/ops/CreateAlias.h"
#include "kms/ops/DeleteAlias.h"
#include "kms/ops/ListAliases.h"
#include "kms/ops/UpdateAlias.h"
#include "kms/shapes/AliasListEntry.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr PageLimit kLimit = {.standard = 50, .most = 100};

}  // namespace

net::Task<Result<void>> Kms::CreateAlias(const wire::Call& call, gen::CreateAliasRequest input) {
  co_return co_await pool_.Run(
      [&] { return keys_.aliases.Create(ScopeOf(call), *input.AliasName, *input.TargetKeyId); });
}

net::Task<Result<void>> Kms::UpdateAlias(const wire::Call& call, gen::UpdateAliasRequest input) {
  co_return co_await pool_.Run(
      [&] { return keys_.aliases.Update(ScopeOf(call), *input.AliasName, *input.TargetKeyId); });
}

net::Task<Result<void>> Kms::DeleteAlias(const wire::Call& call, gen::DeleteAliasRequest input) {
  co_return co_await pool_.Run(
      [&] { return keys_.aliases.Delete(ScopeOf(call), *input.AliasName); });
}

net::Task<Result<gen::ListAliasesResponse>> Kms::ListAliases(const wire::Call& call,
                                                             gen::ListAliasesRequest input) {
  const auto most = ReadLimit(input.Limit, kLimit);
  if (!most) co_return std::unexpected(most.error());
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  std::string key_id;
  if (input.KeyId) {
    const auto key = co_await FindOwn(call, *input.KeyId);
    if (!key) co_return std::unexpected(key.error());
    key_id = (*key)->id;
  }
  const keys::Scope scope = ScopeOf(call);
  auto rows =
      co_await pool_.Run([&] { return keys_.aliases.List(scope, key_id, *after, *most + 1); });
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  gen::ListAliasesResponse response;
  EndPage(response, *rows, *most, [](const state::AliasRow& row) { return row.name; });
  auto& list = response.Aliases.emplace();
  for (state::AliasRow& row : *rows) {
    gen::AliasListEntry& entry = list.emplace_back();
    entry.AliasArn = keys::AliasArn(scope.account, scope.region, row.name);
    entry.AliasName = std::move(row.name);
    entry.TargetKeyId = std::move(row.key_id);
    entry.CreationDate = ToTimestamp(row.created_at_ms);
    entry.LastUpdatedDate = ToTimestamp(row.updated_at_ms);
  }
  co_return response;
}

}  // namespace bedplate::services::kms
