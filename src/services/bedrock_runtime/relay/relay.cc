#include "services/bedrock_runtime/relay/relay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "models/model_id.h"
#include "runtime/routing/prompt_text.h"
#include "services/bedrock_runtime/relay/relayed_answer.h"
#include "wire/rule_asks.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/sign.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::services::bedrock_runtime {
namespace {

namespace sigv4 = wire::sigv4;

constexpr std::string_view kService = "bedrock-runtime";
constexpr std::string_view kSigningName = "bedrock";
constexpr std::string_view kModelLabel = "{modelId}";
constexpr std::string_view kCountTokens = "CountTokens";
constexpr std::array<std::string_view, 5> kOperations = {
    "Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", kCountTokens};

// The model as the caller names it. Each of the operations has this one label.
std::string ModelAsAsked(const wire::Match& match) {
  std::string model;
  sigv4::AppendDecoded(model, match.labels.values[0], /*plus_is_space=*/false);
  return model;
}

// What Amazon Bedrock calls `model`, which is asked for here by `name`. It knows none of the
// profiles and endpoints of this server, and ARNs here name an account and a region that needn't be
// its own: it is told ids, with their geography.
std::string NameAtBedrock(const models::Model& model, const models::BedrockUpstream& upstream,
                          std::string_view name) {
  if (!upstream.model_name.empty()) return upstream.model_name;
  auto named = models::ParseModelIdentifier(name);
  const bool own = named && models::WithoutGeography(named->id) == model.facts.id;
  return own ? named->id : model.facts.id;
}

std::string TargetOf(const wire::Operation& operation, std::string_view model) {
  const size_t label = operation.uri.find(kModelLabel);
  std::string target(operation.uri.substr(0, label));
  sigv4::AppendEncoded(target, model, sigv4::Slash::kEncode);
  return target.append(operation.uri.substr(label + kModelLabel.size()));
}

bool IsPassedOn(std::string_view header) {
  return header == "content-type" || header == "accept" || header.starts_with("x-amzn-bedrock-");
}

net::HttpClientOptions ClientOptions(const RelayOptions& options) {
  net::HttpClientOptions client;
  client.connect = options.connect_max;
  client.idle = options.request_max;
  client.total = options.request_max;
  return client;
}

}  // namespace

Relay::Relay(const models::ModelDirectory& directory, runtime::UsageLedger& ledger,
             net::Reactors& reactors, RelayOptions options, const Clock& clock)
    : directory_(directory),
      meter_{.directory = directory, .ledger = ledger},
      reactors_(reactors),
      client_options_(ClientOptions(options)),
      clock_(clock),
      credentials_(std::move(options.environment), options.credentials_file) {}

bool Relay::Takes(const wire::Match& match, const wire::Call& call) const {
  if (!directory_.AnyAtBedrock() || match.service->name != kService ||
      std::ranges::find(kOperations, match.operation->name) == kOperations.end()) {
    return false;
  }
  const auto choice = FindModel(directory_, call, ModelAsAsked(match));
  if (!choice) return false;
  // A router counts no tokens here, as the handler says.
  if (choice->router) return match.operation->name != kCountTokens && Takes(*choice->router, call);
  return choice->model->AtBedrock() != nullptr;
}

// Which of its models answers shows with the prompt, and then nothing but the relay is left.
bool Relay::Takes(const models::PromptRouter& router, const wire::Call& call) const {
  const models::Scope scope{.account = call.account, .region = call.region};
  const auto fallback = directory_.Resolve(router.fallback_model, scope);
  if (!fallback || (*fallback)->AtBedrock() == nullptr) return false;
  const auto other = directory_.Resolve(models::OtherThanFallback(router), scope);
  return !other || (*other)->AtBedrock() != nullptr;
}

std::string Relay::SourceOf(const std::string& name, const wire::Call& call) const {
  auto profile = directory_.FindProfile(name, {.account = call.account, .region = call.region});
  return profile && !profile->system_defined ? profile->source : name;
}

