#include "models/state_repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "base/clock.h"
#include "models/binding_target.h"
#include "models/endpoint_store.h"
#include "models/facts_json.h"
#include "models/router_store.h"
#include "state/revisions.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kGguf = "gguf";
constexpr std::string_view kGgufWithAdapter = "gguf-lora";
constexpr std::string_view kModel = "model";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             SystemClock().Now().time_since_epoch())
      .count();
}

// Amazon Bedrock's region and profile stand behind its address: "https://…#eu-west-1/profile".
std::string BedrockLocation(const BedrockUpstream& upstream) {
  return upstream.url + "#" + upstream.region + "/" + upstream.profile;
}

BedrockUpstream ReadBedrockLocation(std::string_view location) {
  const size_t mark = std::min(location.find('#'), location.size());
  const std::string_view rest = location.substr(std::min(mark + 1, location.size()));
  const size_t slash = std::min(rest.find('/'), rest.size());
  return {.url = std::string(location.substr(0, mark)),
          .region = std::string(rest.substr(0, slash)),
          .profile = std::string(rest.substr(std::min(slash + 1, rest.size())))};
}

// An adapter stands where the name at a server would: "0.5 /weights/adapter.gguf".
std::string AdapterColumn(const LocalWeights& weights) {
  return fmt::format("{} {}", weights.adapter_scale, weights.adapter);
}

std::optional<LocalWeights> ReadAdapterColumn(std::string file, std::string_view column) {
  LocalWeights weights{.file = std::move(file)};
  const auto [end, error] =
      std::from_chars(column.data(), column.data() + column.size(), weights.adapter_scale);
  const size_t length = static_cast<size_t>(end - column.data());
  if (error != std::errc() || length + 1 >= column.size()) return std::nullopt;
  weights.adapter = column.substr(length + 1);
  return weights;
}

// The columns that models and bindings share.
template <class Row, class Target>
void StoreTarget(const Target& target, Row& row) {
  if (const auto* weights = std::get_if<LocalWeights>(&target)) {
    row.kind = weights->adapter.empty() ? kGguf : kGgufWithAdapter;
    row.location = weights->file;
    row.projector = weights->projector;
    row.draft = weights->draft;
    if (!weights->adapter.empty()) row.upstream_model = AdapterColumn(*weights);
  } else if (const auto* upstream = std::get_if<RemoteUpstream>(&target)) {
    row.kind = ProtocolWord(upstream->protocol);
    row.location = upstream->url;
    row.upstream_model = upstream->model_name;
    row.api_key_variable = upstream->api_key_env;
  } else if (const auto* bedrock = std::get_if<BedrockUpstream>(&target)) {
    row.kind = kBedrockWord;
    row.location = BedrockLocation(*bedrock);
    row.upstream_model = bedrock->model_name;
  }
}

// Nothing when the kind is neither weights nor a server.
template <class Target, class Row>
std::optional<Target> LoadTarget(Row& row) {
  if (row.kind == kGguf || row.kind == kGgufWithAdapter) {
    auto weights = row.kind == kGguf
                       ? std::optional(LocalWeights{.file = std::move(row.location)})
                       : ReadAdapterColumn(std::move(row.location), row.upstream_model);
    if (!weights) return std::nullopt;
    weights->projector = std::move(row.projector);
    weights->draft = std::move(row.draft);
    return std::move(*weights);
  }
  if (row.kind == kBedrockWord) {
    BedrockUpstream bedrock = ReadBedrockLocation(row.location);
    bedrock.model_name = std::move(row.upstream_model);
    return bedrock;
  }
  if (const auto protocol = ProtocolOf(row.kind); protocol && !row.kind.empty()) {
    return RemoteUpstream{.protocol = *protocol,
                          .url = std::move(row.location),
                          .model_name = std::move(row.upstream_model),
                          .api_key_env = std::move(row.api_key_variable)};
  }
  return std::nullopt;
}

std::unexpected<Error> Damaged(std::string_view what, std::string_view name, std::string_view why) {
  return Fail(Fault::kInternal,
              fmt::format("the {} {} can't be read from the database: {}", what, name, why));
}

Result<UserModel> FromRow(state::ModelRow& row) {
  auto damaged = [&](std::string_view why) { return Damaged("added model", row.model_id, why); };
  auto details = json::Value::Parse(row.details);
  if (!details) return damaged(details.error().message);
  auto facts = ReadModelFacts(*details);
  if (!facts) return damaged(facts.error().message);
  auto binding = LoadTarget<Binding>(row);
  if (!binding) return damaged(fmt::format("it is of the unknown kind {}", row.kind));
  UserModel user_model{
      .scope = {.account = std::move(row.account), .region = std::move(row.region)},
      .model = {.facts = std::move(*facts), .binding = std::move(*binding), .user_added = true}};
  user_model.model.facts.id = row.model_id;
  return user_model;
}

std::optional<Use> UseOf(int number) {
  if (number < 0 || number > static_cast<int>(Use::kRanking)) return std::nullopt;
  return static_cast<Use>(number);
}

