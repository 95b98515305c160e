#include "models/hosting/remote_host.h"

#include <fmt/format.h>

#include "base/log.h"
#include "models/protocol/messages_bridge.h"

namespace bedplate::models {
namespace {

Result<ModelServerPtr> MakeServer(net::Reactors& reactors, const RemoteUpstream& upstream,
                                  const net::HttpClientOptions& options,
                                  const Environment& environment) {
  auto endpoint = net::Endpoint::Parse(upstream.url);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  auto server = std::make_shared<ModelServer>();
  server->protocol = upstream.protocol;
  const bool anthropic = upstream.protocol == UpstreamProtocol::kAnthropic;
  if (!upstream.api_key_env.empty()) {
    auto key = Find(environment, upstream.api_key_env);
    if (!key) {
      return Fail(Fault::kModelError,
                  fmt::format("the environment variable {} is not set", upstream.api_key_env));
    }
    if (anthropic) {
      server->headers.Add("x-api-key", *key);
    } else {
      server->headers.Add("authorization", "Bearer " + *key);
    }
  }
  if (anthropic) server->headers.Add("anthropic-version", kAnthropicVersion);
  server->path_prefix = std::exchange(endpoint->base_path, "");
  // vLLM counts tokens beside /v1, not below it.
  std::string_view root = server->path_prefix;
  if (root.ends_with("/v1")) root.remove_suffix(3);
  server->tokenize_target = std::string(root) + "/tokenize";
  auto client = net::MakeHttpClient(reactors, *endpoint, options);
  if (!client) return std::unexpected(std::move(client.error()));
  server->client = std::move(*client);
  return server;
}

}  // namespace

RemoteHost::RemoteHost(net::Reactors& reactors, const RemoteUpstream& upstream,
                       const net::HttpClientOptions& options, const Environment& environment)
    : server_(MakeServer(reactors, upstream, options, environment)) {
  if (server_) return;
  log::Error("models", "the server of a model can't be used",
             {{"url", upstream.url}, {"error", server_.error().message}});
  server_ =
      Fail(Fault::kModelError,
           "The server that this model is bound to can't be used. The server's log says why.");
}

net::Task<Result<ModelServerPtr>> RemoteHost::Acquire() { co_return server_; }

}  // namespace bedplate::models
