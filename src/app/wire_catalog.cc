#include "app/wire_catalog.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "models/binding_target.h"
#include "models/bindings.h"
#include "models/catalog.h"

namespace bedplate::app {
namespace {

using ModelPtr = std::shared_ptr<const models::Model>;

Result<double> ReadScale(const std::string& text) {
  double scale = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), scale);
  if (code != std::errc() || end != text.data() + text.size()) {
    return Fail(Fault::kValidation, fmt::format("lora_scale: \"{}\" is no number", text));
  }
  return scale;
}

// A binding may name a model that a user added, which is not known here: only what it binds is
// checked.
Result<models::BindingRule> ReadRule(const Settings::Binding& from,
                                     const std::vector<ModelPtr>& known) {
  std::optional<double> lora_scale;
  if (!from.lora_scale.empty()) {
    auto scale = ReadScale(from.lora_scale);
    if (!scale) return std::unexpected(std::move(scale.error()));
    lora_scale = *scale;
  }
  auto target = models::ReadTarget({.gguf_file = from.gguf,
                                    .url = from.url,
                                    .lora_file = from.lora,
                                    .lora_scale = lora_scale,
                                    .projector_file = from.projector,
                                    .draft_file = from.draft,
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
