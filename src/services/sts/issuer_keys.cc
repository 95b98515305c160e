#include "services/sts/issuer_keys.h"

#include <utility>

#include "account/identity/errors.h"
#include "net/client.h"

namespace bedplate::services::sts {
namespace {

constexpr std::chrono::minutes kKeptFor{5};
constexpr std::chrono::seconds kAgainAfter{10};  // for a key that is not among those known
constexpr size_t kIssuersMax = 1'000;
constexpr size_t kAnswerBytesMax = 64 * 1024;
constexpr std::chrono::seconds kAnswerMax{5};

auto NoAnswer(std::string why) {
  return account::FailAs(Fault::kUnavailable, 400, "IDPCommunicationErrorException",
                         std::move(why));
}

// The issuer's keys stand where it says; plain HTTP is for issuers on this machine alone.
bool MayAsk(std::string_view url, bool secure) {
  if (url.starts_with("https://")) return true;
  return !secure && (url.starts_with("http://127.0.0.1") || url.starts_with("http://localhost"));
}

}  // namespace

net::Task<Result<json::Value>> IssuerKeys::Get(std::string url) {
  const size_t host = url.find("//") + 2;
  const size_t path = std::min(url.find('/', host), url.size());
  auto endpoint = net::Endpoint::Parse(url.substr(0, path));
  if (!endpoint) co_return NoAnswer("The address " + url + " is none.");
  net::HttpClientOptions options;
  options.connect = options.idle = options.total = kAnswerMax;
  options.idle_connections_max = 0;
  auto client = net::MakeHttpClient(reactors_, std::move(*endpoint), std::move(options));
  if (!client) co_return std::unexpected(std::move(client.error()));
  net::ClientRequest request{.target = path < url.size() ? url.substr(path) : "/"};
  request.headers.Set("accept", "application/json");
  auto response = co_await (*client)->Send(std::move(request));
  if (!response) co_return NoAnswer("Could not reach " + url + ": " + response.error().message);
  if (response->status != 200) {
    co_return NoAnswer(url + " answered with status " + std::to_string(response->status) + ".");
  }
  std::string body;
  while (true) {
    const auto bytes = co_await response->body->Next();
    if (!bytes) co_return NoAnswer("Could not read " + url + ": " + bytes.error().message);
    if (bytes->empty()) break;
    if (body.size() + bytes->size() > kAnswerBytesMax) {
      co_return NoAnswer(url + " answered with more than 64 KiB.");
    }
    body += *bytes;
  }
  auto value = json::Value::Parse(body);
  if (!value || !value->is_object()) co_return NoAnswer(url + " answered with no JSON object.");
  co_return std::move(*value);
}

net::Task<Result<IssuerKeys::KeySet>> IssuerKeys::Ask(const account::OidcProvider& provider) {
  const std::string issuer = (provider.secure ? "https://" : "http://") + provider.url;
  auto found = co_await Get(issuer + "/.well-known/openid-configuration");
  if (!found) co_return std::unexpected(std::move(found.error()));
  const json::Value* const place = found->Find("jwks_uri");
  if (place == nullptr || !place->is_string() || !MayAsk(*place->AsString(), provider.secure)) {
    co_return NoAnswer("The configuration of " + issuer + " names no jwks_uri that may be asked.");
  }
  auto keys = co_await Get(*place->AsString());
  if (!keys) co_return std::unexpected(std::move(keys.error()));
  co_return std::make_shared<const json::Value>(std::move(*keys));
}

net::Task<Result<IssuerKeys::KeySet>> IssuerKeys::For(account::OidcProvider provider,
                                                      const account::WebToken& token) {
  const std::string issuer = (provider.secure ? "https://" : "http://") + provider.url;
  const MonotonicTime now = clock_.Monotonic();
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(issuer);
    if (found != kept_.end()) {
      const auto age = now - found->second.asked_at;
      const bool known = account::HasKeyOf(token, *found->second.keys);
      if (age < (known ? std::chrono::seconds(kKeptFor) : kAgainAfter)) {
        co_return found->second.keys;
      }
    }
  }
  auto keys = co_await Ask(provider);
  if (!keys) co_return keys;
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= kIssuersMax) kept_.clear();
  kept_[issuer] = {.keys = *keys, .asked_at = now};
  co_return keys;
}

}  // namespace bedplate::services::sts
