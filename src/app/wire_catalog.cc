#include "app/wire_catalog.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "models/binding_target.h"
#include "models/bindings.h"
#include "models/catalog.h"

namespace bedplate::app {
namespace {

using ModelPtr = std::shared_ptr<const models::Model>;

// A binding may name a model that a user added, which is not known here: only what it binds is
// checked.
Result<models::BindingRule> ReadRule(const Settings::Binding& from,
                                     const std::vector<ModelPtr>& known) {
  auto target = models::ReadTarget({.gguf_file = from.gguf,
                                    .url = from.url,
                                    .projector_file = from.projector,
                                    .protocol = from.protocol,
                                    .upstream_model = from.upstream_model,
                                    .api_key_env = from.api_key_variable,
                                    .region = from.region,
                                    .profile = from.profile,
                                    .model = from.model},
                                   models::FileIsWanted::kLater);
  if (!target) return std::unexpected(std::move(target.error()));
  if (from.embeddings && from.rerank) {
    return Fail(Fault::kValidation, "say one of embeddings and rerank, not both");
  }
  models::BindingRule rule{.pattern = from.pattern};
  if (from.embeddings) rule.use = models::Use::kEmbeddings;
  if (from.rerank) rule.use = models::Use::kRanking;
  if (auto ok = models::CheckRule(rule, known); !ok) return std::unexpected(std::move(ok.error()));
  rule.target = std::move(*target);
  return rule;
}

}  // namespace

Result<Catalog> ReadCatalog(const Settings& settings) {
  auto parsed = models::ParseCatalog(models::BuiltInCatalogJson(), settings.models.folder);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  Catalog catalog{.models = std::move(*parsed), .rules = {}};
  if (settings.bindings.empty()) return catalog;
  std::vector<ModelPtr> known;
  known.reserve(catalog.models.size());
  for (const models::Model& model : catalog.models) {
    known.push_back(std::make_shared<const models::Model>(model));
  }
  for (const Settings::Binding& from : settings.bindings) {
    auto rule = ReadRule(from, known);
    if (!rule) {
      return Fail(Fault::kValidation,
                  fmt::format("bindings.\"{}\": {}", from.pattern, rule.error().message));
    }
    catalog.rules.push_back(std::move(*rule));
  }
  return catalog;
}

}  // namespace bedplate::app