Result<ModelChoice> Relay::Choose(const wire::Match& match, const wire::Call& call,
                                  std::string_view body) const {
  auto choice = FindModel(directory_, call, ModelAsAsked(match));
  if (!choice || !choice->router) return choice;
  auto settled = Settle(directory_, call, runtime::PromptTextOfBody(body), *choice);
  if (!settled) return std::unexpected(std::move(settled.error()));
  return choice;
}

Result<net::HttpClient*> Relay::ClientFor(const std::string& url) const {
  const std::lock_guard lock(mutex_);
  auto& client = clients_[url];
  if (!client) {
    auto endpoint = net::Endpoint::Parse(url);
    if (!endpoint) return std::unexpected(std::move(endpoint.error()));
    auto made = net::MakeHttpClient(reactors_, *endpoint, client_options_);
    if (!made) return std::unexpected(std::move(made.error()));
    client = std::move(*made);
  }
  return client.get();
}

Result<net::ClientRequest> Relay::Sign(const models::BedrockUpstream& upstream, std::string target,
                                       const net::Request& request, std::string_view body) const {
  const auto credentials = credentials_.Find(upstream.profile);
  if (!credentials) return std::unexpected(credentials.error());
  const auto endpoint = net::Endpoint::Parse(upstream.url);
  if (!endpoint) return std::unexpected(endpoint.error());
  net::ClientRequest relayed{
      .method = "POST", .target = std::move(target), .body = std::string(body)};
  std::vector<sigv4::HeaderView> signed_headers;
  for (const auto [name, value] : request.headers) {
    if (!IsPassedOn(name)) continue;
    relayed.headers.Add(name, value);
    signed_headers.push_back({name, value});
  }
  const std::string path = endpoint->base_path + relayed.target;
  const std::string host = net::HostField(*endpoint);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  for (const auto& [name, value] : sigv4::SignRequest(
           {credentials->access_key_id, credentials->secret, credentials->session_token,
            upstream.region, kSigningName},
           {"POST", path, {}, host, signed_headers}, sigv4::HexOf(sigv4::HashOf(body)), now)) {
    relayed.headers.Add(name, value);
  }
  return relayed;
}

net::Task<wire::Outcome> Relay::Answer(const wire::Match& match, const wire::Call& call,
                                       const net::Request& request, std::string_view body,
                                       net::Responder& responder) const {
  RelayedAnswer answer(match, call, responder);
  if (auto may = co_await wire::CheckRequest(match, call, request, body); !may) {
    co_return co_await answer.Refuse(may.error());
  }
  const auto choice = Choose(match, call, body);
  if (!choice) co_return co_await answer.Refuse(choice.error());
  const models::Model& model = *choice->model;
  const models::BedrockUpstream* upstream = model.AtBedrock();
  if (upstream == nullptr) {
    // It was bound to something else since Takes was asked.
    co_return co_await answer.Refuse(
        {.fault = Fault::kUnavailable, .message = "The model is being bound. Try again."});
  }
  const std::string name = choice->NameOr(ModelAsAsked(match));
  const std::string sent = NameAtBedrock(model, *upstream, SourceOf(name, call));
  auto relayed = Sign(*upstream, TargetOf(*match.operation, sent), request, body);
  auto client = ClientFor(upstream->url);
  if (!relayed || !client) {
    log::Error("relay", "Amazon Bedrock can't be asked",
               {{"model", model.facts.id},
                {"error", relayed ? client.error().message : relayed.error().message}});
    co_return co_await answer.Refuse(
        {.fault = Fault::kModelError,
         .message = "The Amazon Bedrock that this model is bound to can't be asked. The server's "
                    "log says why."});
  }
  auto response = co_await (*client)->Send(std::move(*relayed));
  if (!response) co_return co_await answer.FailOnNetwork(response.error());
  const auto count = [&](const runtime::TokenUsage& usage) {
    Count(meter_, call, name, model, usage);
  };
  co_return co_await answer.Pass(std::move(*response), count, choice->routed_to);
}

}  // namespace bedplate::services::bedrock_runtime
