#include "models/bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "base/log.h"

namespace bedplate::models {
namespace {

using ModelPtr = std::shared_ptr<const Model>;

constexpr char kAnyRun = '*';

bool IsExact(const BindingRule& rule) { return !rule.pattern.contains(kAnyRun); }

// Bigger for the rule that goes first.
size_t Weight(const BindingRule& rule) {
  if (IsExact(rule)) return limits::kModelIdCharactersMax + 1;
  return rule.pattern.size() - static_cast<size_t>(std::ranges::count(rule.pattern, kAnyRun));
}

// Whether users may bind it so: Amazon Bedrock answers for every kind of model.
bool MayBeBound(const Model& model, const BindingRule& rule) {
  if (model.user_added) return false;
  return std::holds_alternative<BedrockUpstream>(rule.target) ||
         model.facts.body_format != BodyFormat::kNone;
}

std::string_view MadeBy(Use use) {
  switch (use) {
    case Use::kEmbeddings:
      return "embeddings";
    case Use::kRanking:
      return "rankings";
    case Use::kText:
      break;
  }
  return "text";
}

std::string_view KindText(const Model& model) {
  if (model.facts.body_format == BodyFormat::kNone) return "neither text nor embeddings";
  return MadeBy(model.facts.use());
}

std::vector<const BindingRule*> InOrder(std::span<const BindingRule> first,
                                        std::span<const BindingRule> second) {
  std::vector<const BindingRule*> rules;
  for (const BindingRule& rule : first) rules.push_back(&rule);
  for (const BindingRule& rule : second) {
    const auto same = std::ranges::find(first, rule.pattern, &BindingRule::pattern);
    if (same == first.end()) rules.push_back(&rule);
  }
  std::ranges::sort(rules, [](const BindingRule* a, const BindingRule* b) {
    const size_t weight_a = Weight(*a);
    const size_t weight_b = Weight(*b);
    return weight_a != weight_b ? weight_a > weight_b : a->pattern < b->pattern;
  });
  return rules;
}

// Binds the models of one scope. Rules may name models that are bound themselves.
class Binder {
 public:
  Binder(const std::vector<ModelPtr>& models, std::vector<const BindingRule*> rules)
      : models_(models), rules_(std::move(rules)), done_(models.size()), begun_(models.size()) {
    for (size_t i = 0; i < models.size(); ++i) places_.emplace(models[i]->facts.id, i);
  }

  // Null for a model that is being bound already: a rule that leads in a circle.
  ModelPtr Bound(size_t place) {
    if (done_[place]) return done_[place];
    if (begun_[place]) return nullptr;
    begun_[place] = true;
    const ModelPtr& model = models_[place];
    const BindingRule* rule = RuleFor(*model);
    return done_[place] = rule == nullptr ? model : Bind(*model, *rule);
  }

 private:
  const BindingRule* RuleFor(const Model& model) const {
    for (const BindingRule* rule : rules_) {
      if (!MayBeBound(model, *rule)) continue;
      // Weights of its own are as good as a rule of its own.
      if (model.IsBound() && !IsExact(*rule)) return nullptr;
      if (MatchesPattern(rule->pattern, model.facts.id) && FitsKind(*rule, model)) return rule;
    }
    return nullptr;
  }

  bool FitsKind(const BindingRule& rule, const Model& model) const {
    if (const auto* other = std::get_if<OtherModel>(&rule.target)) {
      const auto place = places_.find(other->id);
      // One that fits no model it names leads nowhere, as TakeFrom will say.
      if (place == places_.end() || IsExact(rule)) return true;
      return models_[place->second]->facts.body_format == model.facts.body_format;
    }
    if (std::holds_alternative<BedrockUpstream>(rule.target)) return true;
    // Of one model the catalog says what it makes.
    return IsExact(rule) || rule.use == model.facts.use();
  }

  ModelPtr Bind(const Model& model, const BindingRule& rule) {
    auto bound = std::make_shared<Model>(model);
    bound->bound_by = rule.pattern;
    bound->binding = Unbound{};
    bound->facts.context_tokens = 0;
    bound->facts.embedding_dimensions = 0;
    if (const auto* weights = std::get_if<LocalWeights>(&rule.target)) {
      bound->binding = *weights;
    } else if (const auto* upstream = std::get_if<RemoteUpstream>(&rule.target)) {
      RemoteUpstream named = *upstream;
      if (named.model_name.empty()) named.model_name = model.facts.id;
      bound->binding = std::move(named);
    } else if (const auto* bedrock = std::get_if<BedrockUpstream>(&rule.target)) {
      bound->binding = *bedrock;
    } else {
      TakeFrom(std::get<OtherModel>(rule.target).id, *bound);
    }
    return bound;
  }

