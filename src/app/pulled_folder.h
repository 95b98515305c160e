// Where `bedplate models pull` puts models: models/pulled inside the data folder.
#pragma once

#include "base/result.h"
#include "base/settings.h"
#include "models/pull/pulled_models.h"

namespace bedplate::app {

// Makes the data folder when it is missing.
Result<models::PulledModels> OpenPulledModels(const Settings& settings);

}  // namespace bedplate::app
