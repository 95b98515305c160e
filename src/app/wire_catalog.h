// From settings to the catalog and what is bound to it.
//
// Threads: pure function.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/settings.h"
#include "models/model.h"

namespace bedplate::app {

struct Catalog {
  std::vector<models::Model> models;
  std::vector<models::BindingRule> rules;  // of the group [bindings]
};

// Fails with a message for the user that names the binding which can never bind anything. Whether
// its file is there is not asked: the first request of its model says so.
Result<Catalog> ReadCatalog(const Settings& settings);

}  // namespace bedplate::app
