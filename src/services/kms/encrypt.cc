#include "kms/ops/Encrypt.h"

#include <string>
#include <utility>
#include <vector>

#include "account/keys/asymmetric.h"
#include "account/keys/ciphertext.h"
#include "account/keys/key_error.h"
#include "base/base64.h"
#include "kms/ops/Decrypt.h"
#include "kms/ops/ReEncrypt.h"
#include "services/kms/request.h"
#include "services/kms/service.h"
#include "wire/permits.h"
#include "wire/rule_asks.h"

namespace bedplate::services::kms {
namespace {

constexpr std::string_view kSymmetric = "SYMMETRIC_DEFAULT";
using Algorithm = wire::OpenEnum<gen::EncryptionAlgorithmSpec>;

Algorithm OrSymmetric(const wire::Opt<Algorithm>& algorithm) {
  return algorithm ? *algorithm : Algorithm(gen::EncryptionAlgorithmSpec::kSymmetricDefault);
}

// Only symmetric keys bind a context, and only so much of it.
Result<void> CheckContext(const keys::EncryptionContext& context, std::string_view algorithm) {
  if (algorithm == kSymmetric || context.empty()) return keys::CheckContext(context);
  return keys::Invalid("EncryptionContext is not supported with asymmetric KMS keys.");
}

Result<std::string> EncryptWith(const keys::Key& key, std::string_view algorithm,
                                std::string_view plaintext, const keys::EncryptionContext& context,
                                std::string_view operation) {
  if (auto ok = CheckContext(context, algorithm); !ok) return std::unexpected(ok.error());
  if (auto ok = keys::CheckUsable(key, keys::Usage::kEncryptDecrypt, algorithm, operation); !ok) {
    return std::unexpected(ok.error());
  }
  if (algorithm != kSymmetric) return keys::EncryptRsa(key, algorithm, plaintext);
  return keys::EncryptText(key, plaintext, context);
}

Result<keys::Decrypted> DecryptWith(const keys::Key& key, std::string_view algorithm,
                                    std::string_view blob, const keys::EncryptionContext& context) {
  if (algorithm == kSymmetric) return keys::DecryptText(key, blob, context);
  auto plaintext = keys::DecryptRsa(key, algorithm, blob);
  if (!plaintext) return std::unexpected(std::move(plaintext.error()));
  return keys::Decrypted{.plaintext = std::move(*plaintext), .material = nullptr};
}

// A dry run may leave the ciphertext out.
Result<bool> IgnoresCiphertext(const wire::Opt<bool>& dry_run, const auto& modifiers,
                               const wire::Opt<wire::Blob>& blob,
                               const wire::Opt<std::string>& key_id) {
  const bool ignores = modifiers && !modifiers->empty();
  if (ignores && !IsDryRun(dry_run)) {
    return keys::Invalid("DryRunModifiers are for requests with DryRun alone.");
  }
  if (ignores && !key_id) return keys::Invalid("IGNORE_CIPHERTEXT needs the key to be named.");
  if (!ignores && !blob) {
    return keys::Invalid(
        "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: "
        "Member must not be null");
  }
  return ignores;
}

// One of the two keys of a ReEncrypt, as its permission is asked for.
struct AskedKey {
  std::string action{};
  const wire::Opt<std::string>& key_id;
  std::string_view blob{};  // which names the key where there is no id
  const keys::EncryptionContext& context;
  std::string_view algorithm{};
};

net::Task<Result<void>> AskForKey(const wire::Call& call, const AskedKey& asked, bool same_key) {
  wire::Ask ask{.action = asked.action, .directory = asked.key_id ? "kms-key" : "kms-ciphertext"};
  if (asked.key_id) {
    ask.name = *asked.key_id;
  } else {
    AppendBase64(ask.name, asked.blob);
  }
  ask.arn = ask.name;
  if (!asked.key_id || !ask.name.starts_with("arn:")) {
    const wire::CallerNames& caller = call.permission->caller();
    ask.arn = keys::KeyArn(caller.account, caller.region, asked.key_id ? ask.name : "*");
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : asked.context) {
    names.push_back(name);
    ask.context.push_back({"kms:EncryptionContext:" + name, {value}});
  }
  if (auto ok = wire::CheckNames(ask.context); !ok) co_return keys::Invalid(ok.error().message);
  if (!names.empty()) ask.context.push_back({"kms:EncryptionContextKeys", std::move(names)});
  ask.context.push_back({"kms:EncryptionAlgorithm", {std::string(asked.algorithm)}});
  ask.context.push_back({"kms:ReEncryptOnSameKey", {same_key ? "true" : "false"}});
  co_return co_await call.permission->Check(std::move(ask));
}

}  // namespace

net::Task<Result<gen::EncryptResponse>> Kms::Encrypt(const wire::Call& call,
                                                     gen::EncryptRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = co_await Find(call, *input.KeyId);
  if (!key) co_return std::unexpected(key.error());
  const Algorithm algorithm = OrSymmetric(input.EncryptionAlgorithm);
  auto blob = EncryptWith(**key, algorithm.text(), input.Plaintext->bytes,
                          OrEmpty(input.EncryptionContext), "Encrypt");
  if (!blob) co_return std::unexpected(std::move(blob.error()));
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::EncryptResponse response;
  response.CiphertextBlob = wire::Blob{std::move(*blob)};
  response.KeyId = (*key)->arn;
  response.EncryptionAlgorithm = algorithm;
  co_return response;
}

net::Task<Result<gen::DecryptResponse>> Kms::Decrypt(const wire::Call& call,
                                                     gen::DecryptRequest input) {
  if (input.Recipient) co_return NoRecipient();
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto ignored =
      IgnoresCiphertext(input.DryRun, input.DryRunModifiers, input.CiphertextBlob, input.KeyId);
  if (!ignored) co_return std::unexpected(ignored.error());
  const Algorithm algorithm = OrSymmetric(input.EncryptionAlgorithm);
  const keys::EncryptionContext& context = OrEmpty(input.EncryptionContext);
  const std::string_view blob = input.CiphertextBlob->bytes;
  if (auto ok = CheckContext(context, algorithm.text()); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto key = *ignored ? co_await Find(call, *input.KeyId)
                            : co_await FindForCiphertext(call, blob, input.KeyId, algorithm.text());
  if (!key) co_return std::unexpected(key.error());
  if (auto ok = keys::CheckUsable(**key, keys::Usage::kEncryptDecrypt, algorithm.text(), "Decrypt");
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (*ignored) co_return DryRunDone();
  const auto decrypt = [&] { return DecryptWith(**key, algorithm.text(), blob, context); };
  auto plain = algorithm.text() == kSymmetric ? decrypt() : co_await pool_.Run(decrypt);
  if (!plain) co_return std::unexpected(std::move(plain.error()));
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::DecryptResponse response;
  response.KeyId = (*key)->arn;
  response.Plaintext = wire::Blob{std::string(plain->plaintext.bytes())};
  response.EncryptionAlgorithm = algorithm;
  if (plain->material != nullptr) response.KeyMaterialId = plain->material->id;
  co_return response;
}

net::Task<Result<gen::ReEncryptResponse>> Kms::ReEncrypt(const wire::Call& call,
                                                         gen::ReEncryptRequest input) {
  if (auto ok = keys_.grants.CheckTokens(OrEmpty(input.GrantTokens)); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto ignored = IgnoresCiphertext(input.DryRun, input.DryRunModifiers, input.CiphertextBlob,
                                         input.SourceKeyId);
  if (!ignored) co_return std::unexpected(ignored.error());
  const Algorithm from = OrSymmetric(input.SourceEncryptionAlgorithm);
  const Algorithm to = OrSymmetric(input.DestinationEncryptionAlgorithm);
  const keys::EncryptionContext& context = OrEmpty(input.SourceEncryptionContext);
  const std::string_view blob = input.CiphertextBlob->bytes;
  if (auto ok = CheckContext(context, from.text()); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  const auto source = *ignored
                          ? co_await Find(call, *input.SourceKeyId)
                          : co_await FindForCiphertext(call, blob, input.SourceKeyId, from.text());
  const auto destination = co_await Find(call, *input.DestinationKeyId);
  // Whether both are one key is known only now. A caller who may not isn't told what isn't there.
  const bool same_key = source && destination && (*source)->arn == (*destination)->arn;
  if (call.permission != nullptr) {
    const AskedKey of_source{.action = "kms:ReEncryptFrom",
                             .key_id = input.SourceKeyId,
                             .blob = blob,
                             .context = context,
                             .algorithm = from.text()};
    const AskedKey of_destination{.action = "kms:ReEncryptTo",
                                  .key_id = input.DestinationKeyId,
                                  .context = OrEmpty(input.DestinationEncryptionContext),
                                  .algorithm = to.text()};
    for (const AskedKey* each : {&of_source, &of_destination}) {
      if (auto may = co_await AskForKey(call, *each, same_key); !may) {
        co_return std::unexpected(std::move(may.error()));
      }
    }
  }
  if (!source) co_return std::unexpected(source.error());
  if (!destination) co_return std::unexpected(destination.error());
  if (auto ok =
          keys::CheckUsable(**source, keys::Usage::kEncryptDecrypt, from.text(), "ReEncryptFrom");
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (auto ok =
          keys::CheckUsable(**destination, keys::Usage::kEncryptDecrypt, to.text(), "ReEncryptTo");
      !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (*ignored) co_return DryRunDone();
  const auto decrypt = [&] { return DecryptWith(**source, from.text(), blob, context); };
  const auto plain = from.text() == kSymmetric ? decrypt() : co_await pool_.Run(decrypt);
  if (!plain) co_return std::unexpected(plain.error());
  auto again = EncryptWith(**destination, to.text(), plain->plaintext.bytes(),
                           OrEmpty(input.DestinationEncryptionContext), "ReEncryptTo");
  if (!again) co_return std::unexpected(std::move(again.error()));
  if (IsDryRun(input.DryRun)) co_return DryRunDone();
  gen::ReEncryptResponse response;
  response.CiphertextBlob = wire::Blob{std::move(*again)};
  response.SourceKeyId = (*source)->arn;
  response.KeyId = (*destination)->arn;
  response.SourceEncryptionAlgorithm = from;
  response.DestinationEncryptionAlgorithm = to;
  if (plain->material != nullptr) response.SourceKeyMaterialId = plain->material->id;
  if (to.text() == kSymmetric) {
    response.DestinationKeyMaterialId = (*destination)->current().id;
  }
  co_return response;
}

}  // namespace bedplate::services::kms
