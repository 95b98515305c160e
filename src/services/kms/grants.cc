#include <fmt/format.h>

#include <utility>

#include "account/keys/key_error.h"
#include "kms/ops/CreateGrant.h"
#include "kms/ops/RetireGrant.h"
#include "kms/ops/RevokeGrant.h"
#include "services/kms/request.h"
#include "services/kms/service.h"
#include "wire/permits.h"

namespace bedplate::services::kms {
namespace {

keys::Grant ToGrant(const wire::Call& call, const gen::CreateGrantRequest& input) {
  keys::Grant grant{.name = OrEmpty(input.Name),
                    .grantee = OrEmpty(input.GranteePrincipal),
                    .grantee_service = OrEmpty(input.GranteeServicePrincipal),
                    .retiring = OrEmpty(input.RetiringPrincipal),
                    .retiring_service = OrEmpty(input.RetiringServicePrincipal),
                    .issuing_account = fmt::format("arn:aws:iam::{}:root", call.account)};
  for (const auto& operation : *input.Operations) grant.operations.emplace_back(operation.text());
  if (!input.Constraints) return grant;
  const gen::GrantConstraints& constraints = *input.Constraints;
  if (constraints.EncryptionContextEquals) {
    grant.context_equals = *constraints.EncryptionContextEquals;
  }
  if (constraints.EncryptionContextSubset) {
    grant.context_subset = *constraints.EncryptionContextSubset;
  }
  grant.source_arn = OrEmpty(constraints.SourceArn);
  return grant;
}

net::Task<Result<void>> AskToRetire(const wire::Call& call, const keys::Key& key,
                                    const std::string& grant_id) {
  if (call.permission == nullptr) co_return Result<void>();
  wire::Ask ask{.action = "kms:RetireGrant", .directory = "kms-grant", .arn = key.arn};
  ask.name = key.arn + "/" + grant_id;
  co_return co_await call.permission->Check(std::move(ask));
}

}  // namespace

net::Task<Result<gen::CreateGrantResponse>> Kms::CreateGrant(const wire::Call& call,
                                                             gen::CreateGrantRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId, keys::Names::kKeys);
  if (!key) co_return std::unexpected(key.error());
  const keys::Grant wanted = ToGrant(call, input);
  if (auto ok = keys_.grants.Check(**key, wanted); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  auto made = co_await pool_.Run([&] { return keys_.grants.Create(**key, wanted); });
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::CreateGrantResponse response;
  response.GrantToken = std::move(made->token);
  response.GrantId = std::move(made->id);
  co_return response;
}

net::Task<Result<void>> Kms::RevokeGrant(const wire::Call& call, gen::RevokeGrantRequest input) {
  const auto key = co_await Find(call, *input.KeyId, keys::Names::kKeys);
  if (!key) co_return std::unexpected(key.error());
  if (auto grant = keys::KeyGrants::Find(**key, *input.GrantId); !grant) {
    co_return std::unexpected(std::move(grant.error()));
  }
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  co_return co_await pool_.Run([&] { return keys_.grants.Revoke(**key, *input.GrantId); });
}

// The grant decides who may, and accounts that let their identities (KeyDirectory): not the key's
// policy.
net::Task<Result<void>> Kms::RetireGrant(const wire::Call& call, gen::RetireGrantRequest input) {
  const bool by_id = input.KeyId && input.GrantId;
  if (input.GrantToken.has_value() == by_id || input.KeyId.has_value() != by_id ||
      input.GrantId.has_value() != by_id) {
    co_return keys::Invalid("Either GrantToken, or KeyId and GrantId, must be given.");
  }
  Result<keys::KeyPtr> key;
  std::string grant_id;
  if (by_id) {
    if (!input.KeyId->starts_with("arn:")) {
      co_return keys::InvalidArn(fmt::format("KeyId '{}' is not the ARN of a key.", *input.KeyId));
    }
    key = co_await Find(call, *input.KeyId, keys::Names::kKeys);
    grant_id = *input.GrantId;
  } else {
    auto named = keys_.grants.ReadToken(*input.GrantToken);
    if (!named) co_return std::unexpected(std::move(named.error()));
    key = co_await pool_.Run([&] { return keys_.store.Find(named->key); });
    grant_id = std::move(named->grant_id);
  }
  if (!key) co_return std::unexpected(std::move(key.error()));
  const auto grant = keys::KeyGrants::Find(**key, grant_id);
  if (!grant) co_return std::unexpected(grant.error());
  if (auto may = co_await AskToRetire(call, **key, grant_id); !may) co_return may;
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  co_return co_await pool_.Run([&] { return keys_.grants.Revoke(**key, grant_id); });
}

}  // namespace bedplate::services::kms
