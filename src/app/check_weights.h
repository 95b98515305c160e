// Weights and what stands beside them (a LoRA adapter, a projector, a draft model): whether they
// are there, and whether they fit together, before a model is added or bound. The engine reads the
// files, in a process of its own.
#pragma once

#include "base/result.h"
#include "base/settings.h"
#include "models/model.h"

namespace bedplate::app {

// kValidation naming a file that is not there.
Result<void> CheckFiles(const models::LocalWeights& weights);

// Weights that stand alone are taken as they are: they are read when they are first used.
// kModelError with what the engine says of files that do not fit, kUnavailable when it can't be
// started. Blocks.
Result<void> CheckWeights(const Settings& settings, const models::LocalWeights& weights,
                          models::Use use);

}  // namespace bedplate::app
