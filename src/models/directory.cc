#include "models/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include "models/access.h"
#include "models/bindings.h"

namespace bedplate::models {
namespace {

// The models of one scope.
struct View {
  std::vector<ModelPtr> ordered;
  std::unordered_map<std::string_view, ModelPtr> by_id;  // the keys are the models' own
  std::set<std::string> agreements;                      // ids of models
  std::vector<InferenceProfile> profiles;                // that the account made
  std::unordered_map<std::string, ModelPtr> endpoints;   // by name; those of servers at URLs
  std::unordered_map<std::string, std::string> endpoints_of_models;  // to the model's identifier
  std::vector<PromptRouter> routers;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> policies;  // by ARN

  void Add(const ModelPtr& model) {
    if (by_id.emplace(model->facts.id, model).second) ordered.push_back(model);
  }
  ModelPtr Find(std::string_view id) const {
    auto found = by_id.find(id);
    return found == by_id.end() ? nullptr : found->second;
  }
  const InferenceProfile* FindOwnProfile(std::string_view id) const {
    auto found = std::ranges::find(profiles, id, &InferenceProfile::id);
    return found == profiles.end() ? nullptr : &*found;
  }
  ModelPtr FindEndpoint(const std::string& name) const;
  // The model meant by what was parsed of an identifier of this scope; null when there is none.
  ModelPtr Find(const ModelIdentifier& identifier) const;
};

ModelPtr View::Find(const ModelIdentifier& identifier) const {
  using Form = ModelIdentifier::Form;
  if (identifier.form == Form::kId || identifier.form == Form::kFoundationModelArn) {
    if (ModelPtr model = Find(identifier.id)) return model;
  }
  if (identifier.form == Form::kId || identifier.form == Form::kInferenceProfileArn) {
    const std::string_view bare = WithoutGeography(identifier.id);
    ModelPtr model = bare.size() == identifier.id.size() ? nullptr : Find(bare);
    if (model) return model;
  }
  if (identifier.form == Form::kId || identifier.form == Form::kApplicationProfileArn) {
    const InferenceProfile* profile = FindOwnProfile(identifier.id);
    if (profile != nullptr) return Find(profile->model_id);
  }
  if (identifier.form == Form::kEndpointArn) return FindEndpoint(identifier.id);
  return nullptr;
}

ModelPtr View::FindEndpoint(const std::string& name) const {
  if (const auto server = endpoints.find(name); server != endpoints.end()) return server->second;
  const auto alias = endpoints_of_models.find(name);
  if (alias == endpoints_of_models.end()) return nullptr;
  return Find(ModelIdentifier{
      .form = ModelIdentifier::Form::kId, .id = alias->second, .region = {}, .account = {}});
}

// Whether an identifier can be one of the scope: no ARN of another region or account.
bool IsOf(const ModelIdentifier& identifier, const Scope& scope) {
  if (!identifier.region.empty() && identifier.region != scope.region) return false;
  using Form = ModelIdentifier::Form;
  const bool of_account = identifier.form == Form::kApplicationProfileArn ||
                          identifier.form == Form::kPromptRouterArn ||
                          identifier.form == Form::kEndpointArn;
  return !of_account || identifier.account == scope.account;
}

Error UnknownProfile(std::string_view identifier) {
  return {.fault = Fault::kNotFound,
          .message = fmt::format("There is no inference profile '{}' in this account and region.",
                                 identifier)};
}

// What users did in one scope.
struct Own {
  std::vector<ModelPtr> added;
  std::vector<BindingRule> rules;
  std::set<std::string> agreements;
  std::vector<InferenceProfile> profiles;
  std::unordered_map<std::string, ModelPtr> endpoints;
  std::unordered_map<std::string, std::string> endpoints_of_models;
  std::vector<PromptRouter> routers;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> policies;

  void Add(const Scope& scope, const ModelEndpoint& endpoint) {
    if (endpoint.source.url.empty()) {
      endpoints_of_models.emplace(endpoint.name, endpoint.source.model);
    } else {
      endpoints.emplace(endpoint.name,
                        std::make_shared<const Model>(EndpointModel(scope, endpoint)));
    }
  }
};

// The catalog with a user's models behind it; a user's model hides the catalog's of the same id.
View MakeView(const std::vector<ModelPtr>& catalog, const Own& own,
              std::span<const BindingRule> rules) {
  View all;
  for (const ModelPtr& model : catalog) {
    const bool hidden = std::ranges::any_of(
        own.added, [&](const ModelPtr& mine) { return mine->facts.id == model->facts.id; });
    if (!hidden) all.Add(model);
  }
  for (const ModelPtr& model : own.added) all.Add(model);
  View view;
  for (const ModelPtr& model : BindModels(all.ordered, own.rules, rules)) view.Add(model);
  view.agreements = own.agreements;
  view.profiles = own.profiles;
  view.endpoints = own.endpoints;
  view.endpoints_of_models = own.endpoints_of_models;
  view.routers = own.routers;
  view.policies = own.policies;
  return view;
}

}  // namespace

Result<void> CheckServer(const std::vector<std::string>& patterns, const std::string& url) {
  const bool allowed = std::ranges::any_of(
      patterns, [&](const std::string& pattern) { return MatchesPattern(pattern, url); });
  if (allowed) return {};
  return Fail(
      Fault::kAccessDenied,
      fmt::format("The server {} is none that the setting models.endpoint_servers allows.", url));
}

struct ModelDirectory::Snapshot {
  View everyones;
  std::map<Scope, View> own;  // of scopes that differ from it

