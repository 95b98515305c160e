#include "kms/ops/Sign.h"

#include <fmt/format.h>

#include <utility>

#include "account/keys/asymmetric.h"
#include "account/keys/key_error.h"
#include "kms/ops/Verify.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

Result<bool> IsDigest(const wire::Opt<wire::OpenEnum<gen::MessageType>>& type) {
  if (!type || *type == gen::MessageType::kRaw) return false;
  if (*type == gen::MessageType::kDigest) return true;
  return keys::Invalid(fmt::format("MessageType {} is for ML_DSA keys alone.", type->text()));
}

// A signature by any other key would hold up the requests beside it.
bool IsQuick(const keys::Key& key) { return key.spec->name == "ECC_NIST_P256"; }

}  // namespace

net::Task<Result<gen::SignResponse>> Kms::Sign(const wire::Call& call, gen::SignRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto digest = IsDigest(input.MessageType);
  if (!digest) co_return std::unexpected(digest.error());
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const std::string_view algorithm = input.SigningAlgorithm->text();
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kSignVerify, algorithm, call.operation);
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto sign = [&] {
    return keys::SignMessage(**key, algorithm, input.Message->bytes, *digest);
  };
  auto signature = IsQuick(**key) ? sign() : co_await pool_.Run(sign);
  if (!signature) co_return std::unexpected(std::move(signature.error()));
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::SignResponse response;
  response.KeyId = (*key)->arn;
  response.Signature = wire::Blob{std::move(*signature)};
  response.SigningAlgorithm = *input.SigningAlgorithm;
  co_return response;
}

net::Task<Result<gen::VerifyResponse>> Kms::Verify(const wire::Call& call,
                                                   gen::VerifyRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto digest = IsDigest(input.MessageType);
  if (!digest) co_return std::unexpected(digest.error());
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const std::string_view algorithm = input.SigningAlgorithm->text();
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kSignVerify, algorithm, call.operation);
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto verify = [&] {
    return keys::VerifyMessage(**key, algorithm, input.Message->bytes, *digest,
                               input.Signature->bytes);
  };
  const bool quick = IsQuick(**key) || (*key)->spec->family == keys::Family::kRsa;
  const auto valid = quick ? verify() : co_await pool_.Run(verify);
  if (!valid) co_return std::unexpected(valid.error());
  if (!*valid) {
    co_return keys::KeyError(Fault::kValidation, "KMSInvalidSignatureException",
                             "The signature is not that of the message and the key.");
  }
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::VerifyResponse response;
  response.KeyId = (*key)->arn;
  response.SignatureValid = true;
  response.SigningAlgorithm = *input.SigningAlgorithm;
  co_return response;
}

}  // namespace bedplate::services::kms
