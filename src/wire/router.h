// Finds the service and operation that a request is for.
//
// One port serves every API. The service is chosen by, in this order: the host (endpoint prefix or
// virtual-hosted bucket), the smithy-protocol header, X-Amz-Target, the service in the scope of
// the signature, a bearer key (bedrock), a query-protocol form; what remains is anonymous S3.
// Services that sign alike (the four of Bedrock sign as "bedrock") share one set of routes.
//
// Threads: const after construction; shared by all reactors.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "wire/operation.h"

namespace bedplate::wire {

// The raw (percent-encoded) texts of a route's labels, in the order of the labels in the path.
// Views into the request's target.
struct Labels {
  static constexpr size_t kCountMax = 8;
  std::array<std::string_view, kCountMax> values{};
  size_t count = 0;
};

struct Match {
  const Service* service = nullptr;
  // Null for a query-protocol request until CompleteFromBody: its operation is in the form.
  const Operation* operation = nullptr;
  Protocol protocol = Protocol::kRestJson;  // what the answer must speak
  Labels labels{};
};

class Router {
 public:
  // `services` must outlive the router (they are constant data).
  explicit Router(std::span<const Service* const> services);
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // kNotFound when there is no such operation; the message says what was looked for. The match
  // holds views into `request.target`.
  Result<Match> Find(const net::Request& request) const;

  // The same among the services that sign by that name, which speak by paths, whoever signed it.
  Result<Match> FindIn(std::string_view signing_name, const net::Request& request) const;

  // Finds the operation of a query-protocol match from the form in the body (Action=...).
  Result<void> CompleteFromBody(Match& match, std::string_view body) const;

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

// The service named in the credential scope of the request's signature ("bedrock"), from the
// Authorization header or the query; empty when it is not signed.
std::string_view SigningServiceOf(const net::Request& request);

}  // namespace bedplate::wire
