// LoadSettings: from bedplate.toml, the environment and the command line to one Settings.
//
// The later source wins: built-in default, file, BEDPLATE_<GROUP>_<NAME> variable, --set. A key
// that does not exist or a value that does not fit is refused, with where it stands and what
// would be right, because a setting that is ignored is found too late.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "base/settings.h"  // generated

namespace bedplate {

struct SettingSources {
  // --config or BEDPLATE_CONFIG; must exist. Without it the first that exists of ./bedplate.toml
  // and ${XDG_CONFIG_HOME:-~/.config}/bedplate/bedplate.toml is read.
  std::optional<std::filesystem::path> file{};
  Environment environment{};
  std::vector<std::string> assignments{};  // "listen.port=0", from --set
  std::filesystem::path working_folder{};  // where ./bedplate.toml is looked for
};

struct LoadedSettings {
  Settings settings;
  std::optional<std::filesystem::path> file{};  // the one that was read
  // Setting name, or "bindings." and the pattern, to where its value came from.
  std::map<std::string, std::string> origins{};
  // BEDPLATE_* variables that are no setting. Not refused: Kubernetes makes such variables for
  // a service called bedplate.
  std::vector<std::string> unknown_variables{};
};

// Folders come back absolute, with the defaults that depend on others filled in. Fails with
// kValidation and a message for the user.
Result<LoadedSettings> LoadSettings(const SettingSources& sources);

}  // namespace bedplate
