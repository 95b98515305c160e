// The process environment. This is the only place that reads it (tools/tidy refuses getenv
// elsewhere): what the server does is decided by Settings, and a test hands in its own.
//
// Threads: reads are safe as nothing in this program changes the environment.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace bedplate {

using Environment = std::map<std::string, std::string, std::less<>>;

// A copy of this process's environment.
Environment ReadEnvironment();

// The value of `name` if it is set and not empty.
std::optional<std::string> Find(const Environment& environment, std::string_view name);

}  // namespace bedplate
