// Which service tiers a model's server has a word for.
//
// Errors: kValidation, naming the tier and its place. Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.h"
#include "models/model.h"

namespace bedplate::runtime {

// `tier` is "default", "priority", "flex" or empty; `place` is where the caller asks for it.
Result<void> CheckTier(std::string_view tier, std::string_view place, const models::Model& model);

}  // namespace bedplate::runtime
