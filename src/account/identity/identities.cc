#include "account/identity/identities.h"

#include <openssl/crypto.h>

namespace bedplate::account {

Identities::Identities(const RootCredentials& root)
    : root_key_{root.access_key_id,
                root.secret_access_key,
                {root.account, "arn:aws:iam::" + root.account + ":root"}},
      bearer_key_(root.bearer_key) {}

const AccessKey* Identities::FindAccessKey(std::string_view id,
                                           std::string_view session_token) const {
  return id == root_key_.id && session_token.empty() ? &root_key_ : nullptr;
}

const Principal* Identities::FindBearerKey(std::string_view key) const {
  const bool same = key.size() == bearer_key_.size() &&
                    CRYPTO_memcmp(key.data(), bearer_key_.data(), key.size()) == 0;
  return same ? &root_key_.owner : nullptr;
}

bool IsAllowed(const Principal& principal, std::string_view account) {
  return principal.account == account && principal.arn.ends_with(":root");
}

}  // namespace bedplate::account
