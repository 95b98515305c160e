// Of users.h: access keys, and long-term keys of Amazon Bedrock.
#include <algorithm>

#include "account/identity/key_ids.h"
#include "account/identity/names.h"
#include "account/identity/users.h"
#include "base/base64.h"
#include "base/ids.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr int64_t kDayMs = 24 * 3'600'000;

Result<LongTermKey*> FindKey(User& user, const std::string& id) {
  const auto key = std::ranges::find(user.keys, id, &LongTermKey::id);
  if (key != user.keys.end()) return &*key;
  return NoSuchEntity(fmt::format("The Access Key with id {} cannot be found.", id));
}

auto NoSuchCredential(const std::string& id) {
  return NoSuchEntity(fmt::format("The service specific credential {} cannot be found.", id));
}

// Of the user that is named, else of whoever has it.
Result<User*> EditOwner(Draft& draft, const std::string& user, const std::string& id) {
  const auto has = [&](const User& candidate) {
    return std::ranges::find(candidate.credentials, id, &ServiceCredential::id) !=
           candidate.credentials.end();
  };
  if (!user.empty()) {
    auto edited = Edit<User>(draft, user);
    if (edited && !has(**edited)) return NoSuchCredential(id);
    return edited;
  }
  for (const auto& [key, candidate] : draft.state().users) {
    if (has(*candidate)) return draft.Edit<User>(key);
  }
  return NoSuchCredential(id);
}

ServiceCredential& CredentialOf(User& user, const std::string& id) {
  return *std::ranges::find(user.credentials, id, &ServiceCredential::id);
}

// A key anew: the base64 of its alias and a secret, as Bedrock's are.
std::string Renew(ServiceCredential& credential) {
  constexpr size_t kSecretSize = 44;
  std::string key = "ABSK";
  AppendBase64(key, credential.alias + ":" + NewRandomText(kSecretSize, kLetters));
  credential.hash.clear();
  AppendBase64(credential.hash, Sha256(key));
  return key;
}

}  // namespace

Result<LongTermKey> CreateAccessKey(Draft& draft, const std::string& user) {
  constexpr size_t kKeysMax = 2;
  auto edited = Edit<User>(draft, user);
  if (!edited) return std::unexpected(std::move(edited.error()));
  if (auto room = CheckQuota((*edited)->keys.size(), kKeysMax, "AccessKeysPerUser"); !room) {
    return std::unexpected(room.error());
  }
  return (*edited)->keys.emplace_back(LongTermKey{.id = NewKeyId("AKIA", draft.account()),
                                                  .secret = NewRandomText(40, kLetters),
                                                  .created_at_ms = draft.now_ms()});
}

Result<void> SetAccessKeyActive(Draft& draft, const std::string& user, const std::string& id,
                                bool active) {
  auto edited = Edit<User>(draft, user);
  if (!edited) return std::unexpected(std::move(edited.error()));
  auto key = FindKey(**edited, id);
  if (!key) return std::unexpected(std::move(key.error()));
  (*key)->active = active;
  return {};
}

Result<void> DeleteAccessKey(Draft& draft, const std::string& user, const std::string& id) {
  auto edited = Edit<User>(draft, user);
  if (!edited) return std::unexpected(std::move(edited.error()));
  if (auto key = FindKey(**edited, id); !key) return std::unexpected(std::move(key.error()));
  std::erase_if((*edited)->keys, [&](const LongTermKey& key) { return key.id == id; });
  return {};
}

Result<MadeCredential> CreateServiceCredential(Draft& draft, const std::string& user,
                                               const std::string& service,
                                               std::optional<int32_t> age_days) {
  constexpr size_t kCredentialsMax = 2;
  if (service != kBedrockServiceName) {
    return FailAs(Fault::kValidation, 400, "ServiceNotSupportedException",
                  fmt::format("There are no service specific credentials for {} here, only for {}.",
                              service, kBedrockServiceName));
  }
  auto edited = Edit<User>(draft, user);
  if (!edited) return std::unexpected(std::move(edited.error()));
  User& owner = **edited;
  if (auto room = CheckQuota(owner.credentials.size(), kCredentialsMax,
                             "ServiceSpecificCredentialsPerUser");
      !room) {
    return std::unexpected(room.error());
  }
  MadeCredential made;
  made.kept = {.id = "ACCA" + NewRandomText(17, kBase32),
               .alias = fmt::format("BedrockAPIKey-{}-at-{}",
                                    NewRandomText(4, kBase32.substr(0, 26)), draft.account()),
               .created_at_ms = draft.now_ms()};
  if (age_days) made.kept.expires_at_ms = draft.now_ms() + *age_days * kDayMs;
  made.key = Renew(made.kept);
  owner.credentials.push_back(made.kept);
  return made;
}

Result<std::pair<std::string, MadeCredential>> ResetServiceCredential(Draft& draft,
                                                                      const std::string& user,
                                                                      const std::string& id) {
  auto owner = EditOwner(draft, user, id);
  if (!owner) return std::unexpected(std::move(owner.error()));
  ServiceCredential& credential = CredentialOf(**owner, id);
  std::string key = Renew(credential);
  return std::pair((*owner)->name, MadeCredential{.kept = credential, .key = std::move(key)});
}

Result<void> SetServiceCredentialActive(Draft& draft, const std::string& user,
                                        const std::string& id, bool active) {
  auto owner = EditOwner(draft, user, id);
  if (!owner) return std::unexpected(std::move(owner.error()));
  CredentialOf(**owner, id).active = active;
  return {};
}

Result<void> DeleteServiceCredential(Draft& draft, const std::string& user, const std::string& id) {
  auto owner = EditOwner(draft, user, id);
  if (!owner) return std::unexpected(std::move(owner.error()));
  std::erase_if((*owner)->credentials,
                [&](const ServiceCredential& credential) { return credential.id == id; });
  return {};
}

}  // namespace bedplate::account
