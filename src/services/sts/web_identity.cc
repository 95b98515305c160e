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

// The audience that is one of the provider's clients.
std::string AudienceOf(const account::WebToken& token, const account::OidcProvider& provider) {
  for (const std::string& audience : account::AudiencesOf(token)) {
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
  for (const std::string_view name : {"azp", "oaud", "email"}) {
    std::string value = account::ClaimOf(token, name);
    if (!value.empty()) claims.Set(web.url + ":" + std::string(name), std::move(value));
  }
  return claims;
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
  const auto issued = account::AssumeRoleWithWebIdentity(store_, web, ClaimsOf(*token, web), wish);
  if (call.permission != nullptr) call.permission->NoteAsked();
  if (!issued) co_return std::unexpected(issued.error());
  gen::AssumeRoleWithWebIdentityResponse response;
  response.Credentials = ToWire(issued->credentials);
  response.SubjectFromWebIdentityToken = web.subject;
  response.AssumedRoleUser = UserOf(*issued);
  if (issued->packed_percent > 0) response.PackedPolicySize = issued->packed_percent;
  response.Provider = web.provider;
  response.Audience = web.audience;
  co_return response;
}

}  // namespace bedplate::services::sts
