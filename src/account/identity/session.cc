#include "account/identity/session.h"

#include "base/base64.h"
#include "base/json/value.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kPurpose = "session-token";
// Far beyond what is ever issued; longer ones are not opened.
constexpr size_t kTokenBytesMax = 64 * 1024;

template <class Texts>
void SetList(json::Value& value, std::string_view name, const Texts& texts) {
  if (texts.empty()) return;
  json::Value::Array list;
  for (const std::string& text : texts) list.emplace_back(text);
  value.Set(name, std::move(list));
}

std::vector<std::string> ListIn(const json::Value& value, std::string_view name) {
  std::vector<std::string> texts;
  const json::Value* const list = value.Find(name);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::Value& entry : *list->AsArray()) {
    if (entry.is_string()) texts.push_back(*entry.AsString());
  }
  return texts;
}

std::string TextIn(const json::Value& value, std::string_view name) {
  const json::Value* const member = value.Find(name);
  return member != nullptr && member->is_string() ? *member->AsString() : std::string();
}

int64_t NumberIn(const json::Value& value, std::string_view name) {
  int64_t number = 0;
  const json::Value* const member = value.Find(name);
  if (member != nullptr) member->ToInt64(number);
  return number;
}

}  // namespace

std::string SealSession(const Sealer& sealer, const Session& session) {
  json::Value value;
  value.Set("by", static_cast<int>(session.issuer));
  value.Set("key", session.access_key_id);
  value.Set("account", session.account);
  value.Set("name", session.name);
  value.Set("id", session.id);
  value.Set("session", session.session);
  value.Set("from", session.issued_at_s);
  value.Set("to", session.expires_at_s);
  if (session.limited) value.Set("limited", true);
  SetList(value, "policies", session.policies);
  SetList(value, "arns", session.policy_arns);
  json::Value::Object tags;
  for (const auto& [key, text] : session.tags) tags.emplace_back(key, text);
  if (!tags.empty()) value.Set("tags", std::move(tags));
  SetList(value, "transitive", session.transitive_tags);
  if (!session.source_identity.empty()) value.Set("source", session.source_identity);
  if (session.web) {
    json::Value web;
    web.Set("provider", session.web->provider);
    web.Set("url", session.web->url);
    web.Set("subject", session.web->subject);
    web.Set("audience", session.web->audience);
    value.Set("web", std::move(web));
  }
  return sealer.SealText(kPurpose, value.ToJson());
}

std::optional<Session> OpenSession(const Sealer& sealer, std::string_view token) {
  if (token.size() > kTokenBytesMax) return std::nullopt;
  const auto text = sealer.OpenText(kPurpose, token);
  if (!text) return std::nullopt;
  const auto value = json::Value::Parse(*text);
  if (!value) return std::nullopt;
  Session session{.issuer = static_cast<Issuer>(NumberIn(*value, "by")),
                  .access_key_id = TextIn(*value, "key"),
                  .account = TextIn(*value, "account"),
                  .name = TextIn(*value, "name"),
                  .id = TextIn(*value, "id"),
                  .session = TextIn(*value, "session"),
                  .issued_at_s = NumberIn(*value, "from"),
                  .expires_at_s = NumberIn(*value, "to"),
                  .limited = value->Find("limited") != nullptr,
                  .policies = ListIn(*value, "policies"),
                  .policy_arns = ListIn(*value, "arns"),
                  .transitive_tags = ListIn(*value, "transitive"),
                  .source_identity = TextIn(*value, "source")};
  if (const json::Value* const tags = value->Find("tags"); tags != nullptr && tags->is_object()) {
    for (const auto& [key, tag] : *tags->AsObject()) {
      if (tag.is_string()) session.tags.emplace(key, *tag.AsString());
    }
  }
  if (const json::Value* const web = value->Find("web"); web != nullptr) {
    session.web = WebIdentity{.provider = TextIn(*web, "provider"),
                              .url = TextIn(*web, "url"),
                              .subject = TextIn(*web, "subject"),
                              .audience = TextIn(*web, "audience")};
  }
  return session;
}

std::string SecretOf(const Sealer& sealer, std::string_view token) {
  constexpr size_t kSecretSize = 40;
  std::string secret;
  AppendBase64(secret, sealer.Derive("session-secret", token));
  return secret.substr(0, kSecretSize);
}

}  // namespace bedplate::account
