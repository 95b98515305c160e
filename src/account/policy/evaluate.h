// Whether a request is allowed: a pure function of the request and of the policies that apply.
//
// Threads: pure functions.
// spec: IAM user guide, "Policy evaluation logic", "How AWS enforcement code logic evaluates
// requests", "Cross-account policy evaluation logic"
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy/document.h"
#include "account/policy/request.h"

namespace bedplate::account::policy {

// Whether a statement applies to the request: its principal, action, resource and conditions.
bool Applies(const Statement& statement, const Request& request);

enum class Source : uint8_t { kIdentity, kBoundary, kSession, kResource };

// The documents that apply. A list that is not there is no limit; one that is there and empty, of
// boundaries or of a session, allows nothing.
struct Policies {
  std::vector<const Document*> identity{};
  std::optional<std::vector<const Document*>> boundary{};
  std::optional<std::vector<const Document*>> session{};
  const Document* resource = nullptr;
  // Of a resource whose own policy must allow what its account's identities may do (a KMS key, the
  // trust of a role): an identity's policies alone don't.
  bool resource_must_allow = false;
  // The account's root: it needs no identity policy.
  bool root = false;
};

struct Decision {
  bool allowed = false;
  bool explicit_deny = false;
  Source source = Source::kIdentity;  // what denied, or what was missing an Allow
  const Document* document = nullptr;
  const Statement* statement = nullptr;  // that decided, where one did
};

// An explicit deny comes first, looked for in the policies of the identity, of the resource, in the
// boundary, in the session's. Of several Allows that are missing, the identity's is told before the
// session's and that before the boundary's; the resource's before them where only it can be given
// in the resource's account.
Decision Decide(const Policies& policies, const Request& request);

// What keeps the caller from what somebody else than a policy allows it: its session's policies, or
// its boundary. Nothing when neither does. Of denials Decide knows.
std::optional<Decision> FindLimit(const Policies& policies, const Request& request);

// In IAM's words: who, which action, on what, and why.
std::string DeniedMessage(const Request& request, const Decision& decision);

}  // namespace bedplate::account::policy
