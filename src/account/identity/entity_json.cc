#include "account/identity/entity_json.h"

#include <concepts>

#include "base/log.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kKeyPurpose = "access-key";
constexpr std::string_view kRootPurpose = "root-credentials";

// The members of an object; absent ones are empty.
class Members {
 public:
  explicit Members(const json::Value& value) : value_(value) {}

  std::string Text(std::string_view name) const {
    const json::Value* const member = value_.Find(name);
    return member != nullptr && member->is_string() ? *member->AsString() : std::string();
  }
  int64_t Number(std::string_view name) const {
    int64_t number = 0;
    const json::Value* const member = value_.Find(name);
    if (member != nullptr) member->ToInt64(number);
    return number;
  }
  bool Flag(std::string_view name) const {
    const json::Value* const member = value_.Find(name);
    return member != nullptr && member->AsBoolean() != nullptr && *member->AsBoolean();
  }
  const json::Value::Array& List(std::string_view name) const {
    static const json::Value::Array kNone;
    const json::Value* const member = value_.Find(name);
    return member != nullptr && member->is_array() ? *member->AsArray() : kNone;
  }
  std::vector<std::string> Texts(std::string_view name) const {
    std::vector<std::string> texts;
    for (const json::Value& entry : List(name)) {
      if (entry.is_string()) texts.push_back(*entry.AsString());
    }
    return texts;
  }
  const json::Value::Object& Object(std::string_view name) const {
    static const json::Value::Object kNone;
    const json::Value* const member = value_.Find(name);
    return member != nullptr && member->is_object() ? *member->AsObject() : kNone;
  }
  Tags Pairs(std::string_view name) const {
    Tags tags;
    for (const auto& [key, value] : Object(name)) {
      if (value.is_string()) tags.emplace(key, *value.AsString());
    }
    return tags;
  }

 private:
  const json::Value& value_;
};

template <class Texts>
json::Value ListOf(const Texts& texts) {
  json::Value::Array list;
  for (const std::string& text : texts) list.emplace_back(text);
  return list;
}

json::Value PairsOf(const Tags& tags) {
  json::Value::Object pairs;
  for (const auto& [key, value] : tags) pairs.emplace_back(key, value);
  return pairs;
}

PolicyText ReadPolicy(std::string json, policy::Kind kind) {
  auto document = policy::ReadDocument(json, kind);
  if (!document) {
    log::Error("account", "a stored policy can not be read, and denies everything now",
               {{"reason", document.error().message}});
    document = policy::ReadDocument(
        R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})",
        policy::Kind::kIdentity);
  }
  return {.json = std::move(json),
          .document = std::make_shared<const policy::Document>(std::move(*document))};
}

void PutHolder(json::Value& value, const Holder& holder) {
  value.Set("name", holder.name);
  value.Set("path", holder.path);
  value.Set("id", holder.id);
  value.Set("created_at_ms", holder.created_at_ms);
  json::Value::Object policies;
  for (const auto& [name, text] : holder.inline_policies) policies.emplace_back(name, text.json);
  value.Set("inline_policies", std::move(policies));
  value.Set("attached", ListOf(holder.attached));
}

void TakeHolder(const Members& members, Holder& holder) {
  holder.name = members.Text("name");
  holder.path = members.Text("path");
  holder.id = members.Text("id");
  holder.created_at_ms = members.Number("created_at_ms");
  for (const auto& [name, text] : members.Object("inline_policies")) {
    if (!text.is_string()) continue;
    holder.inline_policies.emplace(name, ReadPolicy(*text.AsString(), policy::Kind::kIdentity));
  }
  holder.attached = members.Texts("attached");
}

void PutIdentity(json::Value& value, const Identity& identity) {
  PutHolder(value, identity);
  value.Set("tags", PairsOf(identity.tags));
  value.Set("boundary", identity.boundary);
}

void TakeIdentity(const Members& members, Identity& identity) {
  TakeHolder(members, identity);
  identity.tags = members.Pairs("tags");
  identity.boundary = members.Text("boundary");
}

