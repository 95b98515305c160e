#include "services/bedrock_runtime/relay/relay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "services/bedrock_runtime/relay/relayed_answer.h"
#include "services/model_choice.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/sign.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::services::bedrock_runtime {
namespace {

namespace sigv4 = wire::sigv4;

constexpr std::string_view kService = "bedrock-runtime";
constexpr std::string_view kSigningName = "bedrock";
constexpr std::string_view kModelLabel = "{modelId}";
constexpr std::array<std::string_view, 5> kOperations = {
    "Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"};

// The model as the caller names it. Each of the operations has this one label.
std::string ModelAsAsked(const wire::Match& match) {
  std::string model;
  sigv4::AppendDecoded(model, match.labels.values[0], /*plus_is_space=*/false);
  return model;
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

Result<models::ModelPtr> Relay::FindModel(const wire::Match& match, const wire::Call& call) const {
  auto choice = services::FindModel(directory_, call, ModelAsAsked(match));
  if (!choice) return std::unexpected(std::move(choice.error()));
  return std::move(choice->model);
}

bool Relay::Takes(const wire::Match& match, const wire::Call& call) const {
  if (!directory_.AnyAtBedrock() || match.service->name != kService ||
      std::ranges::find(kOperations, match.operation->name) == kOperations.end()) {
    return false;
  }
  const auto model = FindModel(match, call);
  return model && *model && (*model)->AtBedrock() != nullptr;
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

Result<net::ClientRequest> Relay::Sign(const models::BedrockUpstream& upstream,
                                       const wire::Match& match, const net::Request& request,
                                       std::string_view body) const {
  const auto credentials = credentials_.Find(upstream.profile);
  if (!credentials) return std::unexpected(credentials.error());
  const auto endpoint = net::Endpoint::Parse(upstream.url);
  if (!endpoint) return std::unexpected(endpoint.error());
  net::ClientRequest relayed{.method = "POST", .body = std::string(body)};
  relayed.target = TargetOf(
      *match.operation, upstream.model_name.empty() ? ModelAsAsked(match) : upstream.model_name);
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
  const auto model = FindModel(match, call);
  if (!model) co_return co_await answer.Refuse(model.error());
  const models::BedrockUpstream* upstream = *model ? (*model)->AtBedrock() : nullptr;
  if (upstream == nullptr) {
    // It was bound to something else since Takes was asked.
    co_return co_await answer.Refuse(
        {.fault = Fault::kUnavailable, .message = "The model is being bound. Try again."});
  }
  auto relayed = Sign(*upstream, match, request, body);
  auto client = ClientFor(upstream->url);
  if (!relayed || !client) {
    log::Error("relay", "Amazon Bedrock can't be asked",
               {{"model", (*model)->facts.id},
                {"error", relayed ? client.error().message : relayed.error().message}});
    co_return co_await answer.Refuse(
        {.fault = Fault::kModelError,
         .message = "The Amazon Bedrock that this model is bound to can't be asked. The server's "
                    "log says why."});
  }
  auto response = co_await (*client)->Send(std::move(*relayed));
  if (!response) co_return co_await answer.FailOnNetwork(response.error());
  const auto count = [&](const runtime::TokenUsage& usage) {
    Count(meter_, call, ModelAsAsked(match), **model, usage);
  };
  co_return co_await answer.Pass(std::move(*response), count);
}

}  // namespace bedplate::services::bedrock_runtime