  void TakeFrom(const std::string& id, Model& model) {
    const auto place = places_.find(id);
    const ModelPtr other = place == places_.end() ? nullptr : Bound(place->second);
    model.stands_for = id;
    if (!other || !other->IsBound() || other->facts.body_format != model.facts.body_format) {
      log::Warning("models", "a binding leads to no model of its kind that answers",
                   {{"model", model.facts.id}, {"pattern", model.bound_by}, {"other", id}});
      return;
    }
    model.binding = other->binding;
    // Under its own name there: the caller's is this model's.
    if (auto* bedrock = std::get_if<BedrockUpstream>(&model.binding);
        bedrock != nullptr && bedrock->model_name.empty()) {
      bedrock->model_name = id;
    }
    model.facts.context_tokens = other->facts.context_tokens;
    model.facts.embedding_dimensions = other->facts.embedding_dimensions;
  }

  const std::vector<ModelPtr>& models_;
  const std::vector<const BindingRule*> rules_;
  std::unordered_map<std::string_view, size_t> places_;
  std::vector<ModelPtr> done_;
  std::vector<bool> begun_;
};

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

ModelPtr FindIn(std::span<const ModelPtr> models, std::string_view id) {
  const auto found =
      std::ranges::find(models, id, [](const ModelPtr& model) { return model->facts.id; });
  return found == models.end() ? nullptr : *found;
}

Result<void> CheckPattern(std::string_view pattern) {
  const bool spelled = std::ranges::all_of(pattern, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' ||
           c == kAnyRun;
  });
  if (spelled && !pattern.empty() && pattern.size() <= limits::kModelIdCharactersMax) return {};
  return Refuse(fmt::format("'{}' is neither the id of a model nor a pattern such as anthropic.*",
                            pattern.substr(0, limits::kModelIdCharactersMax)));
}

Result<void> CheckExact(const BindingRule& rule, std::span<const ModelPtr> models) {
  const ModelPtr model = FindIn(models, rule.pattern);
  if (!model || model->user_added) {
    return Refuse(
        fmt::format("There is no model '{}' in the catalog. A model of your own is added "
                    "with `bedplate models add`.",
                    rule.pattern));
  }
  if (!MayBeBound(*model, rule)) {
    return Refuse(
        fmt::format("{} is a kind of model that this server can't answer for yet.", rule.pattern));
  }
  // Not said is as good as said right: of one model the catalog knows what it makes.
  if (rule.use != Use::kText && rule.use != model->facts.use()) {
    return Refuse(fmt::format("{} makes {}, not {}.", rule.pattern, MadeBy(model->facts.use()),
                              MadeBy(rule.use)));
  }
  return {};
}

// What a server of Anthropic's protocol can never be asked for.
Result<void> CheckMakes(const BindingRule& rule, std::span<const ModelPtr> models) {
  const auto* upstream = std::get_if<RemoteUpstream>(&rule.target);
  if (upstream == nullptr || upstream->protocol != UpstreamProtocol::kAnthropic) return {};
  const ModelPtr model = IsExact(rule) ? FindIn(models, rule.pattern) : nullptr;
  const Use use = model ? model->facts.use() : rule.use;
  if (use == Use::kText) return {};
  return Refuse("A server that speaks Anthropic's protocol makes text alone.");
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view id) {
  size_t at = 0;  // in the pattern
  size_t star = std::string_view::npos;
  size_t retry = 0;  // where in `id` the last '*' may end next
  for (size_t i = 0; i < id.size();) {
    if (at < pattern.size() && pattern[at] == kAnyRun) {
      star = at++;
      retry = i;
    } else if (at < pattern.size() && pattern[at] == id[i]) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of(kAnyRun, at) == std::string_view::npos;
}

Result<void> CheckRule(const BindingRule& rule, std::span<const ModelPtr> models) {
  if (auto ok = CheckPattern(rule.pattern); !ok) return ok;
  if (IsExact(rule)) {
    if (auto ok = CheckExact(rule, models); !ok) return ok;
  } else if (std::ranges::none_of(models, [&](const ModelPtr& model) {
               return MayBeBound(*model, rule) && MatchesPattern(rule.pattern, model->facts.id);
             })) {
    return Refuse(
        fmt::format("No model of the catalog that can be bound matches '{}'.", rule.pattern));
  }
  if (auto ok = CheckMakes(rule, models); !ok) return ok;
  const auto* other = std::get_if<OtherModel>(&rule.target);
  if (other == nullptr) return {};
  const ModelPtr target = FindIn(models, other->id);
  if (!target) return Refuse(fmt::format("There is no model '{}' on this server.", other->id));
  if (other->id == rule.pattern) {
    return Refuse(fmt::format("{} can't be bound to itself.", rule.pattern));
  }
  const ModelPtr model = IsExact(rule) ? FindIn(models, rule.pattern) : nullptr;
  if (model && model->facts.body_format != target->facts.body_format) {
    return Refuse(fmt::format("{} makes {}, but {} makes {}.", rule.pattern, KindText(*model),
                              other->id, KindText(*target)));
  }
  return {};
}

std::vector<ModelPtr> BindModels(const std::vector<ModelPtr>& models,
                                 std::span<const BindingRule> first,
                                 std::span<const BindingRule> second) {
  if (first.empty() && second.empty()) return models;
  Binder binder(models, InOrder(first, second));
  std::vector<ModelPtr> bound;
  bound.reserve(models.size());
  for (size_t i = 0; i < models.size(); ++i) bound.push_back(binder.Bound(i));
  return bound;
}

}  // namespace bedplate::models
