#include "account/identity/identities.h"

#include <unordered_map>

#include "account/identity/identity_store.h"
#include "account/identity/session.h"
#include "base/clock.h"

namespace bedplate::account {
namespace {

constexpr size_t kSessionsKept = 512;  // of each thread

// A session's token as it was opened, and who that is as of a version of the store.
struct OpenedSession {
  Session session{};
  std::string secret{};
  uint64_t version = 0;
  std::shared_ptr<const AccessKey> key{};
};

struct OpenedSessions {
  uint64_t store = 0;
  std::unordered_map<std::string, OpenedSession> by_token{};
};

OpenedSession* Open(const IdentityStore& store, uint64_t store_id, std::string_view token) {
  thread_local OpenedSessions opened;
  if (opened.store != store_id || opened.by_token.size() >= kSessionsKept) {
    opened = {.store = store_id};
  }
  std::string key(token);
  if (const auto found = opened.by_token.find(key); found != opened.by_token.end()) {
    return &found->second;
  }
  auto session = OpenSession(store.sealer(), token);
  if (!session) return nullptr;
  auto& entry = opened.by_token[std::move(key)];
  entry = {.session = std::move(*session), .secret = SecretOf(store.sealer(), token)};
  return &entry;
}

std::shared_ptr<const AccessKey> KeyOf(const Snapshot& snapshot, const OpenedSession& opened) {
  const AccountView* const view = snapshot.Find(opened.session.account);
  PrincipalPtr owner = view == nullptr ? nullptr : PrincipalOf(*view, opened.session);
  if (owner == nullptr) return nullptr;
  return std::make_shared<const AccessKey>(AccessKey{
      .id = opened.session.access_key_id, .secret = opened.secret, .owner = std::move(owner)});
}

}  // namespace

Identities::Identities(const RootCredentials& root)
    : own_(std::make_unique<IdentityStore>(root, Sealer(), SystemClock())), store_(own_.get()) {}

Identities::Identities(IdentityStore& store) : store_(&store) {}

Identities::~Identities() = default;

std::expected<std::shared_ptr<const AccessKey>, KeyFault> Identities::FindAccessKey(
    std::string_view id, std::string_view session_token, Time now) const {
  const auto& held = store_->Held();
  if (session_token.empty()) {
    const auto& keys = held.snapshot->owners->keys;
    const auto found = keys.find(std::string(id));
    if (found == keys.end()) return std::unexpected(KeyFault::kUnknown);
    return found->second;
  }
  OpenedSession* const opened = Open(*store_, held.store, session_token);
  if (opened == nullptr || opened->session.access_key_id != id) {
    return std::unexpected(KeyFault::kUnknown);
  }
  if (opened->session.expires_at_s <= now.time_since_epoch().count()) {
    return std::unexpected(KeyFault::kExpired);
  }
  if (opened->version != held.version) {
    opened->key = KeyOf(*held.snapshot, *opened);
    opened->version = held.version;
  }
  if (opened->key == nullptr) return std::unexpected(KeyFault::kUnknown);
  return opened->key;
}

std::expected<PrincipalPtr, KeyFault> Identities::FindBearerKey(std::string_view key,
                                                                Time now) const {
  constexpr size_t kKeyBytesMax = 4096;
  if (key.size() > kKeyBytesMax) return std::unexpected(KeyFault::kUnknown);
  // Looked up by its hash: how long that takes tells nothing of keys that are near.
  const auto& bearers = store_->Held().snapshot->owners->bearers;
  const auto found = bearers.find(Sha256(key));
  if (found == bearers.end()) return std::unexpected(KeyFault::kUnknown);
  const int64_t expires_at_ms = found->second.expires_at_ms;
  if (expires_at_ms != 0 && expires_at_ms <= now.time_since_epoch().count() * 1000) {
    return std::unexpected(KeyFault::kExpired);
  }
  return found->second.owner;
}

void Identities::NoteUse(const AccessKey& key, std::string_view signing_name,
                         std::string_view region, Time now) const {
  // Once a minute for each thread is as exact as anyone asks, and costs a request nothing.
  constexpr int64_t kEvery_s = 60;
  constexpr size_t kNotedMax = 4096;
  thread_local std::unordered_map<std::string, int64_t> noted;
  const int64_t now_s = now.time_since_epoch().count();
  std::string what = key.id + ' ' + std::to_string(store_->Held().store);
  what.append(1, ' ').append(signing_name).append(1, ' ').append(region);
  if (noted.size() >= kNotedMax) noted.clear();
  int64_t& last_s = noted[std::move(what)];
  if (last_s != 0 && now_s >= last_s && now_s - last_s < kEvery_s) return;
  last_s = now_s;
  const Principal& owner = *key.owner;
  const std::string& id = owner.role_id.empty() ? key.id : owner.role_id;
  store_->NoteUse(owner.account, id,
                  {.used_at_ms = now_s * 1000,
                   .service = std::string(signing_name),
                   .region = std::string(region)});
}

bool MayCall(const Principal& principal, std::string_view signing_name,
             std::string_view operation) {
  switch (principal.issuer) {
    case Issuer::kLongTerm:
      return true;
    case Issuer::kGetSessionToken:
      if (signing_name == "iam") return false;
      return signing_name != "sts" || operation == "GetCallerIdentity" || operation == "AssumeRole";
    case Issuer::kGetFederationToken:
      if (signing_name == "iam") return false;
      return signing_name != "sts" || operation == "GetCallerIdentity";
    case Issuer::kAssumeRole:
    case Issuer::kAssumeRoleWithWebIdentity:
      return signing_name != "sts" ||
             (operation != "GetFederationToken" && operation != "GetSessionToken");
  }
  return false;
}

}  // namespace bedplate::account
