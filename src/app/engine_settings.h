// From settings to how an engine is started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/settings.h"
#include "models/hosting/engine_host.h"

namespace bedplate::app {

// The program of that name beside this one, else the one on PATH.
std::string FindHelper(std::string_view name, const Environment& environment);

// What a child needs of our environment; keys and tokens in it are none of its business.
std::vector<std::string> ChildEnvironment(const Environment& environment);

// All but the folder for sockets, which a server knows. Looks for the program.
models::EngineOptions MakeEngineOptions(const Settings& settings, const Environment& environment);

}  // namespace bedplate::app
