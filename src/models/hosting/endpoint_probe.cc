#include "models/hosting/endpoint_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json/value.h"

namespace bedplate::models {
namespace {

constexpr std::chrono::milliseconds kAskMax{5'000};
constexpr size_t kListBytesMax = 1 << 20;
constexpr size_t kNamesShownMax = 8;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

EndpointState Failed(std::string why) {
  return {.serving = EndpointState::Serving::kFailed, .serving_message = std::move(why)};
}

EndpointState Incompatible(std::string why) {
  EndpointState state = Failed(why);
  state.compatible = false;
  state.message = std::move(why);
  return state;
}

// spec: OpenAI's "List models": {"data": [{"id": ...}]}
EndpointState ReadList(const std::string& body, const std::string& model) {
  const auto value = json::Value::Parse(body);
  const json::Value* data = value ? value->Find("data") : nullptr;
  if (data == nullptr || !data->is_array()) {
    return Incompatible("What the server answers to GET /models is no list of OpenAI's protocol.");
  }
  std::string names;
  size_t shown = 0;
  for (const json::Value& item : *data->AsArray()) {
    const json::Value* id = item.Find("id");
    const std::string* name = id == nullptr ? nullptr : id->AsString();
    if (name == nullptr) continue;
    if (*name == model) return {};
    if (shown++ < kNamesShownMax) names += (names.empty() ? "" : ", ") + *name;
  }
  return Incompatible(fmt::format("The server has no model {}. It has: {}{}.", model,
                                  names.empty() ? "none" : names,
                                  shown > kNamesShownMax ? ", and others" : ""));
}

net::Task<EndpointState> ProbeServer(Hosts& hosts, const Model& model,
                                     const EndpointSource& source) {
  auto server = co_await hosts.For(model).Acquire();
  if (!server) co_return Failed(server.error().message);
  net::ClientRequest request;
  request.target = (*server)->path_prefix + "/models";
  request.headers = (*server)->headers;
  request.total = kAskMax;
  auto response = co_await (*server)->client->Send(std::move(request));
  if (!response) {
    co_return Failed(fmt::format("The server {} can't be reached.", source.url));
  }
  auto body = co_await net::ReadAll(*response->body, kListBytesMax);
  if (response->status == kNotFound || response->status == kMethodNotAllowed) {
    co_return EndpointState{
        .serving_message = fmt::format("The server answers, but does not tell its models: whether "
                                       "it has {} shows with the first request.",
                                       source.model)};
  }
  if (response->status < 200 || response->status >= 300) {
    co_return Failed(
        fmt::format("The server {} answers with status {}.", source.url, response->status));
  }
  if (!body) co_return Failed("The server's list of models can't be read.");
  co_return ReadList(*body, source.model);
}

EndpointState StateOfEngine(const Hosts& hosts, const Model& model) {
  const auto status = hosts.StatusOf(model);
  if (!status || status->state == "stopped") {
    return {.serving_message = "The next request loads the model."};
  }
  if (status->state == "starting") {
    return {.serving = EndpointState::Serving::kCreating,
            .serving_message = "The model is being loaded."};
  }
  if (status->state == "failed") {
    return Failed("The model can't be loaded. The server's log says why.");
  }
  return {};
}

}  // namespace

net::Task<EndpointState> ProbeEndpoint(Hosts& hosts, const ModelDirectory& directory, Scope scope,
                                       ModelEndpoint endpoint) {
  if (!endpoint.source.url.empty()) {
    if (auto allowed = directory.CheckEndpointServer(endpoint.source.url); !allowed) {
      co_return Failed(std::move(allowed.error().message));
    }
    const Model model = EndpointModel(scope, endpoint);
    co_return co_await ProbeServer(hosts, model, endpoint.source);
  }
  auto model = directory.Resolve(endpoint.source.model, scope);
  if (!model) co_return Incompatible(model.error().message);
  if (std::holds_alternative<LocalWeights>((*model)->binding)) {
    co_return StateOfEngine(hosts, **model);
  }
  co_return EndpointState{};
}

}  // namespace bedplate::models
