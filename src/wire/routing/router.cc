#include "wire/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "wire/routing/rest_routes.h"
#include "wire/uri.h"

namespace bedplate::wire {
namespace {

struct RestFamily {
  std::string_view signing_name;
  Protocol protocol;
  RestRoutes routes;
};

std::string Described(const net::Request& request) {
  return fmt::format("{} {}", request.method, SplitTarget(request.target).path);
}

bool IsByPath(Protocol protocol) {
  return protocol == Protocol::kRestJson || protocol == Protocol::kRestXml ||
         protocol == Protocol::kOpenAi || protocol == Protocol::kAnthropic;
}

const Operation* FindOperation(const Service& service, std::string_view name) {
  const auto found = std::ranges::find(service.operations, name, &Operation::name);
  return found == service.operations.end() ? nullptr : &*found;
}

// The n-th part of a scope from its end: <key>/<date>/<region>/<service>/aws4_request. Counted from
// the end, since a key id may hold slashes.
std::string_view ScopeService(std::string_view scope) {
  const size_t last = scope.rfind('/');
  if (last == std::string_view::npos || last == 0) return {};
  const size_t before = scope.rfind('/', last - 1);
  if (before == std::string_view::npos) return {};
  return scope.substr(before + 1, last - before - 1);
}

bool HasBearerKey(const net::Request& request) {
  const auto authorization = request.headers.Find("authorization");
  return authorization &&
         (authorization->starts_with("Bearer ") || authorization->starts_with("bearer "));
}

Result<Match> NotFound(std::string message) { return Fail(Fault::kNotFound, std::move(message)); }

Result<Match> NoSuchOperation(const net::Request& request) {
  return NotFound("Unknown operation " + Described(request));
}

}  // namespace

struct Router::Tables {
  std::vector<const Service*> services;
  std::vector<RestFamily> rest;

