#include "models/state_repository.h"

#include <fmt/format.h>

#include <chrono>

#include "base/clock.h"
#include "models/facts_json.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kGguf = "gguf";
constexpr std::string_view kOpenAi = "openai";

Result<UserModel> FromRow(state::ModelRow& row) {
  auto damaged = [&](std::string_view what) {
    return Fail(Fault::kInternal, fmt::format("the added model {} can't be read from the database: "
                                              "{}",
                                              row.model_id, what));
  };
  auto details = json::Value::Parse(row.details);
  if (!details) return damaged(details.error().message);
  auto facts = ReadModelFacts(*details);
  if (!facts) return damaged(facts.error().message);
  UserModel user_model{
      .scope = {.account = std::move(row.account), .region = std::move(row.region)},
      .model = {.facts = std::move(*facts), .binding = {}, .user_added = true}};
  user_model.model.facts.id = row.model_id;
  if (row.kind == kGguf) {
    user_model.model.binding = LocalWeights{.file = std::move(row.location)};
  } else if (row.kind == kOpenAi) {
    user_model.model.binding = RemoteUpstream{.url = std::move(row.location),
                                              .model_name = std::move(row.upstream_model),
                                              .api_key_env = std::move(row.api_key_variable)};
  } else {
    return damaged(fmt::format("it is of the unknown kind {}", row.kind));
  }
  return user_model;
}

}  // namespace

Result<void> StateRepository::Add(const UserModel& user_model) {
  const Model& model = user_model.model;
  state::ModelRow row;
  row.account = user_model.scope.account;
  row.region = user_model.scope.region;
  row.model_id = model.facts.id;
  row.details = WriteModelFacts(model.facts);
  row.created_at_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(SystemClock().Now().time_since_epoch())
          .count();
  if (const auto* weights = std::get_if<LocalWeights>(&model.binding)) {
    row.kind = kGguf;
    row.location = weights->file;
  } else {
    const auto& upstream = std::get<RemoteUpstream>(model.binding);
    row.kind = kOpenAi;
    row.location = upstream.url;
    row.upstream_model = upstream.model_name;
    row.api_key_variable = upstream.api_key_env;
  }
  return table_.Insert(row);
}

Result<void> StateRepository::Remove(const Scope& scope, const std::string& model_id) {
  return table_.Delete(scope.account, scope.region, model_id);
}

Result<std::vector<UserModel>> StateRepository::List() {
  auto rows = table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<UserModel> models;
  for (state::ModelRow& row : *rows) {
    auto model = FromRow(row);
    if (!model) return std::unexpected(std::move(model.error()));
    models.push_back(std::move(*model));
  }
  return models;
}

}  // namespace bedplate::models
