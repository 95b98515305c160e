#include "models/hosting/engine_adapter.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <filesystem>
#include <utility>

namespace bedplate::models {

EngineAdapter AdapterOf(const LocalWeights& weights, std::string model_id) {
  return {.name = EngineModelName(weights),
          .file = weights.adapter,
          .scale = weights.adapter_scale,
          .model_id = std::move(model_id)};
}

std::string EngineModelName(const LocalWeights& weights) {
  if (weights.adapter.empty()) return std::filesystem::path(weights.file).stem().string();
  const std::string all = fmt::format("{} {}", weights.adapter_scale, weights.adapter);
  return fmt::format("adapter-{:016x}", XXH3_64bits(all.data(), all.size()));
}

void AddAdapter(const EngineAdapter& adapter, ChildCommand& command) {
  // As one word: a scale may begin with a minus.
  command.arguments.insert(command.arguments.end(),
                           {"--adapter", fmt::format("{}={}", adapter.name, adapter.file),
                            fmt::format("--adapter-scale={}={}", adapter.name, adapter.scale)});
}

}  // namespace bedplate::models
