// ModelDirectory: every model that is listed here, found by whatever a caller calls it, and
// whether it may be used.
//
// The catalog compiled into the program, bound as settings and users say, plus the models users
// added. Lookups read an immutable snapshot and never wait; Reload reads the repository and
// publishes a new snapshot, so that a model added by the command line is served without a restart.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/published.h"
#include "base/result.h"
#include "models/inference_profile.h"
#include "models/model.h"
#include "models/model_id.h"
#include "models/model_repository.h"

namespace bedplate::models {

using ModelPtr = std::shared_ptr<const Model>;

// Whether one of `patterns`, '*' for any run of characters, is of the URL of an endpoint's server.
// kAccessDenied. Any thread, never blocks.
Result<void> CheckServer(const std::vector<std::string>& patterns, const std::string& url);

struct DirectoryOptions {
  std::vector<BindingRule> rules{};   // unless users bind the same pattern otherwise
  bool require_agreements = false;    // of models whose providers want one
  std::vector<std::string> denied{};  // patterns of the ids of models that nobody may use
  std::vector<std::string> endpoint_servers{"*"};  // patterns of URLs that endpoints may be of
};

class ModelDirectory {
 public:
  // `catalog` models exist in every scope. `repository` may be null (no users' models, bindings and
  // agreements) and must outlive this object.
  ModelDirectory(std::vector<Model> catalog, ModelRepository* repository,
                 DirectoryOptions options = {});

  // The model meant by `identifier`, whether it can be used or not: an id, an id behind a
  // geography, a foundation-model ARN, or the ARN of an inference profile of the scope's region, or
  // the id of one that its account made, or the ARN of one of its registered endpoints. A prompt
  // router is no model: see FindRouter.
  // kValidation with AWS's words when there is none. Any thread, never blocks.
  Result<ModelPtr> Find(std::string_view identifier, const Scope& scope) const;

  // The same for a caller who wants to use it: kAccessDenied with AWS's words, and how to come by
  // it, when it is denied, nothing is bound to it, an agreement is missing or it is an endpoint of
  // a server that endpoints may not be of any more. Any thread, never blocks.
  Result<ModelPtr> Resolve(std::string_view identifier, const Scope& scope) const;

  // Whether the operator denies the model to everyone. Any thread, never blocks.
  bool IsDenied(const ModelFacts& facts) const;

  // The policy of the resource with this ARN, as it was put; null when it has none. Any thread,
  // never blocks.
  std::shared_ptr<const std::string> FindPolicy(const std::string& arn, const Scope& scope) const;
  // Whether `arn` is that of something that can have a policy: a foundation model, an application
  // inference profile, a prompt router. Any thread, never blocks.
  bool HasPolicyResource(std::string_view arn, const Scope& scope) const;

  // All models of a scope, catalog first, user-added ones by id. Any thread, never blocks.
  std::vector<ModelPtr> List(const Scope& scope) const;

  // The inference profile of an id or ARN: one that the catalog publishes or the scope's account
  // made. kNotFound when there is none. Any thread, never blocks.
  Result<InferenceProfile> FindProfile(std::string_view identifier, const Scope& scope) const;
  // The ARN of the profile that the scope's account made, if `identifier` is its id or ARN. Any
  // thread, never blocks.
  std::optional<std::string> FindOwnProfile(std::string_view identifier, const Scope& scope) const;
  // All of them, the system-defined first. Any thread, never blocks.
  std::vector<InferenceProfile> ListProfiles(const Scope& scope) const;

  // The prompt router of an ARN of the scope. kNotFound when there is none. Any thread, never
  // blocks.
  Result<PromptRouter> FindRouter(std::string_view arn, const Scope& scope) const;
  // All of them, in the order of their making. Any thread, never blocks.
  std::vector<PromptRouter> ListRouters(const Scope& scope) const;

  // Whether endpoints may be of the server at `url`. kAccessDenied. Any thread, never blocks.
  Result<void> CheckEndpointServer(const std::string& url) const;
  // Whether the account registered an endpoint of this name. Any thread, never blocks.
  bool HasEndpoint(const std::string& name, const Scope& scope) const;

  // Whether the scope's account has an agreement for the model. Any thread, never blocks.
  bool HasAgreement(const std::string& model_id, const Scope& scope) const;

  // Whether any model of any scope is bound to Amazon Bedrock. Any thread, never blocks.
  bool AnyAtBedrock() const { return any_at_bedrock_.load(std::memory_order_relaxed); }

  // Reads the repository again. Blocks; any thread. On failure the old snapshot stays.
  Result<void> Reload();

 private:
  struct Snapshot;
  void Publish(std::shared_ptr<const Snapshot> snapshot);

  std::vector<ModelPtr> catalog_;
  ModelRepository* repository_;
  const DirectoryOptions options_;
  std::mutex reload_mutex_;  // held while the repository is read: the last reader publishes last
  Published<const Snapshot> snapshot_;
  std::atomic<bool> any_at_bedrock_ = false;
};

}  // namespace bedplate::models
