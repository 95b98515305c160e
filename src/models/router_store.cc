#include "models/router_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json/value.h"

namespace bedplate::models {
namespace {

constexpr size_t kIdCharacters = 12;
constexpr std::string_view kIdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kModelsMax = 2;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

std::string WriteModels(const std::vector<std::string>& models) {
  json::Value::Array array;
  for (const std::string& arn : models) array.emplace_back(arn);
  return json::Value(std::move(array)).ToJson();
}

bool IsSame(const PromptRouter& router, const NewRouter& wanted) {
  return router.name == wanted.name && router.description == wanted.description &&
         router.models == wanted.models && router.fallback_model == wanted.fallback_model &&
         router.quality_difference == wanted.quality_difference;
}

}  // namespace

Result<PromptRouter> FromRouterRow(const state::RouterRow& row) {
  PromptRouter router{.id = row.router_id,
                      .name = row.name,
                      .description = row.description,
                      .fallback_model = row.fallback_model,
                      .quality_difference = row.quality_difference,
                      .created_at_ms = row.created_at_ms};
  const auto models = json::Value::Parse(row.models);
  const json::Value::Array* array = models ? models->AsArray() : nullptr;
  if (array == nullptr) {
    return Fail(Fault::kInternal,
                fmt::format("the models of the prompt router {} can't be read", row.router_id));
  }
  for (const json::Value& arn : *array) {
    if (const std::string* text = arn.AsString()) router.models.push_back(*text);
  }
  return router;
}

// One model beside the fallback, or two of which one is the fallback: two different ones in all.
Result<void> RouterStore::CheckModels(const Scope& scope, const NewRouter& router) const {
  if (router.models.empty() || router.models.size() > kModelsMax) {
    return Fail(Fault::kValidation,
                fmt::format("The models are {}; there must be 1 or 2.", router.models.size()));
  }
  std::set<std::string> all(router.models.begin(), router.models.end());
  if (all.size() != router.models.size()) {
    return Fail(Fault::kValidation,
                fmt::format("The model '{}' is there twice in models.", router.models.front()));
  }
  if (router.models.size() == kModelsMax && !all.contains(router.fallback_model)) {
    return Fail(Fault::kValidation, fmt::format("The fallbackModel '{}' is none of the two models.",
                                                router.fallback_model));
  }
  all.insert(router.fallback_model);
  if (all.size() != kModelsMax) {
    return Fail(Fault::kValidation,
                fmt::format("The fallbackModel '{}' is the only model: a prompt router has two.",
                            router.fallback_model));
  }
  std::set<std::string> ids;
  std::map<bool, std::string> sides;  // the bound ones, by whether Amazon Bedrock answers for them
  for (const std::string& arn : all) {
    auto model = directory_.Find(arn, scope);
    if (!model) {
      return Fail(Fault::kNotFound,
                  fmt::format("The modelArn '{}' names no model or inference profile of this "
                              "account and region.",
                              arn));
    }
    if ((*model)->facts.body_format != BodyFormat::kOpenAiChat) {
      return Fail(Fault::kValidation,
                  fmt::format("The modelArn '{}' is that of a model that makes no text.", arn));
    }
    ids.insert((*model)->facts.id);
    if ((*model)->IsBound()) sides.emplace((*model)->AtBedrock() != nullptr, arn);
  }
  if (ids.size() != kModelsMax) {
    return Fail(Fault::kValidation,
                fmt::format("The modelArn '{}' and the other one name the same model, {}.",
                            router.fallback_model, *ids.begin()));
  }
  if (sides.size() < kModelsMax) return {};
  return Fail(Fault::kValidation,
              fmt::format("The modelArn '{}' names a model that is bound to Amazon Bedrock, and "
                          "'{}' one that is not. Of a prompt router's models both are, or none is.",
                          sides.at(true), sides.at(false)));
}

Result<PromptRouter> RouterStore::Create(const Scope& scope, const NewRouter& router) {
  if (auto ok = CheckModels(scope, router); !ok) return std::unexpected(std::move(ok.error()));
  PromptRouter made{.id = NewRandomText(kIdCharacters, kIdAlphabet)};
  auto row = table_.Insert({.account = scope.account,
                            .region = scope.region,
                            .router_id = made.id,
                            .name = router.name,
                            .description = router.description,
                            .models = WriteModels(router.models),
                            .fallback_model = router.fallback_model,
                            .quality_difference = router.quality_difference,
                            .client_token = router.client_token,
                            .created_at_ms = NowMs()},
                           RouterArn(scope, made), router.tags);
  if (!row) return std::unexpected(std::move(row.error()));
  auto kept = FromRouterRow(*row);
  if (!kept) return kept;
  if (!IsSame(*kept, router)) {
    return Fail(Fault::kConflict,
                fmt::format("The clientRequestToken '{}' was used for another prompt router.",
                            router.client_token));
  }
  if (auto read = directory_.Reload(); !read) return std::unexpected(std::move(read.error()));
  return kept;
}

Result<void> RouterStore::Delete(const Scope& scope, const std::string& arn) {
  auto router = directory_.FindRouter(arn, scope);
  if (!router) return std::unexpected(std::move(router.error()));
  // Tags and policy are kept under the ARN as it is told, however the caller spelled it.
  auto gone = table_.Delete(
      {.account = scope.account, .region = scope.region, .arn = RouterArn(scope, *router)},
      router->id);
  if (!gone) return gone;
  return directory_.Reload();
}

}  // namespace bedplate::models
