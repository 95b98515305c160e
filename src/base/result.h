// Result<T>: how modules hand failures to each other. Errors are values; exceptions stay inside
// the library calls that throw them. A bug of our own is an assertion, never a Result.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace bedplate {

// What went wrong, in the terms a caller can act on. The service layer maps each to the error
// shape its service model declares; the names follow Bedrock's own.
enum class Fault : uint8_t {
  kValidation,        // the request is wrong; the message names the member and the value
  kAccessDenied,      // authenticated, but not allowed
  kNotFound,          // no such resource
  kConflict,          // the resource is in another state than the request needs
  kQuota,             // a service quota would be exceeded
  kTooManyTags,       // the resource would have more tags than it can
  kThrottling,        // too many requests now; retry_after_s may say when
  kModelTimeout,      // the model did not answer in time
  kModelError,        // the model failed on this request
  kModelStreamError,  // the model failed after the stream began
  kModelNotReady,     // the model is loading; retry
  kUnavailable,       // the server cannot take the request now (stopping, overloaded)
  kNotImplemented,    // the operation does not do its work yet
  kInternal,          // our fault
};

struct Error {
  Fault fault = Fault::kInternal;
  std::string message;                   // for the caller; no secrets, no paths of the server
  std::optional<int> retry_after_s{};    // for kThrottling, kModelNotReady and kUnavailable
  std::optional<int> upstream_status{};  // HTTP status of the model's server, where there is one
  // The name that the service has for just this error ("NoSuchUpload"), where the fault alone does
  // not tell; and its HTTP status where no service model says it, else 0.
  std::string type{};
  int status = 0;
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> Fail(Fault fault, std::string message) {
  return std::unexpected(Error{.fault = fault, .message = std::move(message)});
}

}  // namespace bedplate
