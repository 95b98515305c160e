#include "models/pull/hub_exchange.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace bedplate::models {
namespace {

constexpr int kRedirectsMax = 10;
constexpr size_t kTextBytesMax = 16 << 20;
constexpr std::chrono::seconds kConnectMax{15};
constexpr std::chrono::seconds kSilenceMax{60};

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// What was used may end with a slash or have a path of its own.
std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<HubUrl> ParseHubUrl(std::string_view url) {
  const size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return Fail(Fault::kValidation,
                fmt::format("'{}' is no http or https URL", url.substr(0, 200)));
  }
  const size_t path = url.find_first_of("/?#", scheme_end + 3);
  HubUrl parsed{.origin = std::string(url.substr(0, path)), .target = "/"};
  if (auto endpoint = net::Endpoint::Parse(parsed.origin); !endpoint) {
    return std::unexpected(std::move(endpoint.error()));
  }
  if (path != std::string_view::npos) {
    std::string_view rest = url.substr(path);
    rest = rest.substr(0, rest.find('#'));
    parsed.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  }
  for (const char c : parsed.target) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
      return Fail(Fault::kValidation,
                  "a URL of the hub has a character that does not belong there");
    }
  }
  return parsed;
}

Result<HubUrl> ResolveLocation(const HubUrl& base, std::string_view location) {
  if (location.contains("://")) return ParseHubUrl(location);
  if (location.starts_with("//")) {
    return ParseHubUrl(base.origin.substr(0, base.origin.find(':') + 1) + std::string(location));
  }
  if (location.starts_with('/')) return ParseHubUrl(base.origin + std::string(location));
  const std::string path = base.target.substr(0, base.target.find('?'));
  return ParseHubUrl(base.origin + path.substr(0, path.rfind('/') + 1) + std::string(location));
}

Result<net::HttpClient*> HubExchange::ClientOf(const std::string& origin) {
  std::unique_ptr<net::HttpClient>& client = clients_[origin];
  if (!client) {
    auto endpoint = net::Endpoint::Parse(origin);
    if (!endpoint) return std::unexpected(std::move(endpoint.error()));
    net::HttpClientOptions options;
    options.connect = kConnectMax;
    options.idle = kSilenceMax;
    options.tls_ca_file = options_.tls_ca_file;
    auto made = net::MakeHttpClient(reactors_, std::move(*endpoint), std::move(options));
    if (!made) return std::unexpected(std::move(made.error()));
    client = std::move(*made);
  }
  return client.get();
}

net::Task<Result<net::ClientResponse>> HubExchange::Get(std::string target, net::Headers headers) {
  auto at = ParseHubUrl(WithoutSlash(options_.url) + target);
  if (!at) co_return std::unexpected(std::move(at.error()));
  const std::string home = at->origin;
  for (int redirects = 0;; ++redirects) {
    auto client = ClientOf(at->origin);
    if (!client) co_return std::unexpected(std::move(client.error()));
    net::ClientRequest request;
    request.target = at->target;
    request.headers = headers;
    request.headers.Add("user-agent", "bedplate");
    if (!options_.token.empty() && at->origin == home) {
      request.headers.Add("authorization", "Bearer " + options_.token);
    }
    auto response = co_await (*client)->Send(std::move(request));
    if (!response || !IsRedirect(response->status)) co_return std::move(response);
    const auto location = response->headers.Find("location");
    if (!location || redirects == kRedirectsMax) {
      co_return Fail(Fault::kValidation,
                     fmt::format("the hub redirects {}", location ? "without end" : "to nowhere"));
    }
    auto next = ResolveLocation(*at, *location);
    if (!next) co_return std::unexpected(std::move(next.error()));
    if (at->origin.starts_with("https:") && !next->origin.starts_with("https:")) {
      co_return Fail(Fault::kValidation,
                     fmt::format("the hub redirects from https to {}", next->origin));
    }
    at = std::move(next);
  }
}

net::Task<Result<std::string>> HubExchange::GetText(std::string target, net::Headers headers) {
  auto response = co_await Get(target, std::move(headers));
  if (!response) co_return std::unexpected(std::move(response.error()));
  auto text = co_await net::ReadAll(*response->body, kTextBytesMax);
  if (response->status != 200) {
    co_return std::unexpected(HubRefusal(response->status, target, !options_.token.empty()));
  }
  co_return std::move(text);
}

Error HubRefusal(int status, std::string_view what, bool with_token) {
  if (status == 404) {
    return {.fault = Fault::kNotFound, .message = fmt::format("the hub has no {}", what)};
  }
  if (status == 401 || status == 403) {
    return {.fault = Fault::kAccessDenied,
            .message = fmt::format(
                "the hub does not give {} to {} (status {})", what,
                with_token ? "the holder of this token" : "everyone; a token goes into HF_TOKEN",
                status)};
  }
  return {.fault = Fault::kUnavailable,
          .message = fmt::format("the hub answers {} with status {}", what, status)};
}

}  // namespace bedplate::models