  const View& Of(const Scope& scope) const {
    auto found = own.find(scope);
    return found == own.end() ? everyones : found->second;
  }
};

ModelDirectory::ModelDirectory(std::vector<Model> catalog, ModelRepository* repository,
                               DirectoryOptions options)
    : repository_(repository), options_(std::move(options)) {
  catalog_.reserve(catalog.size());
  for (Model& model : catalog) catalog_.push_back(std::make_shared<const Model>(std::move(model)));
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->everyones = MakeView(catalog_, {}, options_.rules);
  Publish(std::move(snapshot));
}

void ModelDirectory::Publish(std::shared_ptr<const Snapshot> snapshot) {
  const auto any_of = [](const View& view) {
    return std::ranges::any_of(view.ordered,
                               [](const ModelPtr& model) { return model->AtBedrock() != nullptr; });
  };
  const bool any =
      any_of(snapshot->everyones) ||
      std::ranges::any_of(snapshot->own, [&](const auto& own) { return any_of(own.second); });
  snapshot_.Set(std::move(snapshot));
  any_at_bedrock_.store(any, std::memory_order_relaxed);
}

Result<ModelPtr> ModelDirectory::Find(std::string_view identifier, const Scope& scope) const {
  auto parsed = ParseModelIdentifier(identifier);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (IsOf(*parsed, scope)) {
    auto snapshot = snapshot_.Get();
    if (ModelPtr model = snapshot->Of(scope).Find(*parsed)) return model;
  }
  return std::unexpected(UnknownModel(identifier));
}

Result<InferenceProfile> ModelDirectory::FindProfile(std::string_view identifier,
                                                     const Scope& scope) const {
  auto parsed = ParseModelIdentifier(identifier);
  if (!parsed || !IsOf(*parsed, scope)) return std::unexpected(UnknownProfile(identifier));
  auto snapshot = snapshot_.Get();
  const View& view = snapshot->Of(scope);
  using Form = ModelIdentifier::Form;
  if (parsed->form == Form::kId || parsed->form == Form::kApplicationProfileArn) {
    const InferenceProfile* profile = view.FindOwnProfile(parsed->id);
    if (profile != nullptr) return *profile;
  }
  if (parsed->form == Form::kId || parsed->form == Form::kInferenceProfileArn) {
    if (ModelPtr model = view.Find(WithoutGeography(parsed->id))) {
      for (InferenceProfile& profile : SystemProfiles(*model)) {
        if (profile.id == parsed->id) return std::move(profile);
      }
    }
  }
  return std::unexpected(UnknownProfile(identifier));
}

std::optional<std::string> ModelDirectory::FindOwnProfile(std::string_view identifier,
                                                          const Scope& scope) const {
  const auto parsed = ParseModelIdentifier(identifier);
  using Form = ModelIdentifier::Form;
  if (!parsed || !IsOf(*parsed, scope)) return std::nullopt;
  if (parsed->form != Form::kId && parsed->form != Form::kApplicationProfileArn) {
    return std::nullopt;
  }
  const auto snapshot = snapshot_.Get();
  const InferenceProfile* profile = snapshot->Of(scope).FindOwnProfile(parsed->id);
  if (profile == nullptr) return std::nullopt;
  return ProfileArn(scope, *profile);
}

std::vector<InferenceProfile> ModelDirectory::ListProfiles(const Scope& scope) const {
  auto snapshot = snapshot_.Get();
  const View& view = snapshot->Of(scope);
  std::vector<InferenceProfile> all;
  for (const ModelPtr& model : view.ordered) {
    for (InferenceProfile& profile : SystemProfiles(*model)) all.push_back(std::move(profile));
  }
  all.insert(all.end(), view.profiles.begin(), view.profiles.end());
  return all;
}

Result<PromptRouter> ModelDirectory::FindRouter(std::string_view arn, const Scope& scope) const {
  const auto parsed = ParseModelIdentifier(arn);
  if (parsed && parsed->form == ModelIdentifier::Form::kPromptRouterArn && IsOf(*parsed, scope)) {
    const auto snapshot = snapshot_.Get();
    const auto& routers = snapshot->Of(scope).routers;
    const auto found = std::ranges::find(routers, parsed->id, &PromptRouter::id);
    if (found != routers.end()) return *found;
  }
  return Fail(Fault::kNotFound,
              fmt::format("There is no prompt router '{}' in this account and region.", arn));
}

Result<void> ModelDirectory::CheckEndpointServer(const std::string& url) const {
  return CheckServer(options_.endpoint_servers, url);
}

bool ModelDirectory::HasEndpoint(const std::string& name, const Scope& scope) const {
  const auto snapshot = snapshot_.Get();
  const View& view = snapshot->Of(scope);
  return view.endpoints.contains(name) || view.endpoints_of_models.contains(name);
}

std::vector<PromptRouter> ModelDirectory::ListRouters(const Scope& scope) const {
  return snapshot_.Get()->Of(scope).routers;
}

Result<ModelPtr> ModelDirectory::Resolve(std::string_view identifier, const Scope& scope) const {
  auto model = Find(identifier, scope);
  if (!model) return model;
  if (IsDenied((*model)->facts)) return std::unexpected(Denied((*model)->facts));
  if (!(*model)->IsBound()) return std::unexpected(NothingBound((*model)->facts));
  // An endpoint may be older than the list of servers.
  const auto* upstream = std::get_if<RemoteUpstream>(&(*model)->binding);
  if (upstream != nullptr && EndpointName((*model)->facts.id, scope)) {
    if (auto allowed = CheckEndpointServer(upstream->url); !allowed) {
      return std::unexpected(std::move(allowed.error()));
    }
  }
  if (options_.require_agreements && WantsAgreement(**model) &&
      !HasAgreement((*model)->facts.id, scope)) {
    return std::unexpected(NoAgreement((*model)->facts));
  }
  return model;
}

bool ModelDirectory::IsDenied(const ModelFacts& facts) const {
  return std::ranges::any_of(options_.denied, [&](const std::string& pattern) {
    return MatchesPattern(pattern, facts.id);
  });
}

std::shared_ptr<const std::string> ModelDirectory::FindPolicy(const std::string& arn,
                                                              const Scope& scope) const {
  const auto snapshot = snapshot_.Get();
  const auto& policies = snapshot->Of(scope).policies;
  const auto found = policies.find(arn);
  return found == policies.end() ? nullptr : found->second;
}

// Only by the one ARN that its policy is looked for by: a policy by another spelling would deny
// nothing.
bool ModelDirectory::HasPolicyResource(std::string_view arn, const Scope& scope) const {
  if (const auto router = FindRouter(arn, scope)) return RouterArn(scope, *router) == arn;
  if (const auto profile = FindOwnProfile(arn, scope)) return *profile == arn;
  const auto model = Find(arn, scope);
  return model && FoundationModelArn(scope.region, (*model)->facts.id) == arn;
}

bool ModelDirectory::HasAgreement(const std::string& model_id, const Scope& scope) const {
  return snapshot_.Get()->Of(scope).agreements.contains(model_id);
}

std::vector<ModelPtr> ModelDirectory::List(const Scope& scope) const {
  return snapshot_.Get()->Of(scope).ordered;
}

Result<void> ModelDirectory::Reload() {
  if (repository_ == nullptr) return {};
  const std::lock_guard lock(reload_mutex_);
  auto rows = repository_->List();
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto bindings = repository_->Bindings();
  if (!bindings) return std::unexpected(std::move(bindings.error()));
  auto agreements = repository_->Agreements();
  if (!agreements) return std::unexpected(std::move(agreements.error()));
  std::map<Scope, Own> own;
  for (UserModel& row : *rows) {
    own[row.scope].added.push_back(std::make_shared<const Model>(std::move(row.model)));
  }
  for (UserBinding& row : *bindings) own[row.scope].rules.push_back(std::move(row.rule));
  auto profiles = repository_->Profiles();
  if (!profiles) return std::unexpected(std::move(profiles.error()));
  for (UserProfile& row : *profiles) {
    own[row.scope].profiles.push_back(std::move(row.profile));
  }
  auto endpoints = repository_->Endpoints();
  if (!endpoints) return std::unexpected(std::move(endpoints.error()));
  for (UserEndpoint& row : *endpoints) {
    if (row.endpoint.registered) own[row.scope].Add(row.scope, row.endpoint);
  }
  auto routers = repository_->Routers();
  if (!routers) return std::unexpected(std::move(routers.error()));
  for (UserRouter& row : *routers) own[row.scope].routers.push_back(std::move(row.router));
  auto policies = repository_->Policies();
  if (!policies) return std::unexpected(std::move(policies.error()));
  for (UserPolicy& row : *policies) {
    own[row.scope].policies.emplace(std::move(row.resource_arn),
                                    std::make_shared<const std::string>(std::move(row.document)));
  }
  for (UserAgreement& row : *agreements) {
    own[row.scope].agreements.insert(std::move(row.model_id));
  }
  auto next = std::make_shared<Snapshot>();
  next->everyones = MakeView(catalog_, {}, options_.rules);
  for (const auto& [scope, mine] : own)
    next->own.emplace(scope, MakeView(catalog_, mine, options_.rules));
  Publish(std::move(next));
  return {};
}

}  // namespace bedplate::models
