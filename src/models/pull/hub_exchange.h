// HubExchange: GET with redirects, for hubs and wherever they send us. A token goes to the hub that
// it is for and to no other host, whatever a redirect says; from https nothing is followed to http.
//
// Threads: one reactor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/client.h"

namespace bedplate::models {

struct HubUrl {
  std::string origin;  // "https://host:port", without a path
  std::string target;  // path and query, beginning with '/'
};
// kValidation for what is no absolute http or https URL.
Result<HubUrl> ParseHubUrl(std::string_view url);
// What a Location header means at `base`.
Result<HubUrl> ResolveLocation(const HubUrl& base, std::string_view location);

struct HubOptions {
  std::string url;          // base of the hub
  std::string token;        // empty: none
  std::string tls_ca_file;  // empty: the system's
};

class HubExchange {
 public:
  // `reactors` outlives this; destroyed when no response of it lives.
  HubExchange(net::Reactors& reactors, HubOptions options)
      : reactors_(reactors), options_(std::move(options)) {}

  // Of `target` at the hub, which begins with '/'; the last answer, after up to 10 redirects. The
  // net client's errors, and kValidation for a redirect that is not followed.
  net::Task<Result<net::ClientResponse>> Get(std::string target, net::Headers headers = {});
  // The body of a 200 as text; kNotFound and kAccessDenied for 404, 401 and 403, else
  // kUnavailable, each saying what was asked for.
  net::Task<Result<std::string>> GetText(std::string target, net::Headers headers = {});

 private:
  Result<net::HttpClient*> ClientOf(const std::string& origin);

  net::Reactors& reactors_;
  const HubOptions options_;
  std::map<std::string, std::unique_ptr<net::HttpClient>> clients_;  // by origin
};

// The error for a status that is no success; `what` was asked for.
Error HubRefusal(int status, std::string_view what, bool with_token);

}  // namespace bedplate::models
