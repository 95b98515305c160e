// A session: temporary credentials, whole in their token. Nothing of it is kept by the server, so
// sessions survive a restart and cost no row.
//
// Threads: pure functions.
// spec: IAM user guide, "Temporary security credentials in IAM"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/identity/entities.h"
#include "account/identity/principal.h"
#include "account/identity/seal.h"

namespace bedplate::account {

// Who a web identity's token said that it is.
struct WebIdentity {
  std::string provider{};  // its ARN
  std::string url{};       // without "https://": what its condition keys begin with
  std::string subject{};
  std::string audience{};
};

struct Session {
  Issuer issuer = Issuer::kAssumeRole;
  std::string access_key_id{};  // "ASIA..."
  std::string account{};
  std::string name{};       // of the role or user; empty of root
  std::string id{};         // of the role or user: one made anew under the name is another
  std::string session{};    // the role's session, or the federated user
  int64_t issued_at_s = 0;  // since the Unix epoch
  int64_t expires_at_s = 0;
  bool limited = false;                    // by the policies that follow, if only by none
  std::vector<std::string> policies{};     // documents
  std::vector<std::string> policy_arns{};  // of managed policies
  Tags tags{};
  std::vector<std::string> transitive_tags{};
  std::string source_identity{};
  std::optional<WebIdentity> web{};
};

std::string SealSession(const Sealer& sealer, const Session& session);
// Nothing for what is no token of this server's.
std::optional<Session> OpenSession(const Sealer& sealer, std::string_view token);
// The secret access key that belongs to a token, 40 characters.
std::string SecretOf(const Sealer& sealer, std::string_view token);

}  // namespace bedplate::account
