#include "account/policy/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "account/policy/condition.h"
#include "account/policy/principal.h"
#include "account/policy/text.h"

namespace bedplate::account::policy {
namespace {

// A request with what is asked of each statement anew.
struct Asked {
  const Request& request;
  uint64_t service;  // its action's ServiceBit
};

Asked Ask(const Request& request) {
  return {.request = request, .service = ServiceBit(request.action)};
}

bool AppliesToAction(const Statement& statement, const Asked& asked) {
  const bool named = (statement.services & asked.service) != 0 &&
                     std::ranges::any_of(statement.actions, [&](const Pattern& pattern) {
                       return MatchesIgnoringCase(pattern.form(), asked.request.action);
                     });
  return named != statement.not_actions;
}

bool AppliesToResource(const Statement& statement, const Request& request) {
  if (statement.resources.empty()) return true;
  const bool named = std::ranges::any_of(statement.resources, [&](const Pattern& pattern) {
    if (pattern.matches_all()) return true;
    if (!request.resource.starts_with(pattern.prefix())) return false;
    if (!pattern.has_variables()) return MatchesResource(pattern.form(), request.resource);
    const auto form = pattern.Expand(request.context);
    return form && MatchesResource(*form, request.resource);
  });
  return named != statement.not_resources;
}

bool AppliesBesidePrincipal(const Statement& statement, const Asked& asked) {
  const Request& request = asked.request;
  return AppliesToAction(statement, asked) && AppliesToResource(statement, request) &&
         std::ranges::all_of(statement.conditions, [&](const ConditionTest& test) {
           return IsMet(test, request.context);
         });
}

bool Applies(const Statement& statement, const Asked& asked) {
  // The action is what most statements fail by, at next to no cost.
  return AppliesBesidePrincipal(statement, asked) &&
         IsMeant(statement, asked.request.identity) != Meant::kNo;
}

// How the caller is meant, of the statements of a document that allow.
struct Grant {
  Meant meant = Meant::kNo;
  const Statement* statement = nullptr;
};

Grant FindGrant(const Document* document, const Asked& asked) {
  Grant grant;
  if (document == nullptr) return grant;
  for (const Statement& statement : document->statements) {
    if (statement.deny) continue;
    const Meant meant = IsMeant(statement, asked.request.identity);
    if (meant <= grant.meant || !AppliesBesidePrincipal(statement, asked)) continue;
    grant = {.meant = meant, .statement = &statement};
  }
  return grant;
}

struct Found {
  const Document* document = nullptr;
  const Statement* statement = nullptr;
};

using Documents = std::span<const Document* const>;

enum class Effect : uint8_t { kAllow, kDeny };

// The first statement of this effect that applies.
Found Find(Documents documents, const Asked& asked, Effect effect) {
  for (const Document* const document : documents) {
    for (const Statement& statement : document->statements) {
      if (statement.deny == (effect == Effect::kDeny) && Applies(statement, asked)) {
        return {.document = document, .statement = &statement};
      }
    }
  }
  return {};
}

Documents ListOf(const std::optional<std::vector<const Document*>>& documents) {
  return documents ? Documents(*documents) : Documents();
}

// spec: IAM user guide, "NotPrincipal": its Deny always reaches a caller that has a permissions
// boundary, whomever it names
Found FindDenyOfBounded(const Policies& policies, const Asked& asked) {
  if (policies.resource == nullptr || !policies.boundary) return {};
  for (const Statement& statement : policies.resource->statements) {
    if (statement.deny && statement.not_principals && AppliesBesidePrincipal(statement, asked)) {
      return {.document = policies.resource, .statement = &statement};
    }
  }
  return {};
}

std::optional<Decision> FindDeny(const Policies& policies, const Asked& asked) {
  const std::pair<Source, Documents> all[] = {
      {Source::kIdentity, policies.identity},
      {Source::kResource, policies.resource ? Documents(&policies.resource, 1) : Documents()},
      {Source::kBoundary, ListOf(policies.boundary)},
      {Source::kSession, ListOf(policies.session)}};
  for (const auto& [source, documents] : all) {
    Found found = Find(documents, asked, Effect::kDeny);
    if (source == Source::kResource && found.statement == nullptr) {
      found = FindDenyOfBounded(policies, asked);
    }
    if (found.statement == nullptr) continue;
    return Decision{.explicit_deny = true,
                    .source = source,
                    .document = found.document,
                    .statement = found.statement};
  }
  return std::nullopt;
}

Decision Missing(Source source) { return {.source = source}; }

// Whether what limits an identity lets the request pass: its boundary and its session.
std::optional<Decision> FindLimit(const Policies& policies, const Asked& asked) {
  const auto allows = [&](const auto& documents) {
    return !documents || Find(*documents, asked, Effect::kAllow).statement != nullptr;
  };
  if (!allows(policies.session)) return Missing(Source::kSession);
  if (!allows(policies.boundary)) return Missing(Source::kBoundary);
  return std::nullopt;
}

Decision Allowed(Source source, const Document* document, const Statement* statement) {
  return {.allowed = true, .source = source, .document = document, .statement = statement};
}

}  // namespace

bool Applies(const Statement& statement, const Request& request) {
  return Applies(statement, Ask(request));
}

std::optional<Decision> FindLimit(const Policies& policies, const Request& request) {
  return FindLimit(policies, Ask(request));
}

Decision Decide(const Policies& policies, const Request& request) {
  const Asked asked = Ask(request);
  if (auto denied = FindDeny(policies, asked)) return *denied;
  const Grant grant = FindGrant(policies.resource, asked);
  const bool own_account = request.identity.account == request.resource_account;
  const Decision by_resource = Allowed(Source::kResource, policies.resource, grant.statement);
  // Named itself, and not by what it only stands behind (its account, its role), a caller of the
  // same account needs nothing else. Whoever has no identity policies has nothing else.
  const bool has_identity = !request.identity.account.empty() && !request.identity.anonymous;
  if (grant.meant == Meant::kItself && (own_account || !has_identity)) return by_resource;
  if (!has_identity) return Missing(Source::kResource);

  // What is missing is told in the order in which it is looked at: of two Allows that are missing
  // the identity's comes first, as only that is the caller's own account's to give.
  const bool by_role = own_account && grant.meant == Meant::kRole;
  const Found found = Find(policies.identity, asked, Effect::kAllow);
  const bool identity_allows = policies.root || found.statement != nullptr;
  const bool must_allow = policies.resource_must_allow || !own_account;
  if (must_allow && grant.meant == Meant::kNo && (own_account || identity_allows)) {
    return Missing(Source::kResource);
  }
  if (!by_role && !identity_allows) return Missing(Source::kIdentity);
  if (auto limit = FindLimit(policies, asked)) return *limit;
  if (by_role) return by_resource;
  return Allowed(Source::kIdentity, found.document, found.statement);
}

namespace {

std::string_view NameOf(Source source) {
  switch (source) {
    case Source::kIdentity:
      return "identity-based policy";
    case Source::kBoundary:
      return "permissions boundary";
    case Source::kSession:
      return "session policy";
    case Source::kResource:
      return "resource-based policy";
  }
  return "policy";
}

std::string_view WhoIs(const Identity& identity) {
  for (const std::string_view name :
       {std::string_view(identity.arn), std::string_view(identity.service),
        std::string_view(identity.federated)}) {
    if (!name.empty()) return name;
  }
  return "anonymous";
}

}  // namespace

std::string DeniedMessage(const Request& request, const Decision& decision) {
  const std::string_view source = NameOf(decision.source);
  const std::string why =
      decision.explicit_deny
          ? fmt::format("with an explicit deny in {} {}",
                        decision.source == Source::kIdentity ? "an" : "a", source)
          : fmt::format("because no {} allows the {} action", source, request.action);
  return fmt::format("User: {} is not authorized to perform: {} on resource: {} {}",
                     WhoIs(request.identity), request.action, request.resource, why);
}

}  // namespace bedplate::account::policy
