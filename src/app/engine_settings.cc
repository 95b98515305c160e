#include "app/engine_settings.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/own_program.h"

namespace bedplate::app {
namespace {

constexpr std::string_view kEngine = "bedplate-engine";

std::string FindEngine(const Settings& settings, const Environment& environment) {
  if (!settings.engine.program.empty()) return settings.engine.program;
  return FindHelper(kEngine, environment);
}

}  // namespace

std::string FindHelper(std::string_view name, const Environment& environment) {
  const std::filesystem::path beside = OwnProgram().parent_path() / name;
  if (access(beside.c_str(), X_OK) == 0) return beside.string();
  return FindOnPath(environment, name).value_or(beside).string();
}

std::vector<std::string> ChildEnvironment(const Environment& environment) {
  static constexpr std::string_view kPassedOn[] = {
      "PATH",          "LD_LIBRARY_PATH", "TMPDIR",      "ASAN_OPTIONS",
      "UBSAN_OPTIONS", "TSAN_OPTIONS",    "LSAN_OPTIONS"};
  std::vector<std::string> child;
  for (const std::string_view name : kPassedOn) {
    if (const auto value = Find(environment, name)) {
      child.push_back(std::string(name) + "=" + *value);
    }
  }
  return child;
}

models::EngineOptions MakeEngineOptions(const Settings& settings, const Environment& environment) {
  models::EngineOptions options;
  options.program = FindEngine(settings, environment);
  options.threads = static_cast<int>(settings.engine.threads);
  options.context_cells = static_cast<int>(settings.engine.context_cells);
  options.sequences = static_cast<int>(settings.engine.sequences);
  options.first_token_target_ms = static_cast<int>(settings.engine.first_token_target_ms);
  options.token_gap_target_ms = static_cast<int>(settings.engine.token_gap_target_ms);
  options.attention = settings.engine.attention;
  options.products = settings.engine.products;
  options.speculation = settings.engine.speculation;
  options.cache_type = settings.engine.cache_type;
  options.idle_prefix_s = settings.engine.idle_prefix_s;
  options.prefixes_mb = settings.engine.prefixes_mb;
  options.environment = ChildEnvironment(environment);
  options.ready_wait_max = std::chrono::milliseconds(settings.models.ready_wait_ms_max);
  options.request_max = std::chrono::milliseconds(settings.models.request_ms_max);
  return options;
}

}  // namespace bedplate::app
