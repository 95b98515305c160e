#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/commands.h"
#include "app/print.h"
#include "base/config/read_file.h"
#include "base/config/setting.h"

namespace bedplate::app {
namespace {

// As --set and the environment take it.
std::string ValueText(const Setting& setting, Settings& settings) {
  const SettingTarget target = setting.at(settings);
  if (const auto* text = std::get_if<std::string*>(&target)) return **text;
  if (const auto* number = std::get_if<int64_t*>(&target)) return fmt::format("{}", **number);
  if (const auto* flag = std::get_if<bool*>(&target)) return **flag ? "true" : "false";
  std::string items;
  for (const std::string& item : *std::get<std::vector<std::string>*>(target)) {
    if (!items.empty()) items += ',';
    items += item;
  }
  return items;
}

std::string BindingText(const Settings::Binding& from) {
  for (const auto& [name, value] : {std::pair("gguf", &from.gguf), std::pair("url", &from.url),
                                    std::pair("model", &from.model)}) {
    if (!value->empty()) return fmt::format("{}={}", name, *value);
  }
  return "";
}

}  // namespace

int PrintSettings(const LoadedSettings& loaded, const std::string& name) {
  Settings settings = loaded.settings;
  if (!name.empty()) {
    const Setting* setting = FindSetting(name);
    if (setting == nullptr) {
      Complain(fmt::format("there is no setting {}{}", name, DidYouMean(name)));
      return kExitUsage;
    }
    Print(ValueText(*setting, settings));
    return kExitSuccess;
  }
  std::vector<std::vector<std::string>> rows = {{"SETTING", "VALUE", "FROM"}};
  for (const Setting& setting : AllSettings()) {
    const auto origin = loaded.origins.find(std::string(setting.name));
    rows.push_back({std::string(setting.name), ValueText(setting, settings),
                    origin == loaded.origins.end() ? "default" : origin->second});
  }
  for (const Settings::Binding& from : settings.bindings) {
    const auto origin = loaded.origins.find("bindings." + from.pattern);
    rows.push_back({"bindings." + from.pattern, BindingText(from),
                    origin == loaded.origins.end() ? "file" : origin->second});
  }
  Print(Table(rows));
  return kExitSuccess;
}

}  // namespace bedplate::app
