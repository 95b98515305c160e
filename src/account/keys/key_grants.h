// Grants of keys: made, listed, taken back.
//
// Errors are KMS's (key_error.h). Threads: all members from any thread; all but Of and CheckTokens
// block on the database. A grant is in force when Create returns, and no more when Revoke does.
// spec: KMS developer guide, "Grants in AWS KMS"
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account/keys/grant.h"
#include "account/keys/key.h"
#include "account/keys/key_store.h"
#include "account/policy/request.h"
#include "base/result.h"
#include "state/grant_table.h"

namespace bedplate::account::keys {

struct GrantName {
  state::KeyPlace key{};
  std::string grant_id{};
};

class KeyGrants {
 public:
  // Both outlive this.
  KeyGrants(state::Database& database, KeyStore& store) : table_(database), store_(store) {}

  // Those in force of a key.
  static std::span<const Grant> Of(const Key& key) { return key.grants; }

  struct Made {
    std::string id;
    std::string token;
  };
  // `wanted` without id, key and time. An equal grant of the same name is not made twice.
  // ValidationException, InvalidArnException, DisabledException, LimitExceededException.
  Result<Made> Create(const Key& key, Grant wanted);
  // Whether Create would make it.
  Result<void> Check(const Key& key, const Grant& wanted) const;

  // NotFoundException when the key has no such grant.
  Result<void> Revoke(const Key& key, const std::string& grant_id);
  static Result<const Grant*> Find(const Key& key, std::string_view grant_id);

  // The grants that somebody may retire: those behind `after` in the order of ids.
  Result<std::vector<Grant>> Retirable(const state::GrantTable::Retiring& by,
                                       const std::string& after, size_t most);

  // What a grant's token stands for; InvalidGrantTokenException for one that is not this server's.
  Result<GrantName> ReadToken(std::string_view token) const;
  Result<void> CheckTokens(const std::vector<std::string>& tokens) const;

 private:
  std::string Token(const Key& key, const std::string& grant_id) const;

  state::GrantTable table_;
  KeyStore& store_;
};

// Whether a grant itself lets somebody retire it: the principal or service that it names for that,
// its grantee where it says RetireGrant, and the roots of the account that made it and of the
// key's.
bool MayRetire(const Key& key, const Grant& grant, const policy::Identity& who);

}  // namespace bedplate::account::keys
