#include "base/config/read_file.h"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/check_value.h"
#include "base/limits.h"

namespace bedplate {
namespace {

constexpr std::string_view kBindings = "bindings";

class FileReader {
 public:
  FileReader(std::string file, Settings& settings, const SettingSeen& seen)
      : file_(std::move(file)), settings_(settings), seen_(seen) {}

  Result<void> Read(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      const auto at = Where(key.source());
      if (name == kBindings && prefix.empty()) {
        if (auto read = ReadBindings(node); !read) return read;
        continue;
      }
      if (const toml::table* group = node.as_table(); group != nullptr && prefix.empty()) {
        if (!IsGroup(key.str())) {
          return Refuse(
              at, fmt::format("there is no group [{}]; the groups are {}", name, GroupNames()));
        }
        if (auto read = Read(*group, name + "."); !read) return read;
        continue;
      }
      const Setting* setting = FindSetting(name);
      if (setting == nullptr) {
        return Refuse(at, fmt::format("there is no setting {}{}", name, DidYouMean(name)));
      }
      if (const auto stored = Store(*setting, node); !stored) {
        return Refuse(Where(node.source()), fmt::format("{}: {}", name, stored.error().message));
      }
      seen_(*setting, Where(node.source()));
    }
    return {};
  }

  std::string Where(const toml::source_region& source) const {
    return fmt::format("{}:{}:{}", file_, source.begin.line, source.begin.column);
  }
  static Result<void> Refuse(const std::string& where, const std::string& why) {
    return Fail(Fault::kValidation, fmt::format("{}: {}", where, why));
  }

 private:
  static bool IsGroup(std::string_view name) {
    for (const Setting& setting : AllSettings()) {
      if (setting.name.substr(0, setting.name.find('.')) == name) return true;
    }
    return false;
  }

  static std::string GroupNames() {
    std::string names;
    std::string_view last;
    for (const Setting& setting : AllSettings()) {
      const auto group = setting.name.substr(0, setting.name.find('.'));
      if (group == last) continue;
      if (!names.empty()) names += ", ";
      names += group;
      last = group;
    }
    return fmt::format("{}, {}", names, kBindings);
  }

  // The group whose keys are the user's own.
  Result<void> ReadBindings(const toml::node& node) {
    const toml::table* entries = node.as_table();
    if (entries == nullptr) {
      return Refuse(Where(node.source()), fmt::format("{}: expected a group", kBindings));
    }
    for (const auto& [key, value] : *entries) {
      const std::string name = fmt::format("{}.\"{}\"", kBindings, key.str());
      const toml::table* entry = value.as_table();
      if (entry == nullptr) {
        return Refuse(Where(value.source()),
                      fmt::format("{}: expected a table such as {{ model = \"...\" }}", name));
      }
      settings_.bindings.emplace_back().pattern = key.str();
      if (auto read = ReadEntry(*entry, name); !read) return read;
    }
    return {};
  }

  Result<void> ReadEntry(const toml::table& entry, const std::string& name) {
    for (const auto& [key, node] : entry) {
      const std::string wanted = fmt::format("{}.{}", kBindings, key.str());
      const auto all = EntrySettings();
      const auto setting = std::ranges::find(all, wanted, &Setting::name);
      if (setting == all.end()) {
        const bool nested = node.is_table();
        return Refuse(Where(key.source()),
                      fmt::format("there is no setting {}.{}{}", name, key.str(),
                                  nested ? "; an id with dots goes in quotes" : ""));
      }
      if (const auto stored = Store(*setting, node); !stored) {
        return Refuse(Where(node.source()),
                      fmt::format("{}.{}: {}", name, key.str(), stored.error().message));
      }
      seen_(*setting, Where(node.source()));
    }
    return {};
  }

  Result<void> Store(const Setting& setting, const toml::node& node) {
    if (const auto* text = node.as_string()) return StoreString(setting, text->get(), settings_);
    if (const auto* number = node.as_integer()) {
      return StoreInteger(setting, number->get(), settings_);
    }
    if (const auto* truth = node.as_boolean()) {
      return StoreBoolean(setting, truth->get(), settings_);
    }
    if (const toml::array* array = node.as_array()) {
      std::vector<std::string> items;
      for (const toml::node& item : *array) {
        if (!item.is_string()) {
          return Fail(Fault::kValidation,
                      fmt::format("expected {}, but an item is no string", Expected(setting)));
        }
        items.push_back(item.as_string()->get());
      }
      return StoreList(setting, std::move(items), settings_);
    }
    return Fail(Fault::kValidation, fmt::format("expected {}, not a {}", Expected(setting),
                                                node.is_table() ? "table" : "date or fraction"));
  }

  const std::string file_;
  Settings& settings_;
  const SettingSeen& seen_;
};

}  // namespace

Result<void> ReadSettingsFile(const std::filesystem::path& file, Settings& settings,
                              const SettingSeen& seen) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code unreadable;
  const auto bytes = std::filesystem::file_size(file, unreadable);
  if (!stream || unreadable) {
    return Fail(Fault::kValidation,
                fmt::format("cannot read the configuration file {}", file.string()));
  }
  if (bytes > limits::kConfigurationFileBytesMax) {
    return Fail(Fault::kValidation, fmt::format("the configuration file {} is larger than {} bytes",
                                                file.string(), limits::kConfigurationFileBytesMax));
  }
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  FileReader reader(file.string(), settings, seen);
  const toml::parse_result parsed = toml::parse(text, file.string());
  if (!parsed) {
    return FileReader::Refuse(reader.Where(parsed.error().source()),
                              std::string(parsed.error().description()));
  }
  return reader.Read(parsed.table(), "");
}

}  // namespace bedplate