Result<std::string> OpenSecret(const std::string& sealed, const Sealer& sealer,
                               std::string_view purpose, const std::string& whose) {
  if (auto secret = sealer.OpenText(purpose, sealed)) return *secret;
  return Fail(Fault::kInternal, "The secret of " + whose + " was sealed with another key than " +
                                    std::string(kIdentityKeyFile) +
                                    " holds now. Restore that file.");
}

json::Value VersionToJson(const PolicyVersion& version) {
  json::Value value;
  value.Set("number", version.number);
  value.Set("created_at_ms", version.created_at_ms);
  value.Set("document", version.text.json);
  return value;
}

json::Value CredentialToJson(const ServiceCredential& credential) {
  json::Value value;
  value.Set("id", credential.id);
  value.Set("alias", credential.alias);
  value.Set("hash", credential.hash);
  value.Set("active", credential.active);
  value.Set("created_at_ms", credential.created_at_ms);
  value.Set("expires_at_ms", credential.expires_at_ms);
  return value;
}

}  // namespace

json::Value ToJson(const User& user, const Sealer& sealer) {
  json::Value value;
  PutIdentity(value, user);
  value.Set("groups", ListOf(user.groups));
  json::Value::Array keys;
  for (const LongTermKey& key : user.keys) {
    json::Value& entry = keys.emplace_back();
    entry.Set("id", key.id);
    entry.Set("secret", sealer.SealText(kKeyPurpose, key.secret));
    entry.Set("active", key.active);
    entry.Set("created_at_ms", key.created_at_ms);
  }
  value.Set("keys", std::move(keys));
  json::Value::Array credentials;
  for (const auto& credential : user.credentials) {
    credentials.push_back(CredentialToJson(credential));
  }
  value.Set("credentials", std::move(credentials));
  return value;
}

json::Value ToJson(const Group& group, const Sealer&) {
  json::Value value;
  PutHolder(value, group);
  return value;
}

json::Value ToJson(const Role& role, const Sealer&) {
  json::Value value;
  PutIdentity(value, role);
  value.Set("trust", role.trust.json);
  value.Set("description", role.description);
  value.Set("max_session_s", role.max_session_s);
  return value;
}

json::Value ToJson(const ManagedPolicy& policy, const Sealer&) {
  json::Value value;
  value.Set("name", policy.name);
  value.Set("path", policy.path);
  value.Set("id", policy.id);
  value.Set("description", policy.description);
  value.Set("created_at_ms", policy.created_at_ms);
  value.Set("updated_at_ms", policy.updated_at_ms);
  json::Value::Array versions;
  for (const PolicyVersion& version : policy.versions) versions.push_back(VersionToJson(version));
  value.Set("versions", std::move(versions));
  value.Set("default_version", policy.default_version);
  value.Set("next_version", policy.next_version);
  value.Set("tags", PairsOf(policy.tags));
  return value;
}

json::Value ToJson(const OidcProvider& provider, const Sealer&) {
  json::Value value;
  value.Set("url", provider.url);
  value.Set("secure", provider.secure);
  value.Set("created_at_ms", provider.created_at_ms);
  value.Set("client_ids", ListOf(provider.client_ids));
  value.Set("thumbprints", ListOf(provider.thumbprints));
  value.Set("tags", PairsOf(provider.tags));
  return value;
}

json::Value ToJson(const InstanceProfile& profile, const Sealer&) {
  json::Value value;
  value.Set("name", profile.name);
  value.Set("path", profile.path);
  value.Set("id", profile.id);
  value.Set("created_at_ms", profile.created_at_ms);
  value.Set("role", profile.role);
  value.Set("tags", PairsOf(profile.tags));
  return value;
}

