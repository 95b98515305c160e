// From settings to how an engine is started.
#pragma once

#include "base/environment.h"
#include "base/settings.h"
#include "models/hosting/engine_host.h"

namespace bedplate::app {

// All but the folder for sockets, which a server knows. Looks for the program.
models::EngineOptions MakeEngineOptions(const Settings& settings, const Environment& environment);

}  // namespace bedplate::app
