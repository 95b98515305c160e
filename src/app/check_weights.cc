#include "app/check_weights.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

#include "app/engine_settings.h"
#include "base/environment.h"
#include "models/hosting/engine_description.h"
#include "models/hosting/engine_host.h"
#include "net/reactors.h"

namespace bedplate::app {

Result<void> CheckFiles(const models::LocalWeights& weights) {
  std::error_code error;
  for (const std::string* file :
       {&weights.file, &weights.adapter, &weights.projector, &weights.draft}) {
    if (file->empty() || std::filesystem::is_regular_file(*file, error)) continue;
    return Fail(Fault::kValidation, fmt::format("there is no file {}", *file));
  }
  return {};
}

Result<void> CheckWeights(const Settings& settings, const models::LocalWeights& weights,
                          models::Use use) {
  if (weights.adapter.empty() && weights.projector.empty() && weights.draft.empty()) return {};
  const models::EngineOptions engine = MakeEngineOptions(settings, ReadEnvironment());
  net::Reactors reactors({.threads = 1});
  auto command = models::DescribeCommand(engine, engine.context_cells, weights, use);
  auto described = reactors.Run(
      0, models::Describe(reactors.at(0).executor(), std::move(command), engine.describe_max));
  if (!described) return std::unexpected(std::move(described.error()));
  return {};
}

}  // namespace bedplate::app
