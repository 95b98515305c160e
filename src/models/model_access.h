// ModelAccess: the account's use case and its agreements for models whose providers want one.
//
// Errors are Bedrock's: kValidation, kNotFound, kConflict. Blocks on the database; may be called
// from several threads.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
#pragma once

#include <string>

#include "base/result.h"
#include "models/directory.h"
#include "state/access_table.h"

namespace bedplate::models {

class ModelAccess {
 public:
  // Both outlive this.
  ModelAccess(state::Database& database, ModelDirectory& directory)
      : table_(database), directory_(directory) {}

  // `form` is the JSON object that the provider asks for; kValidation names the member that is
  // missing or wrong.
  Result<void> PutUseCase(const Scope& scope, std::string form);
  Result<std::string> UseCase(const Scope& scope);

  // In force when it returns.
  Result<void> Agree(const Scope& scope, const Model& model, const std::string& offer_token);
  Result<void> Withdraw(const Scope& scope, const std::string& model_id);

 private:
  state::AccessTable table_;
  ModelDirectory& directory_;
};

// What an agreement is made by: a text that is only good for this model in this scope.
std::string OfferToken(const Scope& scope, const std::string& model_id);

}  // namespace bedplate::models
