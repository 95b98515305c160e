// From what the operator asked for to a scheduler's configuration that holds together: the one
// place that knows how many requests may run at once.
//
// Errors: kValidation naming the option and its value. Threads: pure functions.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "engine/scheduler/scheduler.h"
#include "engine/server/engine_options.h"

namespace bedplate::engine {

// `sequences`: requests computed at once; 0 leaves the choice to us. `cells`, `context_tokens_max`
// and `share_prefixes` of the result are the model's and stay to be set.
Result<scheduler::Config> MakeSchedulerConfig(uint32_t sequences);

// What the options say of how long answers may take to begin and to go on.
void SetTargets(const EngineOptions& options, scheduler::Config& config);

}  // namespace bedplate::engine
