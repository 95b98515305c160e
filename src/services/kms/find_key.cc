#include <fmt/format.h>

#include <utility>

#include "account/keys/ciphertext.h"
#include "account/keys/key_error.h"
#include "services/kms/request.h"
#include "services/kms/service.h"

namespace bedplate::services::kms {
namespace {

constexpr std::string_view kSymmetric = "SYMMETRIC_DEFAULT";

std::unexpected<Error> NoSuchCiphertextKey() {
  return keys::NotAuthorized(
      "The ciphertext refers to a customer master key that does not exist, does not exist in this "
      "region, or you are not allowed to access.");
}

}  // namespace

net::Task<Result<keys::KeyPtr>> Kms::Find(const wire::Call& call, const std::string& identifier,
                                          keys::Names names) {
  const keys::Scope scope = ScopeOf(call);
  if (auto cached = keys_.store.Cached(scope, identifier, names)) co_return std::move(*cached);
  co_return co_await pool_.Run([&] { return keys_.store.Find(scope, identifier, names); });
}

net::Task<Result<keys::KeyPtr>> Kms::FindOwn(const wire::Call& call,
                                             const std::string& identifier) {
  auto key = co_await Find(call, identifier, keys::Names::kKeys);
  if (!key || (*key)->account == call.account) co_return key;
  co_return keys::NotAuthorized(fmt::format(
      "User: {} is not authorized to perform: kms:{} on resource: {} because the resource belongs "
      "to another account",
      call.principal_arn, call.operation, (*key)->arn));
}

net::Task<Result<keys::KeyPtr>> Kms::FindForCiphertext(const wire::Call& call,
                                                       std::string_view blob,
                                                       const wire::Opt<std::string>& identifier,
                                                       std::string_view algorithm) {
  if (algorithm != kSymmetric && !identifier) {
    co_return keys::Invalid(
        fmt::format("KeyId must be given with the EncryptionAlgorithm {}.", algorithm));
  }
  Result<keys::KeyPtr> key;
  if (identifier) key = co_await Find(call, *identifier);
  if (!key || algorithm != kSymmetric) co_return key;
  const auto named = keys::ReadCiphertextKey(blob);
  if (!named) co_return keys::InvalidCiphertext();
  if (*key != nullptr) {
    if ((*key)->id == named->key_id && (*key)->account == named->account) co_return key;
    // A key that is of another kind is told by its use.
    if ((*key)->spec->name != kSymmetric) co_return key;
    co_return keys::KeyError(
        Fault::kValidation, "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.");
  }
  const state::KeyPlace place{
      .account = named->account, .region = call.region, .key_id = named->key_id};
  if (auto cached = keys_.store.Cached(place)) co_return std::move(*cached);
  key = co_await pool_.Run([&] { return keys_.store.Find(place); });
  if (!key && key.error().fault == Fault::kNotFound) co_return NoSuchCiphertextKey();
  co_return key;
}

}  // namespace bedplate::services::kms
