// The LoRA adapters of an engine: models of their own, on one base that is in memory once.
#pragma once

#include <string>

#include "models/hosting/child_process.h"
#include "models/model.h"

namespace bedplate::models {

struct EngineAdapter {
  std::string name{};  // what the engine calls it: EngineModelName
  std::string file{};
  double scale = 1;
  std::string model_id{};  // of a model that it makes; for messages
};

// Of weights with an adapter, in a model of this id.
EngineAdapter AdapterOf(const LocalWeights& weights, std::string model_id);

// What the engine that runs these weights calls what they are with their adapter: equal for equal
// adapters and scales, and telling no path. Without one, what it calls the weights.
std::string EngineModelName(const LocalWeights& weights);

// Has the engine load it.
void AddAdapter(const EngineAdapter& adapter, ChildCommand& command);

}  // namespace bedplate::models
