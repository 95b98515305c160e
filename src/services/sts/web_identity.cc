#include <algorithm>

#include "account/identity/errors.h"
#include "account/identity/issue.h"
#include "account/identity/web_token.h"
#include "services/sts/convert.h"
#include "services/sts/service.h"
#include "sts/ops/AssumeRoleWithWebIdentity.h"
#include "wire/permits.h"

namespace bedplate::services::sts {
namespace {

auto Invalid(std::string why) {
  return account::FailAs(Fault::kValidation, 400, "InvalidIdentityTokenException", std::move(why));
}

// The provider of the role's account that the token's issuer is; null when it trusts none such.
const account::OidcProvider* ProviderOf(const account::AccountState& state,
                                        std::string_view issuer) {
  for (const auto& [url, provider] : state.providers) {
    if ((provider->secure ? "https://" : "http://") + url == issuer) return provider.get();
    // Issuers that end with a slash say so in their tokens.
    if ((provider->secure ? "https://" : "http://") + url + "/" == issuer) return provider.get();
  }
  return nullptr;
}

// The audience that is one of the provider's clients: whom the token was issued to, where it says
// so (azp), whoever else it may be shown to (aud).
// spec: IAM user guide, "Available keys for AWS OIDC federation"
std::string AudienceOf(const account::WebToken& token, const account::OidcProvider& provider) {
  const std::string party = account::ClaimOf(token, "azp");
  const std::vector<std::string> audiences =
      party.empty() ? account::AudiencesOf(token) : std::vector{party};
  for (const std::string& audience : audiences) {
    if (std::ranges::find(provider.client_ids, audience) != provider.client_ids.end()) {
      return audience;
    }
  }
  return {};
}

// The claims that conditions of a trust may ask for.
account::policy::Context ClaimsOf(const account::WebToken& token, const account::WebIdentity& web) {
  account::policy::Context claims;
  claims.Set(web.url + ":sub", web.subject);
  claims.Set(web.url + ":aud", web.audience);
  claims.SetAll(web.url + ":oaud", account::AudiencesOf(token));
  if (auto methods = account::TextsOf(token, "amr"); !methods.empty()) {
    claims.SetAll(web.url + ":amr", std::move(methods));
  }
  if (auto email = account::ClaimOf(token, "email"); !email.empty()) {
    claims.Set(web.url + ":email", std::move(email));
  }
  return claims;
}

// What the issuer says that the session has, in claims that are AWS's.
// spec: IAM user guide, "Passing session tags using AssumeRoleWithWebIdentity"
Result<void> TakeClaims(const account::WebToken& token, account::SessionWish& wish) {
  wish.source_identity = account::ClaimOf(token, "https://aws.amazon.com/source_identity");
  const json::Value* const claim = token.claims.Find("https://aws.amazon.com/tags");
  if (claim == nullptr) return {};
  const json::Value* const tags = claim->Find("principal_tags");
  const json::Value* const transitive = claim->Find("transitive_tag_keys");
  if (!claim->is_object() || (tags != nullptr && !tags->is_object()) ||
      (transitive != nullptr && !transitive->is_array())) {
    return Invalid(
        "The token's tags are not as AWS has them (principal_tags, transitive_tag_keys).");
  }
  for (const auto& [key, values] : tags == nullptr ? json::Value::Object() : *tags->AsObject()) {
    // A tag has one value, in a list of its own.
    const json::Value* value = &values;
    if (values.is_array() && values.AsArray()->size() == 1) value = &values.AsArray()->front();
    if (!value->is_string() || key.empty() || key.size() > 128 || value->AsString()->size() > 256) {
      return Invalid("The token's tag '" + key.substr(0, 128) + "' has no single value.");
    }
    wish.tags.emplace(key, *value->AsString());
  }
  if (transitive == nullptr) return {};
  for (const json::Value& key : *transitive->AsArray()) {
    if (!key.is_string()) return Invalid("A key among the token's transitive_tag_keys is no text.");
    wish.transitive_tags.push_back(*key.AsString());
  }
  return {};
}

}  // namespace

net::Task<Result<gen::AssumeRoleWithWebIdentityResponse>> Sts::AssumeRoleWithWebIdentity(
    const wire::Call& call, gen::AssumeRoleWithWebIdentityRequest input) {
  auto token = account::ReadWebToken(*input.WebIdentityToken);
  if (!token) co_return std::unexpected(std::move(token.error()));
  const std::string& role_arn = *input.RoleArn;
  constexpr std::string_view kHead = "arn:aws:iam::";
  const auto state = store_.Account(role_arn.starts_with(kHead) ? role_arn.substr(kHead.size(), 12)
                                                                : std::string());
  const std::string issuer = account::ClaimOf(*token, "iss");
  const auto* const provider = state == nullptr ? nullptr : ProviderOf(*state, issuer);
  if (provider == nullptr) {
    co_return Invalid("No OpenIDConnect provider found in your account for " +
                      issuer.substr(0, 256));
  }
  const auto now_s =
      std::chrono::floor<std::chrono::seconds>(store_.clock().Now()).time_since_epoch().count();
  if (auto ok = account::CheckTimes(*token, now_s); !ok) co_return std::unexpected(ok.error());
  account::WebIdentity web{.provider = account::ArnOf(state->account, *provider),
                           .url = provider->url,
                           .subject = account::ClaimOf(*token, "sub"),
                           .audience = AudienceOf(*token, *provider)};
  if (web.audience.empty()) co_return Invalid("Incorrect token audience");
  if (web.subject.empty()) co_return Invalid("The token has no subject (sub).");
  const auto keys = co_await issuers_.For(*provider, *token);
  if (!keys) co_return std::unexpected(keys.error());
  if (auto ok = account::CheckSignature(*token, **keys); !ok) {
    co_return std::unexpected(ok.error());
  }

  account::SessionWish wish{.role_arn = role_arn,
                            .name = *input.RoleSessionName,
                            .policy_arns = ArnsOf(input.PolicyArns)};
  if (input.Policy) wish.policy = *input.Policy;
  if (input.DurationSeconds) wish.duration_s = *input.DurationSeconds;
  if (auto taken = TakeClaims(*token, wish); !taken) co_return std::unexpected(taken.error());
  const auto issued = account::AssumeRoleWithWebIdentity(store_, web, ClaimsOf(*token, web), wish);
  if (call.permission != nullptr) call.permission->NoteAsked();
  if (!issued) co_return std::unexpected(issued.error());
  gen::AssumeRoleWithWebIdentityResponse response;
  response.Credentials = ToWire(issued->credentials);
  response.SubjectFromWebIdentityToken = web.subject;
  response.AssumedRoleUser = UserOf(*issued);
  if (!issued->source_identity.empty()) response.SourceIdentity = issued->source_identity;
  if (issued->packed_percent > 0) response.PackedPolicySize = issued->packed_percent;
  response.Provider = web.provider;
  response.Audience = web.audience;
  co_return response;
}

}  // namespace bedplate::services::sts
