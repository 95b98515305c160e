#include "models/catalog.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/json/value.h"
#include "models/facts_json.h"

namespace bedplate::models {
namespace {

constexpr double kMillionths = 1e6;

std::unexpected<Error> Wrong(std::string_view what) {
  return Fail(Fault::kInternal, fmt::format("the model catalog is wrong: {}", what));
}

// A text that may be missing.
Result<std::string> TakeText(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  if (member == nullptr) return std::string();
  if (const std::string* text = member->AsString()) return *text;
  return Wrong(fmt::format("{} can't be {}", key, member->ToJson()));
}

bool IsTrue(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  const bool* value = member == nullptr ? nullptr : member->AsBoolean();
  return value != nullptr && *value;
}

Result<std::shared_ptr<const Provider>> ReadProvider(const json::Value& group) {
  auto provider = std::make_shared<Provider>();
  for (auto [key, target] : {std::pair{"provider", &provider->name},
                             {"source", &provider->source},
                             {"as_of", &provider->as_of},
                             {"price_as_of", &provider->price_as_of},
                             {"licence_url", &provider->licence_url}}) {
    auto text = TakeText(group, key);
    if (!text) return std::unexpected(std::move(text.error()));
    *target = std::move(*text);
  }
  if (provider->name.empty()) return Wrong("a provider has no name");
  if (provider->source.empty() || provider->as_of.empty()) {
    return Wrong(fmt::format("{} does not say where its facts are from", provider->name));
  }
  provider->agreement = IsTrue(group, "agreement");
  provider->use_case = IsTrue(group, "use_case");
  return provider;
}

// "price": [input, output] in dollars for a million tokens.
Result<std::optional<TokenPrice>> ReadPrice(const json::Value& entry) {
  const json::Value* member = entry.Find("price");
  if (member == nullptr) return std::nullopt;
  const json::Value::Array* parts = member->AsArray();
  double dollars[2] = {};
  if (parts == nullptr || parts->empty() || parts->size() > std::size(dollars)) {
    return Wrong(fmt::format("price can't be {}", member->ToJson()));
  }
  for (size_t i = 0; i < parts->size(); ++i) {
    if (!(*parts)[i].ToDouble(dollars[i]) || dollars[i] < 0) {
      return Wrong(fmt::format("price can't be {}", member->ToJson()));
    }
  }
  TokenPrice price{.input = std::llround(dollars[0] * kMillionths)};
  if (parts->size() == 2) price.output = std::llround(dollars[1] * kMillionths);
  return price;
}

Result<std::vector<std::string>> ReadGeographies(const json::Value& entry,
                                                 const json::Value* defaults) {
  const json::Value* member = entry.Find("geographies");
  if (member == nullptr && defaults != nullptr) member = defaults->Find("geographies");
  std::vector<std::string> geographies;
  if (member == nullptr) return geographies;
  const json::Value::Array* texts = member->AsArray();
  if (texts == nullptr) return Wrong(fmt::format("geographies can't be {}", member->ToJson()));
  for (const json::Value& text : *texts) {
    if (!text.is_string()) return Wrong(fmt::format("a geography can't be {}", text.ToJson()));
    geographies.push_back(*text.AsString());
  }
  return geographies;
}

class GroupReader {
 public:
  GroupReader(const json::Value& group, const std::string& models_folder)
      : group_(group), models_folder_(models_folder), defaults_(group.Find("defaults")) {}

  Result<void> Read(std::vector<Model>& models) {
    auto provider = ReadProvider(group_);
    if (!provider) return std::unexpected(std::move(provider.error()));
    provider_ = std::move(*provider);
    auto licence = TakeText(group_, "licence");
    if (!licence) return std::unexpected(std::move(licence.error()));
    licence_ = std::move(*licence);
    const json::Value* list = group_.Find("models");
    if (list == nullptr || !list->is_array()) {
      return Wrong(fmt::format("{} has no list called models", provider_->name));
    }
    for (const json::Value& entry : *list->AsArray()) {
      auto model = ReadModel(entry);
      if (!model) return std::unexpected(std::move(model.error()));
      models.push_back(std::move(*model));
    }
    return {};
  }

 private:
  Result<Model> ReadModel(json::Value entry) const {
    if (entry.is_object()) entry.Set("provider", provider_->name);
    auto facts = ReadModelFacts(entry, defaults_);
    if (!facts) return Wrong(facts.error().message);
    auto price = ReadPrice(entry);
    if (!price) return std::unexpected(std::move(price.error()));
    auto geographies = ReadGeographies(entry, defaults_);
    if (!geographies) return std::unexpected(std::move(geographies.error()));
    auto licence = TakeText(entry, "licence");
    if (!licence) return std::unexpected(std::move(licence.error()));
    auto weights = TakeText(entry, "weights");
    if (!weights) return std::unexpected(std::move(weights.error()));

    Publication published{.provider = provider_,
                          .geographies = std::move(*geographies),
                          .price = *price,
                          .licence = licence->empty() ? licence_ : *licence};
    Model model{.facts = std::move(*facts),
                .published = std::make_shared<const Publication>(std::move(published))};
    if (!weights->empty()) {
      const auto file = std::filesystem::path(models_folder_) / *weights;
      model.binding = LocalWeights{.file = file.string()};
    }
    return model;
  }

  const json::Value& group_;
  const std::string& models_folder_;
  const json::Value* defaults_;
  std::shared_ptr<const Provider> provider_;
  std::string licence_;
};

}  // namespace

Result<std::vector<Model>> ParseCatalog(std::string_view json, const std::string& models_folder) {
  auto root = json::Value::Parse(json);
  if (!root) return Wrong(root.error().message);
  const json::Value* providers = root->Find("providers");
  if (providers == nullptr || !providers->is_array()) return Wrong("it has no list of providers");
  std::vector<Model> models;
  for (const json::Value& group : *providers->AsArray()) {
    if (auto read = GroupReader(group, models_folder).Read(models); !read) {
      return std::unexpected(std::move(read.error()));
    }
  }
  return models;
}

}  // namespace bedplate::models
