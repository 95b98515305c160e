#include <algorithm>

#include "base/config/setting.h"

namespace bedplate {

const Setting* FindSetting(std::string_view name) {
  const auto all = AllSettings();
  const auto found = std::ranges::find(all, name, &Setting::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace bedplate
