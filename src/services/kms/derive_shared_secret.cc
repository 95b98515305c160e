#include <utility>

#include "account/keys/asymmetric.h"
#include "account/keys/key_error.h"
#include "kms/ops/DeriveSharedSecret.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {

net::Task<Result<gen::DeriveSharedSecretResponse>> Kms::DeriveSharedSecret(
    const wire::Call& call, gen::DeriveSharedSecretRequest input) {
  if (input.Recipient) co_return NoRecipient();
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kKeyAgreement,
                                  input.KeyAgreementAlgorithm->text(), call.operation);
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto secret =
      co_await pool_.Run([&] { return keys::AgreeOnSecret(**key, input.PublicKey->bytes); });
  if (!secret) co_return std::unexpected(secret.error());
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::DeriveSharedSecretResponse response;
  response.KeyId = (*key)->arn;
  response.SharedSecret = wire::Blob{std::string(secret->bytes())};
  response.KeyAgreementAlgorithm = *input.KeyAgreementAlgorithm;
  response.KeyOrigin = wire::OpenEnum<gen::OriginType>(gen::OriginType::kAwsKms);
  co_return response;
}

}  // namespace bedplate::services::kms
