// Sessions: who may get which, and what they are. STS without its wire.
//
// Nothing here blocks: a session is whole in its token. Errors: STS's, by Error::type.
// Threads: any.
// spec: STS API reference; IAM user guide, "Temporary security credentials in IAM", "Passing
// session tags in AWS STS", "Role chaining"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/identity/identity_store.h"
#include "account/identity/principal.h"
#include "account/identity/session.h"
#include "base/result.h"

namespace bedplate::account {

// What a session is asked for with.
struct SessionWish {
  std::string role_arn{};
  std::string name{};                      // of the session, or of the federated user
  std::optional<std::string> policy{};     // a document
  std::vector<std::string> policy_arns{};  // of managed policies of the role's account, or AWS's
  Tags tags{};
  std::vector<std::string> transitive_tags{};
  std::string external_id{};
  std::string source_identity{};
  std::optional<int32_t> duration_s{};
};

struct Credentials {
  std::string access_key_id{};
  std::string secret{};
  std::string token{};
  int64_t expires_at_s = 0;  // since the Unix epoch
};

struct Issued {
  Credentials credentials{};
  std::string arn{};           // of the session
  std::string user_id{};       // "AROA...:session", "123456789012:name"
  int32_t packed_percent = 0;  // of the room for policies and tags that they take
  std::string source_identity{};
};

// `asked`: that the policies of caller and role allow it has been found out already.
Result<Issued> AssumeRole(const IdentityStore& store, const Principal& caller,
                          const SessionWish& wish, bool asked);
// `web` has been proved. The role's trust is asked here; `claims` are the condition keys of the
// token ("issuer.example.com:sub").
Result<Issued> AssumeRoleWithWebIdentity(const IdentityStore& store, const WebIdentity& web,
                                         const policy::Context& claims, const SessionWish& wish);
Result<Issued> GetSessionToken(const IdentityStore& store, const Principal& caller,
                               std::optional<int32_t> duration_s);
Result<Issued> GetFederationToken(const IdentityStore& store, const Principal& caller,
                                  const SessionWish& wish);

// The account that an access key is of: one of this server, or nothing.
std::optional<std::string> AccountOfKey(const IdentityStore& store, std::string_view id);

}  // namespace bedplate::account
