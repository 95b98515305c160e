// Where programs are: this one, and those on the PATH.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/environment.h"

namespace bedplate::app {

// The file of the running program.
std::filesystem::path OwnProgram();

// The first executable of that name in the folders of PATH.
std::optional<std::filesystem::path> FindOnPath(const Environment& environment,
                                                std::string_view name);

// What to type in a shell to run this program: its name if the PATH leads to it, else its file.
std::string OwnProgramForShell(const Environment& environment);

}  // namespace bedplate::app
