#include "base/config/load_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/config/check_value.h"
#include "base/config/read_file.h"
#include "base/config/setting.h"

namespace bedplate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kVariablePrefix = "BEDPLATE_";
// Read by the program itself or by the scripts around it; no settings.
constexpr std::string_view kOtherVariables[] = {"BEDPLATE_CONFIG", "BEDPLATE_CACHE",
                                                "BEDPLATE_CLIENTS_FOLDER"};

class Loader {
 public:
  explicit Loader(const SettingSources& sources) : sources_(sources) {}

  Result<LoadedSettings> Load() {
    if (auto read = ReadFile(); !read) return std::unexpected(read.error());
    if (auto read = ReadVariables(); !read) return std::unexpected(read.error());
    if (auto read = ReadAssignments(); !read) return std::unexpected(read.error());
    if (auto filled = FillIn(); !filled) return std::unexpected(filled.error());
    return std::move(loaded_);
  }

 private:
  std::optional<fs::path> Home() const {
    if (auto home = Find(sources_.environment, "HOME")) return fs::path(*home);
    return std::nullopt;
  }

  std::optional<fs::path> ChooseFile() const {
    if (sources_.file) return sources_.working_folder / *sources_.file;
    if (auto named = Find(sources_.environment, "BEDPLATE_CONFIG")) {
      return sources_.working_folder / *named;
    }
    std::error_code ignored;
    const fs::path here = sources_.working_folder / "bedplate.toml";
    if (fs::is_regular_file(here, ignored)) return here;
    std::optional<fs::path> folder = Home();
    if (folder) *folder /= ".config";
    if (auto named = Find(sources_.environment, "XDG_CONFIG_HOME")) folder = *named;
    if (!folder) return std::nullopt;
    const fs::path theirs = *folder / "bedplate" / "bedplate.toml";
    if (fs::is_regular_file(theirs, ignored)) return theirs;
    return std::nullopt;
  }

  Result<void> ReadFile() {
    loaded_.file = ChooseFile();
    if (!loaded_.file) return {};
    const auto seen = [this](const Setting& setting, std::string where) {
      Note(setting, std::move(where), loaded_.file->parent_path());
    };
    return ReadSettingsFile(*loaded_.file, loaded_.settings, seen);
  }

  Result<void> ReadVariables() {
    for (const auto& [name, value] : sources_.environment) {
      if (!name.starts_with(kVariablePrefix)) continue;
      if (std::ranges::count(kOtherVariables, name) > 0) continue;
      const auto all = AllSettings();
      const auto setting = std::ranges::find(all, name, &Setting::environment);
      if (setting == all.end()) {
        loaded_.unknown_variables.push_back(name);
        continue;
      }
      if (auto stored = StoreText(*setting, value, loaded_.settings); !stored) {
        return Fail(Fault::kValidation,
                    fmt::format("environment variable {}: {}", name, stored.error().message));
      }
      Note(*setting, name, sources_.working_folder);
    }
    return {};
  }

  Result<void> ReadAssignments() {
    for (const std::string& assignment : sources_.assignments) {
      const size_t equals = assignment.find('=');
      const std::string name = assignment.substr(0, equals);
      const auto refuse = [&](std::string why) {
        return Fail(Fault::kValidation, fmt::format("--set {}: {}", assignment, why));
      };
      if (equals == std::string::npos) return refuse("expected <setting>=<value>");
      const Setting* setting = FindSetting(name);
      if (setting == nullptr) {
        return refuse(fmt::format("there is no setting {}{}", name, DidYouMean(name)));
      }
      if (auto stored = StoreText(*setting, assignment.substr(equals + 1), loaded_.settings);
          !stored) {
        return refuse(stored.error().message);
      }
      Note(*setting, "--set", sources_.working_folder);
    }
    return {};
  }

  // Remembers where the value came from, and what a relative path in it starts at.
  void Note(const Setting& setting, std::string origin, const fs::path& base) {
    std::string name(setting.name);
    if (setting.environment.empty()) name = "bindings." + loaded_.settings.bindings.back().pattern;
    loaded_.origins[std::move(name)] = std::move(origin);
    if (setting.type != SettingType::kPath) return;
    std::string& path = *std::get<std::string*>(setting.at(loaded_.settings));
    if (path.empty()) return;
    if (path == "~" || path.starts_with("~/")) {
      if (const auto home = Home()) path = (*home / fs::path(path.substr(1)).relative_path());
    }
    path = (base / path).lexically_normal().string();
  }

  Result<void> FillIn() {
    Settings& settings = loaded_.settings;
    if (settings.data.folder.empty()) {
      std::optional<fs::path> folder = Home();
      if (folder) *folder /= ".local/share";
      if (auto named = Find(sources_.environment, "XDG_DATA_HOME")) folder = *named;
      if (!folder) {
        return Fail(Fault::kValidation,
                    "data.folder: neither HOME nor XDG_DATA_HOME is set; say where the server's "
                    "data goes, e.g. --set data.folder=/var/lib/bedplate");
      }
      settings.data.folder = (*folder / "bedplate").lexically_normal().string();
    }
    if (settings.models.folder.empty()) {
      settings.models.folder = (fs::path(settings.data.folder) / "models").string();
    }
    if (settings.tls.certificate.empty() != settings.tls.key.empty()) {
      return Fail(Fault::kValidation,
                  "tls.certificate and tls.key belong together: one of them is not set");
    }
    return {};
  }

  const SettingSources& sources_;
  LoadedSettings loaded_;
};

}  // namespace

Result<LoadedSettings> LoadSettings(const SettingSources& sources) {
  return Loader(sources).Load();
}

}  // namespace bedplate
