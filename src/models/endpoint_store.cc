#include "models/endpoint_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json/value.h"
#include "models/access.h"

namespace bedplate::models {
namespace {

constexpr size_t kNameEndCharacters = 12;
constexpr std::string_view kNameAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
// SDKs repeat a request within minutes, and nobody updates an endpoint oftener in that time.
constexpr size_t kUpdatesKeptMax = 8;
constexpr std::string_view kToken = "token";
constexpr std::string_view kConfig = "config";

// An update that was made: a late repetition of it must not undo those after it.
struct AskedUpdate {
  std::string token;
  std::string config;  // as it was asked for, in the form of the row's
};

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

std::unexpected<Error> NoEndpoint(std::string_view identifier) {
  return Fail(
      Fault::kNotFound,
      fmt::format("There is no model endpoint '{}' in this account and region.", identifier));
}

bool IsOf(const state::EndpointRow& row, const Scope& scope) {
  return row.account == scope.account && row.region == scope.region;
}

// The updates with tokens, oldest first. An earlier Bedplate kept the last one's token alone, which
// can't begin with a bracket; it asked for the configuration that the row has.
Result<std::vector<AskedUpdate>> ReadUpdates(const state::EndpointRow& row) {
  std::vector<AskedUpdate> updates;
  if (row.update_token.empty()) return updates;
  if (!row.update_token.starts_with('[')) {
    updates.push_back({.token = row.update_token, .config = row.config});
    return updates;
  }
  const auto damaged = [&] {
    return Fail(Fault::kInternal,
                fmt::format("the updates of the endpoint {} can't be read", row.name));
  };
  const auto value = json::Value::Parse(row.update_token);
  if (!value || !value->is_array()) return damaged();
  for (const json::Value& item : *value->AsArray()) {
    const json::Value* token = item.Find(kToken);
    const json::Value* config = item.Find(kConfig);
    if (token == nullptr || !token->is_string()) return damaged();
    if (config == nullptr || !config->is_string()) return damaged();
    updates.push_back({.token = *token->AsString(), .config = *config->AsString()});
  }
  return updates;
}

// The newest of them. Never empty, so that a row which was updated is told from one that was not.
std::string WriteUpdates(std::span<const AskedUpdate> updates) {
  if (updates.size() > kUpdatesKeptMax) updates = updates.last(kUpdatesKeptMax);
  json::Value::Array array;
  for (const AskedUpdate& update : updates) {
    json::Value item;
    item.Set(kToken, update.token);
    item.Set(kConfig, update.config);
    array.push_back(std::move(item));
  }
  return json::Value(std::move(array)).ToJson();
}

}  // namespace

Result<ModelEndpoint> FromEndpointRow(const state::EndpointRow& row) {
  ModelEndpoint endpoint{.name = row.name,
                         .source_identifier = row.source,
                         .source = {.url = row.url, .model = row.model},
                         .registered = row.registered,
                         .compatible = row.compatible,
                         .message = row.message,
                         .created_at_ms = row.created_at_ms,
                         .updated_at_ms = row.updated_at_ms};
  if (row.config.empty()) return endpoint;
  auto config = ReadEndpointConfig(row.config);
  if (!config) return std::unexpected(std::move(config.error()));
  endpoint.config = std::move(*config);
  return endpoint;
}

Result<void> EndpointStore::CheckSource(const Scope& scope, const NewEndpoint& endpoint,
                                        const EndpointSource& source) const {
  if (!source.url.empty()) return CheckServer(servers_, source.url);
  auto model = directory_.Find(source.model, scope);
  if (!model) {
    return Fail(Fault::kNotFound,
                fmt::format("The modelSourceIdentifier '{}' names no model of this account and "
                            "region.",
                            endpoint.source_identifier));
  }
  if (WantsAgreement(**model) && !endpoint.accept_eula) {
    return Fail(Fault::kValidation,
                fmt::format("The acceptEula must be true for {}: its provider wants an agreement.",
                            (*model)->facts.id));
  }
  auto usable = directory_.Resolve(source.model, scope);
  if (!usable) return std::unexpected(std::move(usable.error()));
  if ((*usable)->AtBedrock() != nullptr) {
    return Fail(Fault::kValidation,
                fmt::format("The modelSourceIdentifier '{}' names a model that is bound to Amazon "
                            "Bedrock, which knows it by its own names alone.",
                            endpoint.source_identifier));
  }
  return {};
}

Result<ModelEndpoint> EndpointStore::Create(const Scope& scope, const NewEndpoint& endpoint) {
  if (auto ok = CheckEndpointName(endpoint.name); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  auto source = ReadEndpointSource(endpoint.source_identifier);
  if (!source) return std::unexpected(std::move(source.error()));
  if (auto ok = CheckSource(scope, endpoint, *source); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  const int64_t now_ms = NowMs();
  const std::string config = WriteEndpointConfig(endpoint.config);
  auto row = table_.Insert({.account = scope.account,
                            .region = scope.region,
                            .name = endpoint.name,
                            .source = endpoint.source_identifier,
                            .url = source->url,
                            .model = source->model,
                            .config = config,
                            .message = {},
                            .client_token = endpoint.client_token,
                            .update_token = {},
                            .created_at_ms = now_ms,
                            .updated_at_ms = now_ms},
                           EndpointArn(scope, endpoint.name), endpoint.tags);
  if (!row) return std::unexpected(std::move(row.error()));
  // The configuration of an earlier request's endpoint may have been updated since.
  if (row->name != endpoint.name || row->source != endpoint.source_identifier ||
      (row->update_token.empty() && row->config != config)) {
    return Fail(Fault::kConflict,
                fmt::format("The clientRequestToken '{}' was used for another endpoint.",
                            endpoint.client_token));
  }
  return Publish(std::move(row));
}

Result<ModelEndpoint> EndpointStore::Register(const Scope& scope, const std::string& identifier,
                                              const std::string& source_identifier) {
  if (EndpointName(identifier, scope)) return RegisterAgain(scope, identifier, source_identifier);
  auto source = ReadRegisteredServer(identifier, source_identifier);
  if (!source) return std::unexpected(std::move(source.error()));
  if (auto ok = CheckServer(servers_, source->url); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  const int64_t now_ms = NowMs();
  const std::string name = "registered-" + NewRandomText(kNameEndCharacters, kNameAlphabet);
  return Publish(table_.Register({.account = scope.account,
                                  .region = scope.region,
                                  .name = name,
                                  .source = source_identifier,
                                  .url = source->url,
                                  .model = source->model,
                                  .config = {},
                                  .message = {},
                                  .client_token = {},
                                  .update_token = {},
                                  .created_at_ms = now_ms,
                                  .updated_at_ms = now_ms},
                                 EndpointArn(scope, name)));
}

Result<ModelEndpoint> EndpointStore::RegisterAgain(const Scope& scope, const std::string& arn,
                                                   const std::string& source_identifier) {
  return Change(scope, arn, [&](state::EndpointRow& row) -> Result<bool> {
    if (row.source != source_identifier) {
      return Fail(Fault::kValidation,
                  fmt::format("The modelSourceIdentifier '{}' is not that of the endpoint {}.",
                              source_identifier, arn));
    }
    // The list may have become shorter since the endpoint was made.
    if (!row.url.empty()) {
      if (auto ok = CheckServer(servers_, row.url); !ok) {
        return std::unexpected(std::move(ok.error()));
      }
    }
    return !std::exchange(row.registered, true);
  });
}

Result<ModelEndpoint> EndpointStore::Change(const Scope& scope, const std::string& arn,
                                            const state::EndpointTable::Edit& edit) {
  const auto name = EndpointName(arn, scope);
  if (!name) return NoEndpoint(arn);
  auto row = table_.Change({.account = scope.account, .region = scope.region, .name = *name},
                           [&](state::EndpointRow& kept) {
                             auto changed = edit(kept);
                             if (changed && *changed) kept.updated_at_ms = NowMs();
                             return changed;
                           });
  if (!row && row.error().fault == Fault::kNotFound) return NoEndpoint(arn);
  return Publish(std::move(row));
}

// Also where nothing changed: who made the change at the same time may not have come this far.
Result<ModelEndpoint> EndpointStore::Publish(Result<state::EndpointRow> row) {
  if (!row) return std::unexpected(std::move(row.error()));
  if (auto read = directory_.Reload(); !read) return std::unexpected(std::move(read.error()));
  return FromEndpointRow(*row);
}

Result<void> EndpointStore::Deregister(const Scope& scope, const std::string& arn) {
  auto changed = Change(scope, arn, [&](state::EndpointRow& row) -> Result<bool> {
    if (!row.registered) return NoEndpoint(arn);
    row.registered = false;
    return true;
  });
  if (!changed) return std::unexpected(std::move(changed.error()));
  return {};
}

Result<ModelEndpoint> EndpointStore::Update(const Scope& scope, const std::string& arn,
                                            const EndpointConfig& config,
                                            const std::string& client_token) {
  const std::string wanted = WriteEndpointConfig(config);
  return Change(scope, arn, [&](state::EndpointRow& row) -> Result<bool> {
    if (!row.registered) return NoEndpoint(arn);
    auto updates = ReadUpdates(row);
    if (!updates) return std::unexpected(std::move(updates.error()));
    const auto earlier = std::ranges::find(*updates, client_token, &AskedUpdate::token);
    if (earlier != updates->end()) {
      if (earlier->config == wanted) return false;
      return Fail(Fault::kConflict,
                  fmt::format("The clientRequestToken '{}' was used for another update of {}.",
                              client_token, arn));
    }
    if (!client_token.empty()) updates->push_back({.token = client_token, .config = wanted});
    row.config = wanted;
    row.update_token = WriteUpdates(*updates);
    return true;
  });
}

Result<void> EndpointStore::Delete(const Scope& scope, const std::string& arn) {
  const auto name = EndpointName(arn, scope);
  if (!name) return NoEndpoint(arn);
  auto gone = table_.Delete({.account = scope.account, .region = scope.region, .arn = arn}, *name);
  if (!gone && gone.error().fault == Fault::kNotFound) return NoEndpoint(arn);
  if (!gone) return gone;
  return directory_.Reload();
}

Result<ModelEndpoint> EndpointStore::Get(const Scope& scope, const std::string& arn) {
  const auto name = EndpointName(arn, scope);
  if (!name) return NoEndpoint(arn);
  auto rows = table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (const state::EndpointRow& row : *rows) {
    if (IsOf(row, scope) && row.name == *name && row.registered) return FromEndpointRow(row);
  }
  return NoEndpoint(arn);
}

Result<std::vector<ModelEndpoint>> EndpointStore::List(const Scope& scope) {
  auto rows = table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<ModelEndpoint> endpoints;
  for (const state::EndpointRow& row : *rows) {
    if (!IsOf(row, scope) || !row.registered) continue;
    auto endpoint = FromEndpointRow(row);
    if (!endpoint) return std::unexpected(std::move(endpoint.error()));
    endpoints.push_back(std::move(*endpoint));
  }
  return endpoints;
}

Result<void> EndpointStore::Note(const Scope& scope, const ModelEndpoint& endpoint) {
  return table_.PutState({.account = scope.account,
                          .region = scope.region,
                          .name = endpoint.name,
                          .source = {},
                          .url = {},
                          .model = {},
                          .config = {},
                          .compatible = endpoint.compatible,
                          .message = endpoint.message,
                          .client_token = {},
                          .update_token = {}});
}

}  // namespace bedplate::models
