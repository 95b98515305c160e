// What the engine says of weights on this machine, without loading them: in a process of its own.
//
// Errors: kValidation when a file is not there, else as models::Describe. Threads: blocks.
#pragma once

#include "base/config/load_settings.h"
#include "base/result.h"
#include "models/hosting/engine_description.h"
#include "models/hosting/engine_host.h"
#include "models/model.h"
#include "net/reactors.h"

namespace bedplate::app {

// `context_cells`: 0 as the engine would choose. An adapter is not looked at.
Result<models::EngineDescription> DescribeWeights(net::Reactors& reactors,
                                                  const models::EngineOptions& engine,
                                                  int context_cells,
                                                  const models::LocalWeights& weights,
                                                  models::Use use);

// Whether a projector, where there is one, fits the weights it was named with: kValidation with the
// engine's words when not.
Result<void> CheckProjector(const Settings& settings, const models::BindingTarget& target);

}  // namespace bedplate::app
