#include <algorithm>
#include <utility>

#include "kms/ops/ListKeys.h"
#include "kms/shapes/KeyListEntry.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr PageLimit kLimit = {.standard = 100, .most = 1000};

// Keys that other accounts share by AWS RAM, which is not there.
bool WantsOwn(const gen::ListKeysRequest& input) {
  return !input.ResourceOwners || std::ranges::any_of(*input.ResourceOwners, [](const auto& owner) {
    return owner == gen::ResourceOwnerType::kSelf;
  });
}

}  // namespace

net::Task<Result<gen::ListKeysResponse>> Kms::ListKeys(const wire::Call& call,
                                                       gen::ListKeysRequest input) {
  const auto most = ReadLimit(input.Limit, kLimit);
  if (!most) co_return std::unexpected(most.error());
  const auto after = ReadMarker(input.Marker);
  if (!after) co_return std::unexpected(after.error());
  const keys::Scope scope = ScopeOf(call);
  Result<std::vector<std::string>> ids;
  if (WantsOwn(input)) {
    ids = co_await pool_.Run([&] { return keys_.administration.List(scope, *after, *most + 1); });
  }
  if (!ids) co_return std::unexpected(std::move(ids.error()));
  gen::ListKeysResponse response;
  EndPage(response, *ids, *most, [](const std::string& id) { return id; });
  auto& list = response.Keys.emplace();
  for (std::string& id : *ids) {
    gen::KeyListEntry& entry = list.emplace_back();
    entry.KeyArn = keys::KeyArn(scope.account, scope.region, id);
    entry.KeyId = std::move(id);
  }
  co_return response;
}

}  // namespace bedplate::services::kms
