#include <utility>

#include "account/keys/ciphertext.h"
#include "account/keys/key_error.h"
#include "base/ids.h"
#include "kms/ops/GenerateDataKey.h"
#include "kms/ops/GenerateDataKeyWithoutPlaintext.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr std::string_view kSymmetric = "SYMMETRIC_DEFAULT";
constexpr size_t kAes128Bytes = 16;
constexpr size_t kAes256Bytes = 32;

Result<size_t> SizeOf(const wire::Opt<int32_t>& bytes,
                      const wire::Opt<wire::OpenEnum<gen::DataKeySpec>>& spec) {
  if (bytes.has_value() == spec.has_value()) {
    return keys::Invalid("Please specify either number of bytes or key spec.");
  }
  if (bytes) return static_cast<size_t>(*bytes);
  return *spec == gen::DataKeySpec::kAes128 ? kAes128Bytes : kAes256Bytes;
}

}  // namespace

struct Kms::DataKey {
  keys::KeyPtr key{};
  keys::Secret plaintext{};
  std::string blob{};
};

net::Task<Result<Kms::DataKey>> Kms::MakeDataKey(const wire::Call& call,
                                                 const std::string& identifier, size_t bytes,
                                                 const keys::EncryptionContext& context,
                                                 const std::vector<std::string>& tokens,
                                                 bool dry_run) {
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
  DataKey made{.key = std::move(*key), .plaintext = keys::Secret(bytes), .blob = {}};
  FillRandom({made.plaintext.data(), made.plaintext.size()});
  made.blob = keys::EncryptText(*made.key, made.plaintext.bytes(), context);
  co_return made;
}

net::Task<Result<gen::GenerateDataKeyResponse>> Kms::GenerateDataKey(
    const wire::Call& call, gen::GenerateDataKeyRequest input) {
  if (input.Recipient) co_return NoRecipient();
  const auto bytes = SizeOf(input.NumberOfBytes, input.KeySpec);
  if (!bytes) co_return std::unexpected(bytes.error());
  auto made = co_await MakeDataKey(call, *input.KeyId, *bytes, OrEmpty(input.EncryptionContext),
                                   OrEmpty(input.GrantTokens), IsDryRun(input.DryRun));
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::GenerateDataKeyResponse response;
  response.CiphertextBlob = wire::Blob{std::move(made->blob)};
  response.Plaintext = wire::Blob{std::string(made->plaintext.bytes())};
  response.KeyId = made->key->arn;
  response.KeyMaterialId = made->key->current().id;
  co_return response;
}

net::Task<Result<gen::GenerateDataKeyWithoutPlaintextResponse>>
Kms::GenerateDataKeyWithoutPlaintext(const wire::Call& call,
                                     gen::GenerateDataKeyWithoutPlaintextRequest input) {
  const auto bytes = SizeOf(input.NumberOfBytes, input.KeySpec);
  if (!bytes) co_return std::unexpected(bytes.error());
  auto made = co_await MakeDataKey(call, *input.KeyId, *bytes, OrEmpty(input.EncryptionContext),
                                   OrEmpty(input.GrantTokens), IsDryRun(input.DryRun));
  if (!made) co_return std::unexpected(std::move(made.error()));
  gen::GenerateDataKeyWithoutPlaintextResponse response;
  response.CiphertextBlob = wire::Blob{std::move(made->blob)};
  response.KeyId = made->key->arn;
  response.KeyMaterialId = made->key->current().id;
  co_return response;
}

}  // namespace bedplate::services::kms
