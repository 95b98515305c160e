#include "account/keys/key_aliases.h"

#include <fmt/format.h>

#include <utility>

#include "account/keys/key_error.h"

namespace bedplate::account::keys {
namespace {

Result<void> CheckChangeable(const std::string& name) {
  if (auto ok = CheckAliasName(name); !ok) return ok;
  if (!IsReservedAlias(name)) return {};
  return KeyError(Fault::kAccessDenied, "NotAuthorizedException",
                  fmt::format("The alias {} begins with alias/aws/, which is reserved for AWS "
                              "managed keys.",
                              name));
}

state::KeyPlace PlaceOf(const Scope& scope, std::string key_id) {
  return {.account = scope.account, .region = scope.region, .key_id = std::move(key_id)};
}

std::unexpected<Error> NoSuchAlias(const Scope& scope, const std::string& name) {
  return NotFound(
      fmt::format("Alias {} is not found.", AliasArn(scope.account, scope.region, name)));
}

// RSA and ECC are both asymmetric keys.
bool IsOfOneKind(const Key& a, const Key& b) {
  const auto kind = [](const Key& key) {
    return key.spec->family == Family::kEcc ? Family::kRsa : key.spec->family;
  };
  return a.usage == b.usage && kind(a) == kind(b);
}

}  // namespace

Result<KeyPtr> KeyAliases::Target(const Scope& scope, const std::string& name,
                                  const std::string& target) {
  if (auto ok = CheckChangeable(name); !ok) return std::unexpected(std::move(ok.error()));
  auto key = store_.Find(scope, target, Names::kKeys);
  if (!key) return key;
  if ((*key)->account != scope.account) {
    return NotFound(
        fmt::format("Key '{}' is of another account; an alias is of its key's account.", target));
  }
  if (auto ok = CheckNotPendingDeletion((*key)->state, (*key)->arn); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  return key;
}

Result<void> KeyAliases::Create(const Scope& scope, const std::string& name,
                                const std::string& target) {
  const auto key = Target(scope, name, target);
  if (!key) return std::unexpected(key.error());
  const int64_t now_ms = store_.NowMs();
  auto made = store_.aliases().Insert({.account = scope.account,
                                       .region = scope.region,
                                       .name = name,
                                       .key_id = (*key)->id,
                                       .created_at_ms = now_ms,
                                       .updated_at_ms = now_ms});
  store_.ForgetAlias(scope.account, scope.region, name);
  store_.Forget((*key)->place());
  if (made) return {};
  if (made.error().fault == Fault::kConflict) {
    return KeyError(Fault::kConflict, "AlreadyExistsException",
                    fmt::format("An alias with the name {} already exists",
                                AliasArn(scope.account, scope.region, name)));
  }
  return FromState(std::move(made.error()));
}

Result<void> KeyAliases::Update(const Scope& scope, const std::string& name,
                                const std::string& target) {
  const auto key = Target(scope, name, target);
  if (!key) return std::unexpected(key.error());
  const auto named = store_.aliases().Find(scope.account, scope.region, name);
  if (!named && named.error().fault == Fault::kNotFound) return NoSuchAlias(scope, name);
  if (!named) return std::unexpected(named.error());
  const auto earlier = store_.Find(PlaceOf(scope, *named));
  if (earlier && !IsOfOneKind(**earlier, **key)) {
    return Invalid(fmt::format(
        "The alias {} names a key of spec {} for {}; {} is of spec {} for {}. Both must be "
        "symmetric, asymmetric or HMAC keys of one usage.",
        name, (*earlier)->spec->name, UsageName((*earlier)->usage), (*key)->arn, (*key)->spec->name,
        UsageName((*key)->usage)));
  }
  auto updated = store_.aliases().Update({.account = scope.account,
                                          .region = scope.region,
                                          .name = name,
                                          .key_id = (*key)->id,
                                          .updated_at_ms = store_.NowMs()});
  store_.ForgetAlias(scope.account, scope.region, name);
  store_.Forget((*key)->place());
  if (updated) {
    store_.Forget(PlaceOf(scope, *updated));
    return {};
  }
  if (updated.error().fault == Fault::kNotFound) return NoSuchAlias(scope, name);
  return FromState(std::move(updated.error()));
}

Result<void> KeyAliases::Delete(const Scope& scope, const std::string& name) {
  if (auto ok = CheckChangeable(name); !ok) return ok;
  auto gone = store_.aliases().Delete(scope.account, scope.region, name);
  store_.ForgetAlias(scope.account, scope.region, name);
  if (!gone && gone.error().fault == Fault::kNotFound) return NoSuchAlias(scope, name);
  if (!gone) return std::unexpected(std::move(gone.error()));
  store_.Forget(PlaceOf(scope, *gone));
  return {};
}

Result<std::vector<state::AliasRow>> KeyAliases::List(const Scope& scope, const std::string& key_id,
                                                      const std::string& after, size_t most) {
  return store_.aliases().List(scope.account, scope.region, key_id, after, most);
}

}  // namespace bedplate::account::keys
