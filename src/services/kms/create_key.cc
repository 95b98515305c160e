#include <fmt/format.h>

#include <utility>

#include "account/keys/key_error.h"
#include "kms/ops/CreateKey.h"
#include "services/kms/key_metadata.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

// What needs another place for its material than this server.
Result<void> CheckOrigin(const gen::CreateKeyRequest& input) {
  if (input.Origin && !(*input.Origin == gen::OriginType::kAwsKms)) {
    return keys::Unsupported(
        fmt::format("Origin {} is not supported by this server: it makes the material of keys "
                    "itself (AWS_KMS).",
                    input.Origin->text()));
  }
  if (input.CustomKeyStoreId || input.XksKeyId) {
    return keys::Unsupported("Custom key stores are not supported by this server.");
  }
  if (input.MultiRegion && *input.MultiRegion) {
    return keys::Unsupported("Multi-Region keys are not supported: this server is one Region.");
  }
  return {};
}

}  // namespace

net::Task<Result<gen::CreateKeyResponse>> Kms::CreateKey(const wire::Call& call,
                                                         gen::CreateKeyRequest input) {
  if (auto ok = CheckOrigin(input); !ok) co_return std::unexpected(std::move(ok.error()));
  if (input.KeySpec && input.CustomerMasterKeySpec) {
    co_return keys::Invalid(
        "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
        "CustomerMasterKeySpec is deprecated.");
  }
  auto tags = ToTags(OrEmpty(input.Tags));
  if (!tags) co_return std::unexpected(std::move(tags.error()));
  auto policy = BindPolicy(OrEmpty(input.Policy));
  if (!policy) co_return std::unexpected(std::move(policy.error()));
  keys::NewKey wanted{.description = OrEmpty(input.Description),
                      .policy = std::move(*policy),
                      .bypass_policy_check = OrEmpty(input.BypassPolicyLockoutSafetyCheck),
                      .tags = std::move(*tags)};
  if (input.KeySpec) wanted.spec = input.KeySpec->text();
  if (input.CustomerMasterKeySpec) wanted.spec = input.CustomerMasterKeySpec->text();
  if (input.KeyUsage) wanted.usage = input.KeyUsage->text();
  const auto key = co_await pool_.Run(
      [&] { return keys_.administration.Create(ScopeOf(call), wanted, IdentityOf(call)); });
  if (!key) co_return std::unexpected(key.error());
  gen::CreateKeyResponse response;
  response.KeyMetadata = ToMetadata(**key);
  co_return response;
}

}  // namespace bedplate::services::kms
