#include <utility>

#include "account/keys/key_error.h"
#include "kms/ops/DescribeKey.h"
#include "kms/ops/GetPublicKey.h"
#include "services/kms/key_metadata.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {

net::Task<Result<gen::DescribeKeyResponse>> Kms::DescribeKey(const wire::Call& call,
                                                             gen::DescribeKeyRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  gen::DescribeKeyResponse response;
  response.KeyMetadata = ToMetadata(**key);
  co_return response;
}

net::Task<Result<gen::GetPublicKeyResponse>> Kms::GetPublicKey(const wire::Call& call,
                                                               gen::GetPublicKeyRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  if ((*key)->current().private_key == nullptr) {
    co_return keys::Unsupported((*key)->arn + " is a " + std::string((*key)->spec->name) +
                                " key, which has no public key.");
  }
  if (auto ok = keys::CheckEnabled((*key)->state, (*key)->arn); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  gen::KeyMetadata metadata = ToMetadata(**key);
  gen::GetPublicKeyResponse response;
  response.KeyId = (*key)->arn;
  response.PublicKey = wire::Blob{(*key)->current().public_key};
  response.CustomerMasterKeySpec = std::move(metadata.CustomerMasterKeySpec);
  response.KeySpec = std::move(metadata.KeySpec);
  response.KeyUsage = std::move(metadata.KeyUsage);
  response.EncryptionAlgorithms = std::move(metadata.EncryptionAlgorithms);
  response.SigningAlgorithms = std::move(metadata.SigningAlgorithms);
  response.KeyAgreementAlgorithms = std::move(metadata.KeyAgreementAlgorithms);
  co_return response;
}

}  // namespace bedplate::services::kms
