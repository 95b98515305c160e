// The models: catalog, added models, the hosts that run them, and inference on top of these.
//
// Threads: made, used and destroyed by main; what the accessors give is used on all reactors.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/wire_catalog.h"
#include "base/byte_budget.h"
#include "base/environment.h"
#include "base/result.h"
#include "base/settings.h"
#include "models/directory.h"
#include "models/endpoint_store.h"
#include "models/hosting/hosts.h"
#include "models/model_access.h"
#include "models/model_client.h"
#include "models/policy_store.h"
#include "models/profile_store.h"
#include "models/router_store.h"
#include "models/state_repository.h"
#include "net/blocking_pool.h"
#include "net/reactors.h"
#include "runtime/converse.h"
#include "runtime/invoke.h"
#include "runtime/stored_responses.h"
#include "runtime/usage_ledger.h"
#include "runtime/usage_store.h"
#include "state/database.h"
#include "state/tag_table.h"

namespace bedplate::app {

// The chat model that comes with Bedplate, for the lines a newcomer tries first.
inline constexpr std::string_view kFirstModelId = "huggingfacetb.smollm2-135m-instruct-v1:0";

// All references outlive the ModelParts.
struct ModelInputs {
  const Settings& settings;
  const Environment& environment;  // of this process: keys of upstreams are named variables
  models::Scope scope;
  std::filesystem::path runtime_folder;   // for the sockets of engines
  std::filesystem::path prefixes_folder;  // for what engines keep of prompts
  state::Database& database;
  net::Reactors& reactors;
  net::BlockingPool& pool;
  ByteBudget& bodies;  // memory for what requests hold
};

class ModelParts {
 public:
  static Result<std::unique_ptr<ModelParts>> Make(const ModelInputs& inputs);

  // Takes up what another process added, removed or bound, and ends engines that nothing uses now.
  // Returns the revision that is known now. Blocks on the database.
  int64_t ReloadIfChanged();
  // Begins to load the models of models.warm_up; what goes wrong is in the log.
  void WarmUp(const std::vector<std::string>& ids);
  // Does the same for models.pinned, which stay loaded.
  void Pin(const std::vector<std::string>& ids);
  // To be called about once a second: what engines take is measured, idle ones end.
  void Tend() { hosts_.Tend(); }
  std::vector<models::EngineStatus> Engines() const { return hosts_.Statuses(); }
  uint64_t memory_budget_bytes() const { return hosts_.memory_budget_bytes(); }
  // Ends all engines; blocks until they are gone. No request may run any more.
  void Stop();

  const models::ModelDirectory& directory() const { return directory_; }
  models::ModelAccess& access() { return access_; }
  models::ProfileStore& profiles() { return profiles_; }
  models::EndpointStore& endpoints() { return endpoints_; }
  models::RouterStore& routers() { return routers_; }
  models::PolicyStore& policies() { return policies_; }
  models::Hosts& hosts() { return hosts_; }
  state::TagTable& tags() { return tags_; }
  runtime::Converser& converser() { return converser_; }
  runtime::Invoker& invoker() { return invoker_; }
  runtime::StoredResponses& stored_responses() { return stored_responses_; }
  runtime::UsageLedger& usage() { return usage_; }
  // To be called about once a second and before the end: keeps what was used. Blocks on the disk.
  void KeepUsage();
  net::BlockingPool& pool() { return pool_; }

 private:
  // What the ids name; one that names nothing is in the log, with the `setting` it stands in.
  std::vector<models::ModelPtr> Named(const std::vector<std::string>& ids,
                                      std::string_view setting) const;
  ModelParts(const ModelInputs& inputs, Catalog catalog);

  const models::Scope scope_;
  net::Reactors& reactors_;
  net::BlockingPool& pool_;
  models::StateRepository repository_;
  models::ModelDirectory directory_;
  models::ModelAccess access_;
  models::ProfileStore profiles_;
  models::EndpointStore endpoints_;
  models::RouterStore routers_;
  models::PolicyStore policies_;
  state::TagTable tags_;
  models::Hosts hosts_;
  models::ModelClient client_;
  runtime::Converser converser_;
  runtime::Invoker invoker_;
  runtime::StoredResponses stored_responses_;
  runtime::UsageLedger usage_;
  runtime::UsageStore usage_store_;
  int64_t revision_ = -1;  // nothing read yet
};

}  // namespace bedplate::app
