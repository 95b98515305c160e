#include "account/keys/key_store.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "account/keys/key_error.h"
#include "account/keys/key_policy.h"
#include "account/keys/seal.h"
#include "base/base64.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"

namespace bedplate::account::keys {
namespace {

constexpr int64_t kDayMs = int64_t{24} * 3'600'000;
// spec: KMS developer guide, "Rotate AWS KMS keys": AWS's own are rotated once a year.
constexpr int64_t kManagedRotationDays = 365;

std::string CacheName(std::string_view account, std::string_view region, std::string_view name) {
  std::string text;
  text.reserve(account.size() + region.size() + name.size() + 2);
  text.append(account).append("/").append(region).append("/").append(name);
  return text;
}

// What a sealed material is, and whose: it opens as nothing else.
std::string MaterialPlace(const state::KeyPlace& place, std::string_view spec, int64_t version,
                          std::string_view material_id) {
  std::string text = "bedplate: material of a key";
  for (const std::string_view part :
       {std::string_view(place.account), std::string_view(place.region),
        std::string_view(place.key_id), spec, material_id}) {
    AppendFramed(text, part);
  }
  AppendFramed(text, std::to_string(version));
  return text;
}

std::string NewMaterialId() {
  std::array<uint8_t, 32> bytes;
  FillRandom(bytes);
  std::string id;
  for (const uint8_t byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

}  // namespace

KeyStore::KeyStore(state::Database& database, RootKey root, const Clock& clock)
    : root_(std::move(root)),
      clock_(clock),
      table_(database),
      aliases_(database),
      keys_(limits::kOpenKeysMax),
      names_(limits::kOpenKeysMax) {}

int64_t KeyStore::NowMs() const {
  return std::chrono::floor<std::chrono::milliseconds>(clock_.Now()).time_since_epoch().count();
}

bool KeyStore::IsGone(const Key& key) const {
  return key.state == KeyState::kPendingDeletion && key.deletion_at_ms <= NowMs();
}

std::optional<KeyPtr> KeyStore::Cached(const state::KeyPlace& place) const {
  auto key = keys_.Get(CacheName(place.account, place.region, place.key_id));
  if (key && IsGone(**key)) return std::nullopt;
  return key;
}

std::optional<KeyPtr> KeyStore::Cached(const Scope& scope, std::string_view identifier,
                                       Names names) const {
  auto name = ReadKeyName(scope, identifier, names);
  if (!name) return std::nullopt;
  if (name->is_alias) {
    auto id = names_.Get(CacheName(name->account, name->region, name->name));
    if (!id) return std::nullopt;
    name->name = std::move(*id);
  }
  return Cached({.account = name->account, .region = name->region, .key_id = name->name});
}

Result<KeyPtr> KeyStore::Find(const Scope& scope, std::string_view identifier, Names names) {
  const auto name = ReadKeyName(scope, identifier, names);
  if (!name) return std::unexpected(name.error());
  auto place = Resolve(scope, *name);
  if (!place) return std::unexpected(std::move(place.error()));
  return Find(*place);
}

Result<state::KeyPlace> KeyStore::Resolve(const Scope& scope, const KeyName& name) {
  state::KeyPlace place{.account = name.account, .region = name.region, .key_id = name.name};
  if (!name.is_alias) return place;
  const std::string cache_name = CacheName(name.account, name.region, name.name);
  const uint64_t ticket = names_.Ticket(cache_name);
  auto id = aliases_.Find(name.account, name.region, name.name);
  const bool missing = !id && id.error().fault == Fault::kNotFound;
  if (missing && IsManagedAlias(name.name) && name.account == scope.account) {
    id = MakeManaged(name);
  } else if (missing) {
    return NotFound(
        fmt::format("Alias {} is not found.", AliasArn(name.account, name.region, name.name)));
  }
  if (!id) return FromState(std::move(id.error()));
  names_.Put(cache_name, ticket, *id);
  place.key_id = std::move(*id);
  return place;
}

Result<KeyPtr> KeyStore::Find(const state::KeyPlace& place) {
  if (auto key = Cached(place)) return *key;
  const std::string cache_name = CacheName(place.account, place.region, place.key_id);
  const std::string arn = KeyArn(place.account, place.region, place.key_id);
  const uint64_t ticket = keys_.Ticket(cache_name);
  auto whole = table_.Find(place, arn);
  const auto not_found = [&] { return NotFound(fmt::format("Key '{}' does not exist", arn)); };
  if (!whole && whole.error().fault == Fault::kNotFound) return not_found();
  if (!whole) return std::unexpected(std::move(whole.error()));
  auto aliases =
      aliases_.List(place.account, place.region, place.key_id, {}, limits::kAliasesOfKeyMax);
  if (!aliases) return FromState(std::move(aliases.error()));
  auto key = Open(std::move(*whole), std::move(*aliases));
  if (!key) return key;
  if (IsGone(**key)) return not_found();
  keys_.Put(cache_name, ticket, *key);
  return key;
}

void KeyStore::Forget(const state::KeyPlace& place) {
  keys_.Forget(CacheName(place.account, place.region, place.key_id));
}

void KeyStore::ForgetAlias(const std::string& account, const std::string& region,
                           const std::string& name) {
  names_.Forget(CacheName(account, region, name));
}

state::KeyVersionRow KeyStore::NewVersion(const state::KeyPlace& place, const KeySpec& spec,
                                          int64_t version, std::string origin) const {
  state::KeyVersionRow row{.version = version,
                           .material_id = NewMaterialId(),
                           .origin = std::move(origin),
                           .created_at_ms = NowMs()};
  const Secret secret = GenerateMaterial(spec);
  AppendBase64(row.sealed, root_.Seal(secret.bytes(),
                                      MaterialPlace(place, spec.name, version, row.material_id)));
  return row;
}

Result<std::string> KeyStore::MakeManaged(const KeyName& name) {
  const state::KeyPlace place{.account = name.account, .region = name.region, .key_id = NewUuid()};
  const KeySpec& spec = *FindSpec("SYMMETRIC_DEFAULT");
  const int64_t now_ms = NowMs();
  const state::KeyRow row{.place = place,
                          .spec = std::string(spec.name),
                          .usage = std::string(UsageName(Usage::kEncryptDecrypt)),
                          .manager = "AWS",
                          .description = ManagedDescription(name.name),
                          .state = std::string(StateName(KeyState::kEnabled)),
                          .policy = ManagedPolicy(name.account, name.region, name.name),
                          .rotation_days = kManagedRotationDays,
                          .next_rotation_at_ms = now_ms + kManagedRotationDays * kDayMs,
                          .created_at_ms = now_ms};
  const auto version = NewVersion(place, spec, 1, "CREATED");
  return table_.Insert({.row = row,
                        .version = version,
                        .arn = KeyArn(place.account, place.region, place.key_id),
                        .tags = {},
                        .alias = name.name});
}

Result<KeyPtr> KeyStore::Open(state::WholeKey whole, std::vector<state::AliasRow> aliases) const {
  auto key = std::make_shared<Key>();
  const state::KeyPlace& place = whole.row.place;
  key->account = place.account;
  key->region = place.region;
  key->id = place.key_id;
  key->arn = KeyArn(place.account, place.region, place.key_id);
  key->spec = FindSpec(whole.row.spec);
  key->state = FindState(whole.row.state);
  key->aws_managed = whole.row.manager == "AWS";
  key->description = std::move(whole.row.description);
  key->policy = std::move(whole.row.policy);
  key->created_at_ms = whole.row.created_at_ms;
  key->deletion_at_ms = whole.row.deletion_at_ms;
  key->rotation_days = whole.row.rotation_days;
  key->next_rotation_at_ms = whole.row.next_rotation_at_ms;
  key->tags = std::move(whole.tags);
  for (state::AliasRow& alias : aliases) key->aliases.push_back(std::move(alias.name));
  const auto broken = [&](std::string_view why) {
    log::Error("keys", "a key cannot be opened", {{"key", key->arn}, {"reason", why}});
    return Fail(Fault::kInternal, fmt::format("The key {} cannot be opened.", key->arn));
  };
  if (key->spec == nullptr || !FindUsage(whole.row.usage, key->usage)) return broken("its kind");
  if (auto document = policy::ReadDocument(key->policy, policy::Kind::kResource)) {
    key->document = std::make_shared<const policy::Document>(std::move(*document));
  } else {
    log::Error("keys", "a key's policy cannot be read",
               {{"key", key->arn}, {"reason", document.error().message}});
  }
  for (const state::GrantRow& row : whole.grants) key->grants.push_back(FromRow(row, key->arn));
  for (const state::KeyVersionRow& row : whole.versions) {
    std::string sealed;
    if (!AppendFromBase64(sealed, row.sealed)) return broken("its sealed material");
    auto secret =
        root_.Open(sealed, MaterialPlace(place, key->spec->name, row.version, row.material_id));
    if (!secret) return broken("its material was sealed under another root key, or elsewhere");
    Material& material = key->materials.emplace_back();
    material.version = row.version;
    material.id = row.material_id;
    material.origin = row.origin;
    material.created_at_ms = row.created_at_ms;
    if (!OpenMaterial(*key->spec, std::move(*secret), material)) return broken("its material");
  }
  if (key->materials.empty() || key->current().version != whole.row.version) {
    return broken("a version is missing");
  }
  return KeyPtr(std::move(key));
}

}  // namespace bedplate::account::keys
