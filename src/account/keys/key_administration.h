// What owners of keys do with them: make, enable, describe, tag, delete; and their policies.
//
// Errors are KMS's (key_error.h). Threads: all members from any thread; they block on the database,
// Create for up to seconds where it makes an RSA key. What a member changed is in force for
// everybody when it returns. AWS's own keys are changed by nobody: AccessDeniedException.
// spec: kms#CreateKey and following; KMS developer guide, "Key states of AWS KMS keys"
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "account/keys/key.h"
#include "account/keys/key_name.h"
#include "account/keys/key_store.h"
#include "account/policy/request.h"
#include "base/result.h"
#include "state/key_table.h"
#include "state/tag_table.h"

namespace bedplate::account::keys {

struct NewKey {
  std::string spec = "SYMMETRIC_DEFAULT";
  std::string usage{};        // or empty
  std::string description{};  // or empty
  std::string policy{};       // the default where it is empty
  bool bypass_policy_check = false;
  state::Tags tags{};
};

class KeyAdministration {
 public:
  // Both outlive this.
  KeyAdministration(state::Database& database, KeyStore& store) : tags_(database), store_(store) {}

  Result<KeyPtr> Create(const Scope& scope, const NewKey& wanted, const policy::Identity& caller);
  Result<void> SetEnabled(const state::KeyPlace& place, bool enabled);
  // When it will be deleted, in milliseconds since the Unix epoch.
  Result<int64_t> ScheduleDeletion(const state::KeyPlace& place, int days);
  // It is disabled then.
  Result<void> CancelDeletion(const state::KeyPlace& place);
  Result<void> SetDescription(const state::KeyPlace& place, const std::string& description);
  Result<void> PutPolicy(const state::KeyPlace& place, const std::string& policy,
                         const policy::Identity& caller, bool bypass_check);
  Result<void> AddTags(const state::KeyPlace& place, const state::Tags& tags);
  Result<void> RemoveTags(const state::KeyPlace& place, const std::vector<std::string>& names);
  // Ids behind `after`, in their order.
  Result<std::vector<std::string>> List(const Scope& scope, const std::string& after, size_t most);

  // Deletes the keys whose time has come, with all that belongs to them.
  Result<void> DeleteDue();

  // Changes a key that is the caller's own; what it is about to be is told to nobody before.
  using Change = std::function<Result<void>(state::KeyRow& row, KeyState state)>;
  Result<void> Update(const state::KeyPlace& place, const Change& change);

 private:
  state::TagTable tags_;
  KeyStore& store_;
};

// AccessDeniedException for one of AWS's own.
Result<void> CheckOwn(const state::KeyRow& row);

}  // namespace bedplate::account::keys
