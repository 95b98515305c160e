// Where the models that users add and the bindings that they make are kept: one row each, keyed by
// account, region and id or pattern.
//
// Calls block (a database behind them): never from a reactor thread, always from
// net::BlockingPool or the command line. Implementations are safe to call from several threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/inference_profile.h"
#include "models/model.h"
#include "models/model_endpoint.h"
#include "models/model_id.h"
#include "models/prompt_router.h"

namespace bedplate::models {

struct UserModel {
  Scope scope;
  Model model;
};

struct UserBinding {
  Scope scope;
  BindingRule rule;
};

// An account agreed to the terms of a model.
struct UserAgreement {
  Scope scope;
  std::string model_id;
};

// An inference profile that an account made.
struct UserProfile {
  Scope scope;
  InferenceProfile profile;
};

// A model endpoint that an account made or registered.
struct UserEndpoint {
  Scope scope;
  ModelEndpoint endpoint;
};

// A prompt router that an account made.
struct UserRouter {
  Scope scope;
  PromptRouter router;
};

// The policy of a resource, as it was put: who may do what is account/policy's to read.
struct UserPolicy {
  Scope scope;
  std::string resource_arn;
  std::string document;
};

class ModelRepository {
 public:
  virtual ~ModelRepository() = default;
  // Durable when it returns. kConflict when the id exists in this scope already.
  virtual Result<void> Add(const UserModel& model) = 0;
  // kNotFound when there is none.
  virtual Result<void> Remove(const Scope& scope, const std::string& model_id) = 0;
  // Every model of every scope, ordered by scope and id.
  virtual Result<std::vector<UserModel>> List() = 0;
  // Durable when it returns; takes the place of the binding of the same pattern in this scope.
  virtual Result<void> Bind(const UserBinding& binding) = 0;
  // kNotFound when there is none.
  virtual Result<void> Unbind(const Scope& scope, const std::string& pattern) = 0;
  // Every binding of every scope, ordered by scope and pattern.
  virtual Result<std::vector<UserBinding>> Bindings() = 0;
  // Every agreement of every scope.
  virtual Result<std::vector<UserAgreement>> Agreements() = 0;
  // Every application inference profile of every scope, in the order of their making.
  virtual Result<std::vector<UserProfile>> Profiles() = 0;
  // Every model endpoint of every scope, registered or not.
  virtual Result<std::vector<UserEndpoint>> Endpoints() = 0;
  // Every prompt router of every scope, in the order of their making.
  virtual Result<std::vector<UserRouter>> Routers() = 0;
  // Every resource policy of every scope.
  virtual Result<std::vector<UserPolicy>> Policies() = 0;
  // A number that differs after every change, whoever made it; cheap.
  virtual Result<int64_t> Revision() = 0;
};

}  // namespace bedplate::models
