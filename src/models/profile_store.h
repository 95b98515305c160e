// ProfileStore: the application inference profiles of accounts.
//
// Errors are Bedrock's: kValidation, kNotFound, kConflict, kQuota, kTooManyTags. Blocks on the
// database; may be called from several threads.
#pragma once

#include <string>

#include "base/result.h"
#include "models/directory.h"
#include "models/inference_profile.h"
#include "state/profile_table.h"

namespace bedplate::models {

struct NewProfile {
  std::string name{};
  std::string description{};
  std::string source{};        // ARN of a model or of a system-defined profile
  std::string client_token{};  // makes a repeated request one; or empty
  state::Tags tags{};
};

class ProfileStore {
 public:
  // Both outlive this.
  ProfileStore(state::Database& database, ModelDirectory& directory)
      : table_(database), directory_(directory) {}

  // The directory knows the profile when it returns.
  Result<InferenceProfile> Create(const Scope& scope, const NewProfile& profile);
  // `identifier` is an id or an ARN.
  Result<void> Delete(const Scope& scope, const std::string& identifier);

 private:
  // The id of the model that a profile of `source` is of. kNotFound.
  Result<std::string> FindSource(const Scope& scope, const std::string& source) const;

  state::ProfileTable table_;
  ModelDirectory& directory_;
};

}  // namespace bedplate::models
