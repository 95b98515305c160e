#include "account/identity/issue.h"

#include <fmt/format.h>

#include <algorithm>

#include "account/identity/key_ids.h"
#include "account/identity/names.h"
#include "account/policy/evaluate.h"

namespace bedplate::account {
namespace {

constexpr int32_t kHourSeconds = 3'600;
constexpr int32_t kDefaultSecondsOfUsers = 43'200;
// What policies and tags of a session may take of its token, in bytes.
constexpr size_t kPackedBytesMax = 8'192;
constexpr size_t kPolicySizeMax = 2'048;
constexpr size_t kPolicyArnsMax = 10;

int64_t SecondsNow(const IdentityStore& store) {
  return std::chrono::floor<std::chrono::seconds>(store.clock().Now()).time_since_epoch().count();
}

auto Denied(const Principal& caller, std::string_view action, std::string_view arn) {
  return AccessDenied(fmt::format("User: {} is not authorized to perform: {} on resource: {}",
                                  caller.arn, action, arn));
}

// Puts the policies that the session is limited by into it.
Result<void> TakePolicies(const AccountState& state, const SessionWish& wish, Session& session) {
  if (wish.policy) {
    if (wish.policy->size() > kPolicySizeMax) {
      return FailAs(Fault::kValidation, 400, "PackedPolicyTooLargeException",
                    fmt::format("The session policy has {} characters; it can have {}.",
                                wish.policy->size(), kPolicySizeMax));
    }
    auto document = policy::ReadDocument(*wish.policy, policy::Kind::kIdentity);
    if (!document) return MalformedPolicy(std::move(document.error().message));
    session.policies.push_back(*wish.policy);
  }
  if (wish.policy_arns.size() > kPolicyArnsMax) {
    return ValidationError(fmt::format("There are {} session policy ARNs; there can be {}.",
                                       wish.policy_arns.size(), kPolicyArnsMax));
  }
  for (const std::string& arn : wish.policy_arns) {
    if (FindPolicy(state, arn) == nullptr) {
      return MalformedPolicy(
          fmt::format("The policy {} does not exist or is not attachable.", arn));
    }
    session.policy_arns.push_back(arn);
  }
  session.limited = wish.policy || !wish.policy_arns.empty();
  return {};
}

// The session's tags: those asked for, and those that stick to the caller.
Result<void> TakeTags(const Principal* caller, const SessionWish& wish, Session& session) {
  if (auto tagged = AddTags(session.tags, wish.tags); !tagged) return tagged;
  for (const std::string& key : wish.transitive_tags) {
    if (!wish.tags.contains(key)) {
      return ValidationError(fmt::format(
          "The specified transitive tag key must be included in the requested tags. The key is "
          "'{}'.",
          key));
    }
  }
  session.transitive_tags = wish.transitive_tags;
  if (caller == nullptr) return {};
  for (const std::string& key : caller->transitive_tags) {
    const bool again = std::ranges::any_of(
        wish.tags, [&](const auto& tag) { return NameKey(tag.first) == NameKey(key); });
    if (again) {
      return ValidationError(fmt::format(
          "One of the specified transitive tag keys can't be set because it conflicts with a "
          "transitive tag key from the calling session. The key is '{}'.",
          key));
    }
    const std::string* const value = caller->context.FindSingle("aws:PrincipalTag/" + key);
    if (value != nullptr) session.tags[key] = *value;
    session.transitive_tags.push_back(key);
  }
  return {};
}

Result<int32_t> PackedPercent(const Session& session) {
  size_t bytes = 0;
  for (const std::string& text : session.policies) bytes += text.size();
  for (const std::string& arn : session.policy_arns) bytes += arn.size();
  for (const auto& [key, value] : session.tags) bytes += key.size() + value.size();
  const auto percent = static_cast<int32_t>((bytes * 100 + kPackedBytesMax - 1) / kPackedBytesMax);
  if (bytes <= kPackedBytesMax) return percent;
  return FailAs(Fault::kValidation, 400, "PackedPolicyTooLargeException",
                fmt::format("Packed policies and tags consume {}% of allotted space, please use "
                            "smaller policies or fewer tags.",
                            percent));
}

// Seals the session.
Result<Issued> Issue(const IdentityStore& store, Session session, int32_t duration_s) {
  session.access_key_id = NewKeyId("ASIA", session.account);
  session.issued_at_s = SecondsNow(store);
  session.expires_at_s = session.issued_at_s + duration_s;
  auto percent = PackedPercent(session);
  if (!percent) return std::unexpected(std::move(percent.error()));
  const auto view = store.View(session.account);
  const PrincipalPtr principal = view == nullptr ? nullptr : PrincipalOf(*view, session);
  if (principal == nullptr) {
    return AccessDenied("Who the session is asked for is no more.");
  }
  Issued issued{.arn = principal->arn,
                .user_id = principal->user_id,
                .packed_percent = *percent,
                .source_identity = session.source_identity};
  issued.credentials.token = SealSession(store.sealer(), session);
  issued.credentials.access_key_id = session.access_key_id;
  issued.credentials.secret = SecretOf(store.sealer(), issued.credentials.token);
  issued.credentials.expires_at_s = session.expires_at_s;
  return issued;
}

// The keys that conditions of AssumeRole may ask for.
policy::Context WishContext(policy::Context context, const SessionWish& wish) {
  context.Set("sts:RoleSessionName", wish.name);
  if (!wish.external_id.empty()) context.Set("sts:ExternalId", wish.external_id);
  if (!wish.source_identity.empty()) context.Set("sts:SourceIdentity", wish.source_identity);
  if (wish.duration_s) context.Set("sts:DurationSeconds", std::to_string(*wish.duration_s));
  if (!wish.transitive_tags.empty()) {
    context.SetAll("sts:TransitiveTagKeys", wish.transitive_tags);
  }
  policy::Context::Values keys;
  for (const auto& [key, value] : wish.tags) {
    keys.push_back(key);
    context.Set("aws:RequestTag/" + key, value);
  }
  if (!keys.empty()) context.SetAll("aws:TagKeys", std::move(keys));
  return context;
}

Result<void> AskTrust(const Role& role, const SessionWish& wish, const policy::Policies& policies,
                      policy::Request request, std::string_view action) {
  std::vector<std::string> actions = {std::string(action)};
  if (!wish.tags.empty()) actions.emplace_back("sts:TagSession");
  if (!wish.source_identity.empty()) actions.emplace_back("sts:SetSourceIdentity");
  policy::Policies asked = policies;
  asked.resource = role.trust.document.get();
  asked.resource_must_allow = true;
  for (std::string& one : actions) {
    request.action = std::move(one);
    const policy::Decision decision = policy::Decide(asked, request);
    if (!decision.allowed) return AccessDenied(policy::DeniedMessage(request, decision));
  }
  return {};
}

Result<int32_t> DurationFor(const Role& role, const SessionWish& wish, bool chained) {
  const int32_t duration_s = wish.duration_s.value_or(kHourSeconds);
  if (chained && duration_s > kHourSeconds) {
    return ValidationError(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining.");
  }
  if (duration_s <= role.max_session_s) return duration_s;
  return ValidationError(
      "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
}

// A session of a role, but for whether it may be had.
Result<Issued> IssueOfRole(const IdentityStore& store, const Role& role, const Principal* caller,
                           const SessionWish& wish, Session session) {
  const bool chained = caller != nullptr && caller->kind == PrincipalKind::kAssumedRole;
  const auto duration_s = DurationFor(role, wish, chained);
  if (!duration_s) return std::unexpected(duration_s.error());
  session.account = wish.role_arn.substr(std::string_view("arn:aws:iam::").size(), 12);
  session.name = role.name;
  session.id = role.id;
  session.session = wish.name;
  session.source_identity = wish.source_identity;
  if (caller != nullptr && !caller->source_identity.empty()) {
    if (!wish.source_identity.empty() && wish.source_identity != caller->source_identity) {
      return AccessDenied(
          fmt::format("The source identity of the session is '{}' and can not be "
                      "changed.",
                      caller->source_identity));
    }
    session.source_identity = caller->source_identity;
  }
  const auto state = store.Account(session.account);
  if (auto taken = TakePolicies(*state, wish, session); !taken) {
    return std::unexpected(std::move(taken.error()));
  }
  if (auto taken = TakeTags(caller, wish, session); !taken) {
    return std::unexpected(std::move(taken.error()));
  }
  return Issue(store, std::move(session), *duration_s);
}

}  // namespace

Result<Issued> AssumeRole(const IdentityStore& store, const Principal& caller,
                          const SessionWish& wish, bool asked) {
  if (caller.kind == PrincipalKind::kRoot) {
    return AccessDenied("Roles may not be assumed by root accounts.");
  }
  // A role that is not there is told as one that may not be assumed.
  const auto role = store.FindRole(wish.role_arn);
  if (role == nullptr) return Denied(caller, "sts:AssumeRole", wish.role_arn);
  if (!asked) {
    policy::Request request{.resource = wish.role_arn,
                            .resource_account = wish.role_arn.substr(13, 12),
                            .identity = caller.identity,
                            .context = WishContext(caller.context, wish)};
    if (auto may = AskTrust(*role, wish, caller.policies, std::move(request), "sts:AssumeRole");
        !may) {
      return std::unexpected(std::move(may.error()));
    }
  }
  return IssueOfRole(store, *role, &caller, wish, {.issuer = Issuer::kAssumeRole});
}

Result<Issued> AssumeRoleWithWebIdentity(const IdentityStore& store, const WebIdentity& web,
                                         const policy::Context& claims, const SessionWish& wish) {
  const auto role = store.FindRole(wish.role_arn);
  policy::Request request{.resource = wish.role_arn,
                          .identity = {.federated = web.provider},
                          .context = WishContext(claims, wish)};
  request.context.Set("aws:FederatedProvider", web.provider);
  if (role == nullptr) {
    return AccessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
  }
  request.resource_account = wish.role_arn.substr(13, 12);
  if (auto may = AskTrust(*role, wish, {}, std::move(request), "sts:AssumeRoleWithWebIdentity");
      !may) {
    return AccessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
  }
  return IssueOfRole(store, *role, nullptr, wish,
                     {.issuer = Issuer::kAssumeRoleWithWebIdentity, .web = web});
}

Result<Issued> GetSessionToken(const IdentityStore& store, const Principal& caller,
                               std::optional<int32_t> duration_s) {
  if (caller.issuer != Issuer::kLongTerm) {
    return AccessDenied("Cannot call GetSessionToken with session credentials");
  }
  const bool root = caller.kind == PrincipalKind::kRoot;
  const int32_t most_s = root ? kHourSeconds : 129'600;
  const int32_t asked_s = duration_s.value_or(kDefaultSecondsOfUsers);
  return Issue(store,
               {.issuer = Issuer::kGetSessionToken,
                .account = caller.account,
                .name = caller.user_name,
                .id = caller.user_id},
               std::min(asked_s, most_s));
}

Result<Issued> GetFederationToken(const IdentityStore& store, const Principal& caller,
                                  const SessionWish& wish) {
  if (caller.issuer != Issuer::kLongTerm) {
    return AccessDenied("Cannot call GetFederationToken with session credentials");
  }
  Session session{.issuer = Issuer::kGetFederationToken,
                  .account = caller.account,
                  .name = caller.user_name,
                  .id = caller.user_id,
                  .session = wish.name};
  const auto state = store.Account(caller.account);
  if (auto taken = TakePolicies(*state, wish, session); !taken) {
    return std::unexpected(std::move(taken.error()));
  }
  // Without policies of its own the user may do what resources let it, and nothing else.
  session.limited = true;
  if (auto taken = TakeTags(nullptr, wish, session); !taken) {
    return std::unexpected(std::move(taken.error()));
  }
  const bool root = caller.kind == PrincipalKind::kRoot;
  const int32_t asked_s = wish.duration_s.value_or(kDefaultSecondsOfUsers);
  return Issue(store, std::move(session), root ? std::min(asked_s, kHourSeconds) : asked_s);
}

std::optional<std::string> AccountOfKey(const IdentityStore& store, std::string_view id) {
  const auto snapshot = store.Current();
  const auto found = snapshot->owners->keys.find(std::string(id));
  if (found != snapshot->owners->keys.end()) return found->second->owner->account;
  std::string account = AccountInKeyId(id);
  if (account.empty() || snapshot->Find(account) == nullptr) return std::nullopt;
  return account;
}

}  // namespace bedplate::account
