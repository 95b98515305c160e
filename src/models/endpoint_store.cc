#include "models/endpoint_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "models/access.h"
#include "models/bindings.h"

namespace bedplate::models {
namespace {

constexpr size_t kNameEndCharacters = 12;
constexpr std::string_view kNameAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

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

Result<void> EndpointStore::CheckServer(const std::string& url) const {
  const bool allowed = std::ranges::any_of(
      servers_, [&](const std::string& pattern) { return MatchesPattern(pattern, url); });
  if (allowed) return {};
  return Fail(
      Fault::kAccessDenied,
      fmt::format("The server {} is none that the setting models.endpoint_servers allows.", url));
}

Result<void> EndpointStore::CheckSource(const Scope& scope, const NewEndpoint& endpoint,
                                        const EndpointSource& source) const {
  if (!source.url.empty()) return CheckServer(source.url);
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
  if (auto read = directory_.Reload(); !read) return std::unexpected(std::move(read.error()));
  return FromEndpointRow(*row);
}

Result<ModelEndpoint> EndpointStore::Register(const Scope& scope, const std::string& identifier,
                                              const std::string& source_identifier) {
  if (EndpointName(identifier, scope)) {
    auto row = Find(scope, identifier);
    if (!row) return std::unexpected(std::move(row.error()));
    if (row->source != source_identifier) {
      return Fail(Fault::kValidation,
                  fmt::format("The modelSourceIdentifier '{}' is not that of the endpoint {}.",
                              source_identifier, identifier));
    }
    if (row->registered) return FromEndpointRow(*row);
    row->registered = true;
    return Save(scope, std::move(*row));
  }
  auto source = ReadRegisteredServer(identifier, source_identifier);
  if (!source) return std::unexpected(std::move(source.error()));
  if (auto ok = CheckServer(source->url); !ok) return std::unexpected(std::move(ok.error()));
  auto rows = table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (state::EndpointRow& row : *rows) {
    // One that was created keeps its configuration, so it is another.
    if (!IsOf(row, scope) || row.url != source->url || row.model != source->model) continue;
    if (!row.config.empty() || row.source != source_identifier) continue;
    if (row.registered) return FromEndpointRow(row);
    row.registered = true;
    return Save(scope, std::move(row));
  }
  const int64_t now_ms = NowMs();
  const std::string name = "registered-" + NewRandomText(kNameEndCharacters, kNameAlphabet);
  auto row = table_.Insert({.account = scope.account,
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
                           EndpointArn(scope, name), {});
  if (!row) return std::unexpected(std::move(row.error()));
  if (auto read = directory_.Reload(); !read) return std::unexpected(std::move(read.error()));
  return FromEndpointRow(*row);
}

Result<state::EndpointRow> EndpointStore::Find(const Scope& scope, const std::string& arn) {
  const auto name = EndpointName(arn, scope);
  if (!name) return NoEndpoint(arn);
  auto rows = table_.All();
  if (!rows) return std::unexpected(std::move(rows.error()));
  for (state::EndpointRow& row : *rows) {
    if (IsOf(row, scope) && row.name == *name) return std::move(row);
  }
  return NoEndpoint(arn);
}

Result<ModelEndpoint> EndpointStore::Save(const Scope& scope, state::EndpointRow row) {
  row.updated_at_ms = NowMs();
  if (auto put = table_.Put(row); !put) {
    if (put.error().fault == Fault::kNotFound) return NoEndpoint(EndpointArn(scope, row.name));
    return std::unexpected(std::move(put.error()));
  }
  if (auto read = directory_.Reload(); !read) return std::unexpected(std::move(read.error()));
  return FromEndpointRow(row);
}

Result<void> EndpointStore::Deregister(const Scope& scope, const std::string& arn) {
  auto row = Find(scope, arn);
  if (!row) return std::unexpected(std::move(row.error()));
  if (!row->registered) return NoEndpoint(arn);
  row->registered = false;
  auto saved = Save(scope, std::move(*row));
  if (!saved) return std::unexpected(std::move(saved.error()));
  return {};
}

Result<ModelEndpoint> EndpointStore::Update(const Scope& scope, const std::string& arn,
                                            const EndpointConfig& config,
                                            const std::string& client_token) {
  auto row = Find(scope, arn);
  if (!row) return std::unexpected(std::move(row.error()));
  if (!row->registered) return NoEndpoint(arn);
  std::string wanted = WriteEndpointConfig(config);
  if (!client_token.empty() && row->update_token == client_token) {
    if (row->config == wanted) return FromEndpointRow(*row);
    return Fail(Fault::kConflict,
                fmt::format("The clientRequestToken '{}' was used for another update of {}.",
                            client_token, arn));
  }
  row->config = std::move(wanted);
  row->update_token = client_token;
  return Save(scope, std::move(*row));
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
  auto row = Find(scope, arn);
  if (!row) return std::unexpected(std::move(row.error()));
  if (!row->registered) return NoEndpoint(arn);
  return FromEndpointRow(*row);
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
