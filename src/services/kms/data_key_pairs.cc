#include <fmt/format.h>

#include <utility>

#include "account/keys/ciphertext.h"
#include "account/keys/key_error.h"
#include "account/keys/material.h"
#include "kms/ops/GenerateDataKeyPair.h"
#include "kms/ops/GenerateDataKeyPairWithoutPlaintext.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr std::string_view kSymmetric = "SYMMETRIC_DEFAULT";

}  // namespace

struct Kms::KeyPair {
  keys::KeyPtr key{};
  keys::Secret private_key{};
  std::string blob{};
  std::string public_key{};
};

net::Task<Result<Kms::KeyPair>> Kms::MakeKeyPair(
    const wire::Call& call, const std::string& identifier, std::string_view spec,
    const keys::EncryptionContext& context, const std::vector<std::string>& tokens, bool dry_run) {
  const keys::KeySpec* const kind = keys::FindSpec(spec);
  if (kind == nullptr) {
    co_return keys::Unsupported(
        fmt::format("KeyPairSpec {} is not supported by this server.", spec));
  }
  if (auto ok = keys_.grants.CheckTokens(tokens); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = keys::CheckContext(context); !ok) co_return std::unexpected(std::move(ok.error()));
  auto key = co_await Find(call, identifier);
  if (!key) co_return std::unexpected(std::move(key.error()));
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kEncryptDecrypt, kSymmetric, call.operation);
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (dry_run) co_return DryRunDone();
  co_return co_await pool_.Run([&]() -> Result<KeyPair> {
    const keys::PrivateKey made = keys::MakePrivateKey(*kind);
    KeyPair pair{.key = *key,
                 .private_key = keys::WritePrivateKey(made.get()),
                 .blob = {},
                 .public_key = keys::WritePublicKey(made.get())};
    pair.blob = keys::EncryptText(**key, pair.private_key.bytes(), context);
    return pair;
  });
}

net::Task<Result<gen::GenerateDataKeyPairResponse>> Kms::GenerateDataKeyPair(
    const wire::Call& call, gen::GenerateDataKeyPairRequest input) {
  if (input.Recipient) co_return NoRecipient();
  auto pair = co_await MakeKeyPair(call, *input.KeyId, input.KeyPairSpec->text(),
                                   OrEmpty(input.EncryptionContext), OrEmpty(input.GrantTokens),
                                   IsDryRun(input.DryRun));
  if (!pair) co_return std::unexpected(std::move(pair.error()));
  gen::GenerateDataKeyPairResponse response;
  response.PrivateKeyCiphertextBlob = wire::Blob{std::move(pair->blob)};
  response.PrivateKeyPlaintext = wire::Blob{std::string(pair->private_key.bytes())};
  response.PublicKey = wire::Blob{std::move(pair->public_key)};
  response.KeyId = pair->key->arn;
  response.KeyPairSpec = *input.KeyPairSpec;
  response.KeyMaterialId = pair->key->current().id;
  co_return response;
}

net::Task<Result<gen::GenerateDataKeyPairWithoutPlaintextResponse>>
Kms::GenerateDataKeyPairWithoutPlaintext(const wire::Call& call,
                                         gen::GenerateDataKeyPairWithoutPlaintextRequest input) {
  auto pair = co_await MakeKeyPair(call, *input.KeyId, input.KeyPairSpec->text(),
                                   OrEmpty(input.EncryptionContext), OrEmpty(input.GrantTokens),
                                   IsDryRun(input.DryRun));
  if (!pair) co_return std::unexpected(std::move(pair.error()));
  gen::GenerateDataKeyPairWithoutPlaintextResponse response;
  response.PrivateKeyCiphertextBlob = wire::Blob{std::move(pair->blob)};
  response.PublicKey = wire::Blob{std::move(pair->public_key)};
  response.KeyId = pair->key->arn;
  response.KeyPairSpec = *input.KeyPairSpec;
  response.KeyMaterialId = pair->key->current().id;
  co_return response;
}

}  // namespace bedplate::services::kms
