// PolicyStore: the policies of an account's resources, and what it says of keeping its data.
//
// Errors are Bedrock's: kValidation, kNotFound. Blocks on the database; may be called from several
// threads.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "models/directory.h"
#include "state/policy_table.h"

namespace bedplate::models {

struct DataRetention {
  std::string mode{};         // spec: bedrock#DataRetentionMode
  int64_t updated_at_ms = 0;  // since the Unix epoch; 0 where the account said nothing
};

class PolicyStore {
 public:
  // Both outlive this.
  PolicyStore(state::Database& database, ModelDirectory& directory)
      : table_(database), directory_(directory) {}

  // Whether `arn` is that of something that can have a policy.
  Result<void> CheckResource(const Scope& scope, const std::string& arn) const;

  // In force when it returns, in place of an earlier one. `document` is one that account/policy
  // reads.
  Result<void> Put(const Scope& scope, const std::string& arn, const std::string& document);
  Result<std::string> Get(const Scope& scope, const std::string& arn);
  Result<void> Delete(const Scope& scope, const std::string& arn);

  Result<DataRetention> Retention(const Scope& scope);
  Result<DataRetention> PutRetention(const Scope& scope, const std::string& mode);

 private:
  state::PolicyTable table_;
  ModelDirectory& directory_;
};

}  // namespace bedplate::models
