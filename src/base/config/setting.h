// Setting: what is known about one setting, as read from settings.json at build time.
//
// Threads: the table is constant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/settings.h"  // generated

namespace bedplate {

enum class SettingType : uint8_t { kString, kPath, kInteger, kBoolean, kChoice, kStringList };

// The member of a Settings that holds the value.
using SettingTarget = std::variant<std::string*, int64_t*, bool*, std::vector<std::string>*>;

struct Setting {
  std::string_view name;         // "listen.port", as in bedplate.toml and --set
  std::string_view environment;  // "BEDPLATE_LISTEN_PORT"; empty for a member of an entry
  SettingType type;
  std::string_view unit;                      // empty where there is none
  int64_t min = 0;                            // kInteger
  int64_t max = 0;                            // kInteger
  std::span<const std::string_view> choices;  // kChoice
  std::string_view pattern;                   // kString: name of a rule in check_value.cc
  std::string_view meaning;
  SettingTarget (*at)(Settings& settings);
};

// All settings in the order of settings.json.
std::span<const Setting> AllSettings();

// The members of entries, e.g. "bindings.gguf": `at` gives that of the group's last entry, which
// must exist. They have no environment variable.
std::span<const Setting> EntrySettings();

// The setting called `name`, or nullptr.
const Setting* FindSetting(std::string_view name);

}  // namespace bedplate
