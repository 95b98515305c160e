// What the commands about models need of the server's state. A running server is not asked: the
// database may be open in several processes.
//
// Threads: used by main. Blocks on the disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/data_folder.h"
#include "base/result.h"
#include "base/settings.h"
#include "models/directory.h"
#include "models/state_repository.h"
#include "state/database.h"

namespace bedplate::app {

class ModelStore {
 public:
  // `settings` outlives the store. Beside a running server, its region counts: a model of another
  // one would be added unseen.
  static Result<std::unique_ptr<ModelStore>> Open(const Settings& settings);

  const models::Scope& scope() const { return scope_; }
  models::StateRepository& repository() { return repository_; }

  // Every model as a server would list it now.
  Result<std::vector<models::ModelPtr>> Models();

  // Waits until a running server has read what was just committed, and says how that went.
  std::string TellServer();

 private:
  ModelStore(const Settings& settings, DataFolder folder, models::Scope scope,
             std::unique_ptr<state::Database> database);

  const Settings& settings_;
  DataFolder folder_;
  models::Scope scope_;
  std::unique_ptr<state::Database> database_;
  models::StateRepository repository_;
};

}  // namespace bedplate::app
