// bedplate.toml: from the text of the file to Settings.
#pragma once

#include <filesystem>
#include <functional>

#include "base/config/setting.h"
#include "base/result.h"

namespace bedplate {

// Told of each setting that the file has, with where: "bedplate.toml:3:8".
using SettingSeen = std::function<void(const Setting& setting, std::string where)>;

// Stores what the file says. Refuses the first key that does not exist and the first value that
// does not fit, with file, line and column.
Result<void> ReadSettingsFile(const std::filesystem::path& file, Settings& settings,
                              const SettingSeen& seen);

// ": did you mean listen.port?" when a setting is spelled almost like `name`, else empty.
std::string DidYouMean(std::string_view name);

}  // namespace bedplate
