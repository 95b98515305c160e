// What authorization looks at of an account, made ready: who its keys belong to, and the policies
// that apply to each user and role. Made anew where something changed, before that is acknowledged.
//
// Threads: immutable; shared by all.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "account/identity/entities.h"
#include "account/identity/principal.h"
#include "account/identity/session.h"

namespace bedplate::account {

// The policies of an identity; `documents` keep what `policies` points to.
struct PolicySet {
  policy::Policies policies{};
  std::vector<std::shared_ptr<const policy::Document>> documents{};
};

struct BearerKey {
  PrincipalPtr owner{};
  int64_t expires_at_ms = 0;  // 0: never
};

struct AccountView {
  std::shared_ptr<const AccountState> state{};
  PrincipalPtr root{};
  std::unordered_map<std::string, PrincipalPtr> users{};                      // by NameKey
  std::unordered_map<std::string, std::shared_ptr<const PolicySet>> roles{};  // by NameKey
  std::unordered_map<std::string, std::shared_ptr<const AccessKey>> keys{};   // by id
  std::unordered_map<std::string, BearerKey> bearers{};  // by the SHA-256 of the key
};

// What changed of an account since a view was made of it.
struct Changes {
  bool everything = false;        // a group or managed policy, on which many depend
  std::set<std::string> users{};  // NameKeys
  std::set<std::string> roles{};
};

// `before` may be null.
std::shared_ptr<const AccountView> MakeView(std::shared_ptr<const AccountState> state,
                                            const AccountView* before, const Changes& changes);

// Everything of all accounts.
struct Snapshot {
  // Whose an access key (its id) or bearer key (its SHA-256) is.
  struct Owners {
    std::unordered_map<std::string, std::shared_ptr<const AccessKey>> keys{};
    std::unordered_map<std::string, BearerKey> bearers{};
  };

  std::map<std::string, std::shared_ptr<const AccountView>, std::less<>> accounts{};
  std::shared_ptr<const Owners> owners = std::make_shared<const Owners>();

  const AccountView* Find(std::string_view account) const {
    const auto found = accounts.find(account);
    return found == accounts.end() ? nullptr : found->second.get();
  }
  // Makes `owners` anew of `accounts`.
  void IndexKeys();
};

// Who a session is, with the policies of now; null when its user or role is no more.
PrincipalPtr PrincipalOf(const AccountView& view, const Session& session);

// For a service that acts with a role's permissions.
PrincipalPtr PrincipalOfRole(const AccountView& view, const Role& role, std::string_view session);

}  // namespace bedplate::account