Result<UserBinding> FromRow(state::BindingRow& row) {
  const auto use = UseOf(row.use);
  if (!use) {
    return Damaged("binding of", row.pattern, fmt::format("it is for the unknown use {}", row.use));
  }
  UserBinding binding{.scope = {.account = std::move(row.account), .region = std::move(row.region)},
                      .rule = {.pattern = std::move(row.pattern), .use = *use}};
  if (row.kind == kModel) {
    binding.rule.target = OtherModel{.id = std::move(row.location)};
  } else if (auto target = LoadTarget<BindingTarget>(row)) {
    binding.rule.target = std::move(*target);
  } else {
    return Damaged("binding of", binding.rule.pattern,
                   fmt::format("it is of the unknown kind {}", row.kind));
  }
  return binding;
}

Result<UserAgreement> FromRow(state::AgreementRow& row) {
  return UserAgreement{
      .scope = {.account = std::move(row.account), .region = std::move(row.region)},
      .model_id = std::move(row.model_id)};
}

Result<UserProfile> FromRow(state::ProfileRow& row) {
  return UserProfile{.scope = {.account = std::move(row.account), .region = std::move(row.region)},
                     .profile = {.id = std::move(row.profile_id),
                                 .name = std::move(row.name),
                                 .description = std::move(row.description),
                                 .model_id = std::move(row.model_id),
                                 .source = std::move(row.source),
                                 .created_at_ms = row.created_at_ms}};
}

Result<UserEndpoint> FromRow(state::EndpointRow& row) {
  auto endpoint = FromEndpointRow(row);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  return UserEndpoint{.scope = {.account = std::move(row.account), .region = std::move(row.region)},
                      .endpoint = std::move(*endpoint)};
}

Result<UserRouter> FromRow(state::RouterRow& row) {
  auto router = FromRouterRow(row);
  if (!router) return std::unexpected(std::move(router.error()));
  return UserRouter{.scope = {.account = std::move(row.account), .region = std::move(row.region)},
                    .router = std::move(*router)};
}

Result<UserPolicy> FromRow(state::PolicyRow& row) {
  return UserPolicy{.scope = {.account = std::move(row.account), .region = std::move(row.region)},
                    .resource_arn = std::move(row.resource_arn),
                    .document = std::move(row.policy)};
}

template <class Item, class Row>
Result<std::vector<Item>> FromRows(Result<std::vector<Row>> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<Item> items;
  for (Row& row : *rows) {
    auto item = FromRow(row);
    if (!item) return std::unexpected(std::move(item.error()));
    items.push_back(std::move(*item));
  }
  return items;
}

}  // namespace

Result<void> StateRepository::Add(const UserModel& user_model) {
  const Model& model = user_model.model;
  state::ModelRow row;
  row.account = user_model.scope.account;
  row.region = user_model.scope.region;
  row.model_id = model.facts.id;
  row.details = WriteModelFacts(model.facts);
  row.created_at_ms = NowMs();
  StoreTarget(model.binding, row);
  return models_.Insert(row);
}

Result<void> StateRepository::Remove(const Scope& scope, const std::string& model_id) {
  return models_.Delete(scope.account, scope.region, model_id);
}

Result<std::vector<UserModel>> StateRepository::List() {
  return FromRows<UserModel>(models_.All());
}

Result<void> StateRepository::Bind(const UserBinding& binding) {
  state::BindingRow row;
  row.account = binding.scope.account;
  row.region = binding.scope.region;
  row.pattern = binding.rule.pattern;
  row.use = static_cast<int>(binding.rule.use);
  row.created_at_ms = NowMs();
  if (const auto* other = std::get_if<OtherModel>(&binding.rule.target)) {
    row.kind = kModel;
    row.location = other->id;
  } else {
    StoreTarget(binding.rule.target, row);
  }
  return bindings_.Put(row);
}

Result<void> StateRepository::Unbind(const Scope& scope, const std::string& pattern) {
  return bindings_.Delete(scope.account, scope.region, pattern);
}

Result<std::vector<UserBinding>> StateRepository::Bindings() {
  return FromRows<UserBinding>(bindings_.All());
}

Result<std::vector<UserAgreement>> StateRepository::Agreements() {
  return FromRows<UserAgreement>(access_.Agreements());
}

Result<std::vector<UserProfile>> StateRepository::Profiles() {
  return FromRows<UserProfile>(profiles_.All());
}

Result<std::vector<UserEndpoint>> StateRepository::Endpoints() {
  return FromRows<UserEndpoint>(endpoints_.All());
}

Result<std::vector<UserRouter>> StateRepository::Routers() {
  return FromRows<UserRouter>(routers_.All());
}

Result<std::vector<UserPolicy>> StateRepository::Policies() {
  return FromRows<UserPolicy>(policies_.All());
}

Result<int64_t> StateRepository::Revision() { return state::Revision(database_); }

}  // namespace bedplate::models