  const RestFamily* Family(std::string_view signing_name) const {
    const auto found = std::ranges::find(rest, signing_name, &RestFamily::signing_name);
    return found == rest.end() ? nullptr : &*found;
  }
  const Service* BySigningName(std::string_view name) const {
    const auto found = std::ranges::find(services, name, &Service::signing_name);
    return found == services.end() ? nullptr : *found;
  }
  Result<Match> FindCbor(const net::Request& request, std::string_view signing_name) const;
  Result<Match> FindTarget(std::string_view target) const;
  Result<Match> FindRest(const RestFamily& family, const net::Request& request) const;
  Result<Match> FindUnsigned(const net::Request& request) const;
  const Service* AnonymousQuery(const net::Request& request) const;
};

// rpc-v2-cbor says everything in the path: /service/<name>/operation/<name>.
// spec: smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
Result<Match> Router::Tables::FindCbor(const net::Request& request,
                                       std::string_view signing_name) const {
  static constexpr std::string_view kOperation = "/operation/";
  Match match{.service = BySigningName(signing_name), .protocol = Protocol::kCbor};
  const std::string_view path = SplitTarget(request.target).path;
  const size_t at = path.rfind(kOperation);
  if (!match.service || !match.service->accepts_cbor || at == std::string_view::npos) {
    return NoSuchOperation(request);
  }
  match.operation = FindOperation(*match.service, path.substr(at + kOperation.size()));
  if (!match.operation) return NoSuchOperation(request);
  return match;
}

Result<Match> Router::Tables::FindTarget(std::string_view target) const {
  const size_t dot = target.rfind('.');
  const std::string_view prefix = target.substr(0, dot);
  for (const Service* const service : services) {
    if (dot == std::string_view::npos || service->target_prefix != prefix) continue;
    const Operation* const operation = FindOperation(*service, target.substr(dot + 1));
    if (!operation) break;
    return Match{.service = service, .operation = operation, .protocol = Protocol::kJson};
  }
  return NotFound(fmt::format("Unknown operation {}", target));
}

Result<Match> Router::Tables::FindRest(const RestFamily& family,
                                       const net::Request& request) const {
  Match match{.protocol = family.protocol};
  if (family.routes.Find(request.method, request.target, request.headers, match)) {
    match.protocol = match.service->protocol;
    return match;
  }
  return NoSuchOperation(request);
}

// Of a form that nobody signed: the service whose operations some need no signature, which is STS.
const Service* Router::Tables::AnonymousQuery(const net::Request& request) const {
  const auto type = request.headers.Find("content-type");
  if (request.method != "POST" || SplitTarget(request.target).path != "/" || !type ||
      !type->starts_with("application/x-www-form-urlencoded")) {
    return nullptr;
  }
  for (const Service* const service : services) {
    if (service->protocol == Protocol::kQuery &&
        std::ranges::any_of(service->operations, &Operation::anonymous)) {
      return service;
    }
  }
  return nullptr;
}

// Not signed: the path decides, so that the refusal of the missing signature can be told in the
// protocol the client speaks. What no other service knows is anonymous S3.
Result<Match> Router::Tables::FindUnsigned(const net::Request& request) const {
  if (HasBearerKey(request)) {
    const RestFamily* const bedrock = Family("bedrock");
    return bedrock ? FindRest(*bedrock, request) : NoSuchOperation(request);
  }
  if (const Service* const service = AnonymousQuery(request)) {
    return Match{.service = service, .protocol = Protocol::kQuery};
  }
  for (const RestFamily& family : rest) {
    if (family.signing_name == "s3") continue;
    if (auto match = FindRest(family, request)) return match;
  }
  const RestFamily* const s3 = Family("s3");
  return s3 ? FindRest(*s3, request) : NoSuchOperation(request);
}

Router::Router(std::span<const Service* const> services) {
  auto tables = std::make_unique<Tables>();
  tables->services.assign(services.begin(), services.end());
  for (const Service* const service : services) {
    if (!IsByPath(service->protocol)) continue;
    auto family = std::ranges::find(tables->rest, service->signing_name, &RestFamily::signing_name);
    if (family == tables->rest.end()) {
      family = tables->rest.insert(family, {service->signing_name, service->protocol, {}});
    }
    family->routes.Add(*service);
  }
  for (RestFamily& family : tables->rest) family.routes.Seal();
  tables_ = std::move(tables);
}

Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

std::string_view SigningServiceOf(const net::Request& request) {
  if (const auto authorization = request.headers.Find("authorization")) {
    static constexpr std::string_view kCredential = "Credential=";
    const size_t at = authorization->find(kCredential);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = authorization->substr(at + kCredential.size());
    return ScopeService(rest.substr(0, rest.find_first_of(", ")));
  }
  const std::string_view query = SplitTarget(request.target).query;
  auto scope = FindParameter(query, "X-Amz-Credential").value_or(std::string_view());
  // The slashes of the scope are escaped there: put the last two parts back together by hand.
  const size_t last = scope.rfind('%');
  if (last == std::string_view::npos || last == 0) return ScopeService(scope);
  const size_t before = scope.rfind('%', last - 1);
  if (before == std::string_view::npos || last < before + 3) return {};
  return scope.substr(before + 3, last - before - 3);
}

Result<Match> Router::Find(const net::Request& request) const {
  const std::string_view signing_name = SigningServiceOf(request);
  if (request.headers.Find("smithy-protocol") == "rpc-v2-cbor") {
    return tables_->FindCbor(request, signing_name);
  }
  if (const auto target = request.headers.Find("x-amz-target")) {
    return tables_->FindTarget(*target);
  }
  if (signing_name.empty()) return tables_->FindUnsigned(request);
  if (const RestFamily* const family = tables_->Family(signing_name)) {
    return tables_->FindRest(*family, request);
  }
  const Service* const service = tables_->BySigningName(signing_name);
  if (!service) return NotFound(fmt::format("No service signs as '{}' here", signing_name));
  // What is left speaks query; the operation is in the body.
  return Match{.service = service, .protocol = Protocol::kQuery};
}

Result<Match> Router::FindIn(std::string_view signing_name, const net::Request& request) const {
  const RestFamily* const family = tables_->Family(signing_name);
  return family ? tables_->FindRest(*family, request) : NoSuchOperation(request);
}

Result<void> Router::CompleteFromBody(Match& match, std::string_view body) const {
  if (match.operation) return {};
  const auto action = FindParameter(body, "Action");
  if (!action) return Fail(Fault::kNotFound, "The form in the body names no Action");
  match.operation = FindOperation(*match.service, *action);
  if (match.operation) return {};
  return Fail(Fault::kNotFound, fmt::format("Unknown operation {}", *action));
}

}  // namespace bedplate::wire
