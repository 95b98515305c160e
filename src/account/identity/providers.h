// Providers of web identities (OpenID Connect) that an account trusts, and its alias.
//
// Each works on a draft (identity_store.h makes it true). Errors: those of errors.h.
// spec: IAM API reference
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "account/identity/draft.h"
#include "base/result.h"

namespace bedplate::account {

struct NewProvider {
  std::string url{};  // "https://issuer.example.com/path", as tokens' "iss" has it
  std::vector<std::string> client_ids{};
  std::vector<std::string> thumbprints{};
  Tags tags{};
};
Result<OidcProvider> CreateProvider(Draft& draft, const NewProvider& made);
Result<void> DeleteProvider(Draft& draft, const std::string& arn);
// Never null.
Result<const OidcProvider*> FindProvider(const AccountState& state, std::string_view arn);
Result<OidcProvider*> EditProvider(Draft& draft, const std::string& arn);
Result<void> AddClientId(Draft& draft, const std::string& arn, const std::string& client_id);
Result<void> RemoveClientId(Draft& draft, const std::string& arn, const std::string& client_id);
Result<void> SetThumbprints(Draft& draft, const std::string& arn,
                            std::vector<std::string> thumbprints);

// An account has one alias, and no other account of the server the same.
Result<void> CreateAlias(Draft& draft, const std::string& alias);
Result<void> DeleteAlias(Draft& draft, const std::string& alias);

}  // namespace bedplate::account
