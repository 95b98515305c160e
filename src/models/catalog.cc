#include "models/catalog.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/json/value.h"
#include "models/facts_json.h"

namespace bedplate::models {

Result<std::vector<Model>> ParseCatalog(std::string_view json, const std::string& models_folder) {
  auto wrong = [](std::string_view what) {
    return Fail(Fault::kInternal, fmt::format("the model catalog is wrong: {}", what));
  };
  auto root = json::Value::Parse(json);
  if (!root) return wrong(root.error().message);
  const json::Value* list = root->Find("models");
  if (list == nullptr || !list->is_array()) return wrong("it has no list called models");
  std::vector<Model> models;
  for (const json::Value& entry : *list->AsArray()) {
    auto facts = ReadModelFacts(entry);
    if (!facts) return wrong(facts.error().message);
    const json::Value* weights = entry.Find("weights");
    if (weights == nullptr || !weights->is_string()) {
      return wrong(fmt::format("{} names no weights", facts->id));
    }
    auto file = std::filesystem::path(models_folder) / *weights->AsString();
    models.push_back({.facts = std::move(*facts), .binding = LocalWeights{.file = file.string()}});
  }
  return models;
}

}  // namespace bedplate::models
