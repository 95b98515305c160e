// Second names of keys.
//
// Errors are KMS's (key_error.h). Threads: all members from any thread; they block on the database.
// What a member changed is in force for everybody when it returns.
// spec: KMS developer guide, "Aliases in AWS KMS"
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "account/keys/key_name.h"
#include "account/keys/key_store.h"
#include "base/result.h"
#include "state/alias_table.h"

namespace bedplate::account::keys {

class KeyAliases {
 public:
  // `store` outlives this.
  explicit KeyAliases(KeyStore& store) : store_(store) {}

  // `target`: the id or ARN of a key of the account. InvalidAliasNameException,
  // AlreadyExistsException, LimitExceededException, KMSInvalidStateException,
  // NotAuthorizedException for the names that are AWS's own.
  Result<void> Create(const Scope& scope, const std::string& name, const std::string& target);
  // To a key of the same kind and usage as the one it names.
  Result<void> Update(const Scope& scope, const std::string& name, const std::string& target);
  Result<void> Delete(const Scope& scope, const std::string& name);
  // In the order of names, behind `after`; of one key (its id) or of all, where that is empty.
  Result<std::vector<state::AliasRow>> List(const Scope& scope, const std::string& key_id,
                                            const std::string& after, size_t most);

 private:
  Result<KeyPtr> Target(const Scope& scope, const std::string& name, const std::string& target);

  KeyStore& store_;
};

}  // namespace bedplate::account::keys
