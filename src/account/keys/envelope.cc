#include "account/keys/envelope.h"

#include <utility>

#include "account/keys/ciphertext.h"
#include "account/keys/key_error.h"
#include "base/ids.h"

namespace bedplate::account::keys {
namespace {

constexpr std::size_t kDataKeyBytes = 32;
constexpr std::string_view kSymmetric = "SYMMETRIC_DEFAULT";

Result<DataKey> MakeUnder(const Key& key, const EncryptionContext& context) {
  if (auto ok = CheckUsable(key, Usage::kEncryptDecrypt, kSymmetric, "GenerateDataKey"); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  if (auto ok = CheckContext(context); !ok) return std::unexpected(std::move(ok.error()));
  DataKey made{.plaintext = Secret(kDataKeyBytes), .sealed = {}, .key_arn = key.arn};
  FillRandom({made.plaintext.data(), made.plaintext.size()});
  made.sealed = EncryptText(key, made.plaintext.bytes(), context);
  return made;
}

Result<Secret> OpenWith(const Key& key, std::string_view sealed, const EncryptionContext& context) {
  if (auto ok = CheckUsable(key, Usage::kEncryptDecrypt, kSymmetric, "Decrypt"); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  auto opened = DecryptText(key, sealed, context);
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::move(opened->plaintext);
}

std::optional<state::KeyPlace> PlaceOf(const std::string& region, std::string_view sealed) {
  auto named = ReadCiphertextKey(sealed);
  if (!named) return std::nullopt;
  return state::KeyPlace{
      .account = std::move(named->account), .region = region, .key_id = std::move(named->key_id)};
}

}  // namespace

Result<DataKey> Envelopes::Make(const Scope& scope, std::string_view identifier,
                                const EncryptionContext& context) {
  if (auto made = TryMake(scope, identifier, context)) return std::move(*made);
  const auto key = store_.Find(scope, identifier);
  if (!key) return std::unexpected(key.error());
  return MakeUnder(**key, context);
}

std::optional<Result<DataKey>> Envelopes::TryMake(const Scope& scope, std::string_view identifier,
                                                  const EncryptionContext& context) const {
  const auto key = store_.Cached(scope, identifier);
  if (!key) return std::nullopt;
  return MakeUnder(**key, context);
}

Result<Secret> Envelopes::Open(const std::string& region, std::string_view sealed,
                               const EncryptionContext& context) {
  const auto place = PlaceOf(region, sealed);
  if (!place) return InvalidCiphertext();
  const auto key = store_.Find(*place);
  if (!key) return std::unexpected(key.error());
  return OpenWith(**key, sealed, context);
}

std::optional<Result<Secret>> Envelopes::TryOpen(const std::string& region, std::string_view sealed,
                                                 const EncryptionContext& context) const {
  const auto place = PlaceOf(region, sealed);
  if (!place) return InvalidCiphertext();
  const auto key = store_.Cached(*place);
  if (!key) return std::nullopt;
  return OpenWith(**key, sealed, context);
}

}  // namespace bedplate::account::keys