Result<void> FromJson(const json::Value& value, const Sealer& sealer, User& user) {
  const Members members(value);
  TakeIdentity(members, user);
  for (std::string& group : members.Texts("groups")) user.groups.insert(std::move(group));
  for (const json::Value& entry : members.List("keys")) {
    const Members key(entry);
    auto secret = OpenSecret(key.Text("secret"), sealer, kKeyPurpose, key.Text("id"));
    if (!secret) return std::unexpected(std::move(secret.error()));
    user.keys.push_back({.id = key.Text("id"),
                         .secret = std::move(*secret),
                         .active = key.Flag("active"),
                         .created_at_ms = key.Number("created_at_ms")});
  }
  for (const json::Value& entry : members.List("credentials")) {
    const Members credential(entry);
    user.credentials.push_back({.id = credential.Text("id"),
                                .alias = credential.Text("alias"),
                                .hash = credential.Text("hash"),
                                .active = credential.Flag("active"),
                                .created_at_ms = credential.Number("created_at_ms"),
                                .expires_at_ms = credential.Number("expires_at_ms")});
  }
  return {};
}

Result<void> FromJson(const json::Value& value, const Sealer&, Group& group) {
  TakeHolder(Members(value), group);
  return {};
}

Result<void> FromJson(const json::Value& value, const Sealer&, Role& role) {
  const Members members(value);
  TakeIdentity(members, role);
  role.trust = ReadPolicy(members.Text("trust"), policy::Kind::kTrust);
  role.description = members.Text("description");
  role.max_session_s = static_cast<int32_t>(members.Number("max_session_s"));
  return {};
}

Result<void> FromJson(const json::Value& value, const Sealer&, ManagedPolicy& policy) {
  const Members members(value);
  policy.name = members.Text("name");
  policy.path = members.Text("path");
  policy.id = members.Text("id");
  policy.description = members.Text("description");
  policy.created_at_ms = members.Number("created_at_ms");
  policy.updated_at_ms = members.Number("updated_at_ms");
  for (const json::Value& entry : members.List("versions")) {
    const Members version(entry);
    policy.versions.push_back(
        {.number = static_cast<int32_t>(version.Number("number")),
         .created_at_ms = version.Number("created_at_ms"),
         .text = ReadPolicy(version.Text("document"), policy::Kind::kIdentity)});
  }
  policy.default_version = static_cast<int32_t>(members.Number("default_version"));
  policy.next_version = static_cast<int32_t>(members.Number("next_version"));
  policy.tags = members.Pairs("tags");
  if (!policy.versions.empty()) return {};
  return Fail(Fault::kInternal, "The policy " + policy.name + " has no version.");
}

Result<void> FromJson(const json::Value& value, const Sealer&, OidcProvider& provider) {
  const Members members(value);
  provider.url = members.Text("url");
  provider.secure = members.Flag("secure");
  provider.created_at_ms = members.Number("created_at_ms");
  provider.client_ids = members.Texts("client_ids");
  provider.thumbprints = members.Texts("thumbprints");
  provider.tags = members.Pairs("tags");
  return {};
}

Result<void> FromJson(const json::Value& value, const Sealer&, InstanceProfile& profile) {
  const Members members(value);
  profile.name = members.Text("name");
  profile.path = members.Text("path");
  profile.id = members.Text("id");
  profile.created_at_ms = members.Number("created_at_ms");
  profile.role = members.Text("role");
  profile.tags = members.Pairs("tags");
  return {};
}

std::string SealRoot(const RootCredentials& root, const Sealer& sealer) {
  json::Value value;
  value.Set("account", root.account);
  value.Set("access_key_id", root.access_key_id);
  value.Set("secret_access_key", root.secret_access_key);
  value.Set("bearer_key", root.bearer_key);
  return sealer.SealText(kRootPurpose, value.ToJson());
}

Result<RootCredentials> OpenRoot(std::string_view sealed, const Sealer& sealer) {
  auto text = OpenSecret(std::string(sealed), sealer, kRootPurpose, "an account's root");
  if (!text) return std::unexpected(std::move(text.error()));
  const auto value = json::Value::Parse(*text);
  if (!value) return std::unexpected(value.error());
  const Members members(*value);
  return RootCredentials{.account = members.Text("account"),
                         .access_key_id = members.Text("access_key_id"),
                         .secret_access_key = members.Text("secret_access_key"),
                         .bearer_key = members.Text("bearer_key")};
}

}  // namespace bedplate::account
