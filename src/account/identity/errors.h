// The errors of IAM and STS, by the names that their service models have for them.
//
// Threads: pure functions.
// spec: IAM API reference, errors of each operation
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/result.h"

namespace bedplate::account {

inline std::unexpected<Error> FailAs(Fault fault, int status, std::string type,
                                     std::string message) {
  return std::unexpected(Error{
      .fault = fault, .message = std::move(message), .type = std::move(type), .status = status});
}
inline auto NoSuchEntity(std::string message) {
  return FailAs(Fault::kNotFound, 404, "NoSuchEntityException", std::move(message));
}
inline auto EntityAlreadyExists(std::string message) {
  return FailAs(Fault::kConflict, 409, "EntityAlreadyExistsException", std::move(message));
}
inline auto DeleteConflict(std::string message) {
  return FailAs(Fault::kConflict, 409, "DeleteConflictException", std::move(message));
}
inline auto LimitExceeded(std::string message) {
  return FailAs(Fault::kQuota, 409, "LimitExceededException", std::move(message));
}
inline auto MalformedPolicy(std::string message) {
  return FailAs(Fault::kValidation, 400, "MalformedPolicyDocumentException", std::move(message));
}
inline auto InvalidInput(std::string message) {
  return FailAs(Fault::kValidation, 400, "InvalidInputException", std::move(message));
}
inline auto Unmodifiable(std::string message) {
  return FailAs(Fault::kValidation, 400, "UnmodifiableEntityException", std::move(message));
}
// Not of any operation: what AWS answers where a single value is not as it must be.
inline auto ValidationError(std::string message) {
  return FailAs(Fault::kValidation, 400, "ValidationError", std::move(message));
}
inline auto AccessDenied(std::string message) {
  return FailAs(Fault::kAccessDenied, 403, "AccessDenied", std::move(message));
}

}  // namespace bedplate::account
