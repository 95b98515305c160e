// Why a request's proof of who sent it is refused, as AWS names it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace bedplate::wire::sigv4 {

enum class AuthFault : uint8_t {
  kMissingToken,        // nothing in the request says who sent it
  kIncomplete,          // the proof is there and cannot be read
  kUnrecognizedClient,  // well formed, but of nobody we know
  kExpiredToken,        // of a session that is over
  kInvalidSignature,    // of somebody we know, and wrong: scope, time or signature
  kTimeTooSkewed,       // of a time too far from the server's, where that has a name of its own
  kAccessDenied,        // right, but not enough for this request
  kMalformedBody,       // the body does not have the form that the signed headers say
};

struct AuthError {
  AuthFault fault = AuthFault::kInvalidSignature;
  std::string message;  // AWS's words; names what was sent, never a secret
};

template <class T = void>
using AuthResult = std::expected<T, AuthError>;

[[nodiscard]] inline std::unexpected<AuthError> Refuse(AuthFault fault, std::string message) {
  return std::unexpected(AuthError{fault, std::move(message)});
}

}  // namespace bedplate::wire::sigv4
