#include <algorithm>

#include "account/identity/errors.h"
#include "account/identity/issue.h"
#include "account/identity/names.h"
#include "services/caller.h"
#include "services/sts/convert.h"
#include "services/sts/service.h"
#include "sts/ops/AssumeRole.h"
#include "sts/ops/GetFederationToken.h"
#include "sts/ops/GetSessionToken.h"
#include "wire/permits.h"

namespace bedplate::services::sts {
namespace {

// There are no devices whose code could be right.
Result<void> CheckMfa(const wire::Opt<std::string>& serial, const wire::Opt<std::string>& code) {
  if (!serial && !code) return {};
  return account::AccessDenied(
      "MultiFactorAuthentication failed with invalid MFA one time pass code.");
}

Result<const account::Principal*> RequireCaller(const wire::Call& call) {
  const account::Principal* const caller = CallerOf(call);
  if (caller == nullptr) return account::AccessDenied("The request was not signed.");
  return caller;
}

// What sticks to a session goes on to the role that it assumes next, which must be allowed as what
// a request says is. The rules of api/authorization ask for that.
// spec: IAM user guide, "Monitor and control actions taken with assumed roles", "Passing session
// tags in AWS STS" (chaining roles with session tags)
Result<void> AskForInherited(const wire::Call& call, const account::Principal& caller,
                             const account::SessionWish& wish) {
  if (call.permission == nullptr) return {};
  wire::Ask ask{.directory = "iam-trust", .name = wish.role_arn, .arn = wish.role_arn};
  ask.context = {{"sts:RoleSessionName", {wish.name}}};
  if (!wish.external_id.empty()) ask.context.push_back({"sts:ExternalId", {wish.external_id}});
  if (!caller.source_identity.empty() && wish.source_identity.empty()) {
    ask.action = "sts:SetSourceIdentity";
    if (auto may = call.permission->CheckHere(ask); !may) return may;
  }
  if (caller.transitive_tags.empty() || !wish.tags.empty()) return {};
  ask.action = "sts:TagSession";
  ask.context.push_back({"sts:TransitiveTagKeys", caller.transitive_tags});
  return call.permission->CheckHere(ask);
}

}  // namespace

gen::Credentials ToWire(const account::Credentials& credentials) {
  gen::Credentials told;
  told.AccessKeyId = credentials.access_key_id;
  told.SecretAccessKey = credentials.secret;
  told.SessionToken = credentials.token;
  told.Expiration = wire::Timestamp{.seconds = credentials.expires_at_s};
  return told;
}

gen::AssumedRoleUser UserOf(const account::Issued& issued) {
  gen::AssumedRoleUser user;
  user.AssumedRoleId = issued.user_id;
  user.Arn = issued.arn;
  return user;
}

Result<void> TakeTags(const wire::Opt<std::vector<gen::Tag>>& tags, account::Tags& into) {
  if (!tags) return {};
  std::set<std::string> keys;
  for (const gen::Tag& tag : *tags) {
    if (!keys.insert(account::NameKey(*tag.Key)).second) {
      return account::ValidationError("Duplicate tag keys found: '" + *tag.Key + "'.");
    }
    into.emplace(*tag.Key, *tag.Value);
  }
  return {};
}

net::Task<Result<gen::AssumeRoleResponse>> Sts::AssumeRole(const wire::Call& call,
                                                           gen::AssumeRoleRequest input) {
  const auto caller = RequireCaller(call);
  if (!caller) co_return std::unexpected(caller.error());
  if (auto ok = CheckMfa(input.SerialNumber, input.TokenCode); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  if (input.ProvidedContexts && !input.ProvidedContexts->empty()) {
    co_return account::ValidationError("ProvidedContexts are of no provider that is known here.");
  }
  account::SessionWish wish{.role_arn = *input.RoleArn,
                            .name = *input.RoleSessionName,
                            .policy_arns = ArnsOf(input.PolicyArns),
                            .transitive_tags = input.TransitiveTagKeys.value_or({}),
                            .external_id = input.ExternalId.value_or(""),
                            .source_identity = input.SourceIdentity.value_or("")};
  if (input.Policy) wish.policy = *input.Policy;
  if (input.DurationSeconds) wish.duration_s = *input.DurationSeconds;
  if (auto taken = TakeTags(input.Tags, wish.tags); !taken) {
    co_return std::unexpected(std::move(taken.error()));
  }
  if (auto may = AskForInherited(call, **caller, wish); !may) {
    co_return std::unexpected(std::move(may.error()));
  }
  const bool asked = call.permission != nullptr && call.permission->asked();
  const auto issued = account::AssumeRole(store_, **caller, wish, asked);
  if (!issued) co_return std::unexpected(issued.error());
  gen::AssumeRoleResponse response;
  response.Credentials = ToWire(issued->credentials);
  response.AssumedRoleUser = UserOf(*issued);
  if (issued->packed_percent > 0) response.PackedPolicySize = issued->packed_percent;
  if (!issued->source_identity.empty()) response.SourceIdentity = issued->source_identity;
  co_return response;
}

net::Task<Result<gen::GetSessionTokenResponse>> Sts::GetSessionToken(
    const wire::Call& call, gen::GetSessionTokenRequest input) {
  const auto caller = RequireCaller(call);
  if (!caller) co_return std::unexpected(caller.error());
  if (auto ok = CheckMfa(input.SerialNumber, input.TokenCode); !ok) {
    co_return std::unexpected(std::move(ok.error()));
  }
  std::optional<int32_t> duration_s;
  if (input.DurationSeconds) duration_s = *input.DurationSeconds;
  const auto issued = account::GetSessionToken(store_, **caller, duration_s);
  if (!issued) co_return std::unexpected(issued.error());
  gen::GetSessionTokenResponse response;
  response.Credentials = ToWire(issued->credentials);
  co_return response;
}

net::Task<Result<gen::GetFederationTokenResponse>> Sts::GetFederationToken(
    const wire::Call& call, gen::GetFederationTokenRequest input) {
  const auto caller = RequireCaller(call);
  if (!caller) co_return std::unexpected(caller.error());
  account::SessionWish wish{.name = *input.Name, .policy_arns = ArnsOf(input.PolicyArns)};
  if (input.Policy) wish.policy = *input.Policy;
  if (input.DurationSeconds) wish.duration_s = *input.DurationSeconds;
  if (auto taken = TakeTags(input.Tags, wish.tags); !taken) {
    co_return std::unexpected(std::move(taken.error()));
  }
  const auto issued = account::GetFederationToken(store_, **caller, wish);
  if (!issued) co_return std::unexpected(issued.error());
  gen::GetFederationTokenResponse response;
  response.Credentials = ToWire(issued->credentials);
  auto& user = response.FederatedUser.emplace();
  user.FederatedUserId = issued->user_id;
  user.Arn = issued->arn;
  if (issued->packed_percent > 0) response.PackedPolicySize = issued->packed_percent;
  co_return response;
}

}  // namespace bedplate::services::sts
