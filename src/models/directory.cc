#include "models/directory.h"

#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace bedplate::models {
namespace {

struct IdHash {
  using is_transparent = void;
  size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
};
using ById = std::unordered_map<std::string, ModelPtr, IdHash, std::equal_to<>>;

ModelPtr Find(const ById& models, std::string_view id) {
  auto found = models.find(id);
  return found == models.end() ? nullptr : found->second;
}

}  // namespace

struct ModelDirectory::Snapshot {
  struct Added {
    std::vector<ModelPtr> ordered;
    ById by_id;
  };
  ById catalog;
  std::map<Scope, Added> added;

  // A user's model hides the catalog's of the same id.
  ModelPtr FindExact(std::string_view id, const Scope& scope) const {
    if (auto mine = added.find(scope); mine != added.end()) {
      if (ModelPtr model = Find(mine->second.by_id, id)) return model;
    }
    return Find(catalog, id);
  }
};

ModelDirectory::ModelDirectory(std::vector<Model> catalog, ModelRepository* repository)
    : repository_(repository) {
  auto snapshot = std::make_shared<Snapshot>();
  for (Model& model : catalog) {
    auto pointer = std::make_shared<const Model>(std::move(model));
    catalog_.push_back(pointer);
    snapshot->catalog.emplace(pointer->facts.id, pointer);
  }
  snapshot_.store(std::move(snapshot));
}

Result<ModelPtr> ModelDirectory::Resolve(std::string_view identifier, const Scope& scope) const {
  auto parsed = ParseModelIdentifier(identifier);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (!parsed->region.empty() && parsed->region != scope.region) {
    return std::unexpected(UnknownModel(identifier));
  }
  auto snapshot = snapshot_.load();
  bool may_carry_geography = parsed->form != ModelIdentifier::Form::kFoundationModelArn;
  bool must_carry_geography = parsed->form == ModelIdentifier::Form::kInferenceProfileArn;
  std::string_view bare = WithoutGeography(parsed->id);
  if (!must_carry_geography) {
    if (ModelPtr model = snapshot->FindExact(parsed->id, scope)) return model;
  }
  if (may_carry_geography && bare.size() != parsed->id.size()) {
    if (ModelPtr model = snapshot->FindExact(bare, scope)) return model;
  }
  return std::unexpected(UnknownModel(identifier));
}

std::vector<ModelPtr> ModelDirectory::List(const Scope& scope) const {
  auto snapshot = snapshot_.load();
  std::vector<ModelPtr> models;
  auto mine = snapshot->added.find(scope);
  for (const ModelPtr& model : catalog_) {
    bool hidden = mine != snapshot->added.end() && mine->second.by_id.contains(model->facts.id);
    if (!hidden) models.push_back(model);
  }
  if (mine != snapshot->added.end()) {
    models.insert(models.end(), mine->second.ordered.begin(), mine->second.ordered.end());
  }
  return models;
}

Result<void> ModelDirectory::Reload() {
  if (repository_ == nullptr) return {};
  auto rows = repository_->List();
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto next = std::make_shared<Snapshot>();
  next->catalog = snapshot_.load()->catalog;
  for (UserModel& row : *rows) {
    Snapshot::Added& mine = next->added[row.scope];
    auto pointer = std::make_shared<const Model>(std::move(row.model));
    mine.ordered.push_back(pointer);
    mine.by_id.emplace(pointer->facts.id, pointer);
  }
  snapshot_.store(std::move(next));
  return {};
}

}  // namespace bedplate::models
