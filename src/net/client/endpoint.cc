#include <string>
#include <string_view>

#include "net/client.h"
#include "net/text.h"

namespace bedplate::net {

namespace {

Result<Endpoint> Malformed(std::string_view url, std::string_view why) {
  return Fail(Fault::kValidation,
              "The URL '" + std::string(url) + "' cannot be used: " + std::string(why));
}

}  // namespace

Result<Endpoint> Endpoint::Parse(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with("unix:")) {
    rest.remove_prefix(5);
    if (rest.starts_with("//")) rest.remove_prefix(2);
    if (!rest.starts_with('/')) return Malformed(url, "unix: needs an absolute path");
    endpoint.kind = Kind::kUnix;
    endpoint.host = "localhost";
    endpoint.path = rest;
    return endpoint;
  }
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    endpoint.kind = Kind::kTls;
    endpoint.port = 443;
  } else {
    return Malformed(url, "it starts with none of http://, https:// and unix:");
  }
  if (rest.find_first_of(" \t\r\n\"<>\\^`{|}#?@") != std::string_view::npos) {
    return Malformed(url, "it has a character, a query or a user that does not belong there");
  }
  const auto slash = rest.find('/');
  auto authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) endpoint.base_path = rest.substr(slash);
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  if (authority.starts_with('[')) {  // an IPv6 address
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return Malformed(url, "']' is missing");
    endpoint.host = authority.substr(1, bracket - 1);
    authority.remove_prefix(bracket + 1);
  } else {
    const auto colon = authority.find(':');
    endpoint.host = authority.substr(0, colon);
    authority.remove_prefix(std::min(colon, authority.size()));
  }
  if (endpoint.host.empty()) return Malformed(url, "it names no host");
  if (authority.empty()) return endpoint;
  uint64_t port = 0;
  if (!authority.starts_with(':') || !ParseDecimal(authority.substr(1), port) || port == 0 ||
      port > 65535) {
    return Malformed(url, "its port is no number from 1 to 65535");
  }
  endpoint.port = static_cast<uint16_t>(port);
  return endpoint;
}

std::string HostField(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  auto field = is_v6 ? "[" + endpoint.host + "]" : endpoint.host;
  const uint16_t usual = endpoint.kind == Endpoint::Kind::kTls ? 443 : 80;
  if (endpoint.port != usual) field += ":" + std::to_string(endpoint.port);
  return field;
}

}  // namespace bedplate::net
