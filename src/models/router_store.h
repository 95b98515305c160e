// RouterStore: the prompt routers of accounts.
//
// Errors are Bedrock's: kValidation, kNotFound, kConflict, kQuota, kTooManyTags. Blocks on the
// database; may be called from several threads.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "models/directory.h"
#include "models/prompt_router.h"
#include "state/router_table.h"

namespace bedplate::models {

struct NewRouter {
  std::string name{};
  std::string description{};
  std::vector<std::string> models{};
  std::string fallback_model{};
  double quality_difference = 0;  // percent
  std::string client_token{};     // makes a repeated request one; or empty
  state::Tags tags{};
};

class RouterStore {
 public:
  // Both outlive this.
  RouterStore(state::Database& database, ModelDirectory& directory)
      : table_(database), directory_(directory) {}

  // The directory knows the router when it returns.
  Result<PromptRouter> Create(const Scope& scope, const NewRouter& router);
  Result<void> Delete(const Scope& scope, const std::string& arn);

 private:
  Result<void> CheckModels(const Scope& scope, const NewRouter& router) const;

  state::RouterTable table_;
  ModelDirectory& directory_;
};

// A row of the table as the domain's value; kInternal when it is damaged.
Result<PromptRouter> FromRouterRow(const state::RouterRow& row);

}  // namespace bedplate::models
