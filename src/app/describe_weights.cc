#include "app/describe_weights.h"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <variant>

#include "app/engine_settings.h"
#include "base/environment.h"

namespace bedplate::app {

Result<models::EngineDescription> DescribeWeights(net::Reactors& reactors,
                                                  const models::EngineOptions& engine,
                                                  int context_cells,
                                                  const models::LocalWeights& weights,
                                                  models::Use use) {
  std::error_code error;
  for (const std::string* file : {&weights.file, &weights.projector}) {
    if (file->empty() || std::filesystem::is_regular_file(*file, error)) continue;
    return Fail(Fault::kValidation, fmt::format("there is no file {}", *file));
  }
  auto command = models::EngineCommand(engine, context_cells, use);
  command.arguments.insert(command.arguments.begin(), {"--describe", weights.file});
  if (!weights.projector.empty()) {
    command.arguments.insert(command.arguments.end(), {"--projector", weights.projector});
  }
  return reactors.Run(0, models::Describe(reactors.at(0).executor(), command, engine.describe_max));
}

Result<void> CheckProjector(const Settings& settings, const models::BindingTarget& target) {
  const auto* weights = std::get_if<models::LocalWeights>(&target);
  if (weights == nullptr || weights->projector.empty()) return {};
  net::Reactors reactors({.threads = 1});
  const models::EngineOptions engine = MakeEngineOptions(settings, ReadEnvironment());
  auto described =
      DescribeWeights(reactors, engine, engine.context_cells, *weights, models::Use::kText);
  if (described) return {};
  return Fail(Fault::kValidation,
              fmt::format("{} and {} make no model together: {}.", weights->file,
                          weights->projector, described.error().message));
}

}  // namespace bedplate::app
