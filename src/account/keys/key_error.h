// KMS's own errors.
//
// Threads: pure functions.
// spec: kms#... error shapes; all but KMSInternalException have status 400
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace bedplate::account::keys {

[[nodiscard]] inline std::unexpected<Error> KeyError(Fault fault, std::string_view type,
                                                     std::string message) {
  constexpr int kStatus = 400;
  return std::unexpected(Error{
      .fault = fault, .message = std::move(message), .type = std::string(type), .status = kStatus});
}

[[nodiscard]] inline std::unexpected<Error> NotFound(std::string message) {
  return KeyError(Fault::kNotFound, "NotFoundException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> InvalidState(std::string message) {
  return KeyError(Fault::kConflict, "KMSInvalidStateException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> InvalidUsage(std::string message) {
  return KeyError(Fault::kValidation, "InvalidKeyUsageException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> InvalidArn(std::string message) {
  return KeyError(Fault::kValidation, "InvalidArnException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> Unsupported(std::string message) {
  return KeyError(Fault::kValidation, "UnsupportedOperationException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> LimitExceeded(std::string message) {
  return KeyError(Fault::kQuota, "LimitExceededException", std::move(message));
}

[[nodiscard]] inline std::unexpected<Error> Invalid(std::string message) {
  return KeyError(Fault::kValidation, "ValidationException", std::move(message));
}

// The service does not say what was wrong with a ciphertext.
[[nodiscard]] inline std::unexpected<Error> InvalidCiphertext() {
  return KeyError(Fault::kValidation, "InvalidCiphertextException", "");
}

[[nodiscard]] inline std::unexpected<Error> NotAuthorized(std::string message) {
  return KeyError(Fault::kAccessDenied, "AccessDeniedException", std::move(message));
}

// A fault of the database in KMS's words: what is full or absent has names there.
[[nodiscard]] inline std::unexpected<Error> FromState(Error error) {
  if (error.fault == Fault::kQuota || error.fault == Fault::kTooManyTags) {
    return LimitExceeded(std::move(error.message));
  }
  if (error.fault == Fault::kNotFound) return NotFound(std::move(error.message));
  return std::unexpected(std::move(error));
}

}  // namespace bedplate::account::keys
