#include "app/find_server.h"

#include <fmt/format.h>

#include <chrono>

#include "net/client.h"
#include "net/reactors.h"

namespace bedplate::app {
namespace {

net::Task<std::optional<std::string>> Ask(net::HttpClient& client) {
  net::ClientRequest request{.method = "GET", .target = "/healthz", .headers = {}, .body = {}};
  const auto response = co_await client.Send(std::move(request));
  if (!response) co_return response.error().message;
  const auto body = co_await net::ReadAll(*response->body, 4096);
  if (response->status != 200) co_return fmt::format("it answers with status {}", response->status);
  if (!body) co_return body.error().message;
  co_return std::nullopt;
}

}  // namespace

std::optional<RunningServer> FindServer(const DataFolder& folder) {
  const auto pid = folder.RunningServer();
  if (!pid) return std::nullopt;
  RunningServer server{.pid = *pid};
  // A document of an earlier process is none of this one's.
  if (auto document = ReadServerDocument(folder.server_document());
      document && document->pid == *pid) {
    server.document = std::move(*document);
  }
  return server;
}

std::optional<std::string> AskHealth(const std::string& endpoint) {
  const auto parsed = net::Endpoint::Parse(endpoint);
  if (!parsed) return parsed.error().message;
  net::Reactors reactors({.threads = 1});
  net::HttpClientOptions options;
  options.connect = std::chrono::milliseconds(2'000);
  options.total = std::chrono::milliseconds(4'000);
  // The certificate is made out for the name that clients use, not for this address; nothing
  // secret is sent.
  options.tls_verify = false;
  auto client = net::MakeHttpClient(reactors, *parsed, options);
  if (!client) return client.error().message;
  auto answer = reactors.Run(0, Ask(**client));
  reactors.Stop();
  return answer;
}

}  // namespace bedplate::app
