// One value for one setting: from text or from a typed value to the member of Settings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/setting.h"
#include "base/result.h"

namespace bedplate {

// Each checks the value against what the setting allows and stores it in `settings`. The message
// of a failure is the part behind "listen.port: ", e.g. "70000 is not between 0 and 65535".
Result<void> StoreText(const Setting& setting, std::string_view text, Settings& settings);
Result<void> StoreString(const Setting& setting, std::string value, Settings& settings);
Result<void> StoreInteger(const Setting& setting, int64_t value, Settings& settings);
Result<void> StoreBoolean(const Setting& setting, bool value, Settings& settings);
Result<void> StoreList(const Setting& setting, std::vector<std::string> value, Settings& settings);

// What the setting takes, for messages: "a number of seconds between 0 and 3600".
std::string Expected(const Setting& setting);

}  // namespace bedplate
