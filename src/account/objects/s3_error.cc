#include "account/objects/s3_error.h"

#include <fmt/format.h>

namespace bedplate::account::objects {

Fault FaultOf(int status) {
  switch (status) {
    case 403:
      return Fault::kAccessDenied;
    case 404:
      return Fault::kNotFound;
    case 409:
    case 412:
      return Fault::kConflict;
    case 501:
      return Fault::kNotImplemented;
    case 503:
    case 507:
      return Fault::kUnavailable;
    default:
      return status >= 500 ? Fault::kInternal : Fault::kValidation;
  }
}

std::unexpected<Error> S3Fail(std::string_view type, int status, std::string message) {
  return std::unexpected(Error{.fault = FaultOf(status),
                               .message = std::move(message),
                               .type = std::string(type),
                               .status = status});
}

std::unexpected<Error> NoSuchBucket(std::string_view bucket) {
  return S3Fail("NoSuchBucket", 404,
                fmt::format("The specified bucket does not exist: '{}'", bucket));
}

std::unexpected<Error> NoSuchKey(std::string_view key) {
  return S3Fail("NoSuchKey", 404, fmt::format("The specified key does not exist: '{}'", key));
}

std::unexpected<Error> InvalidArgument(std::string message) {
  return S3Fail("InvalidArgument", 400, std::move(message));
}

std::unexpected<Error> InvalidRequest(std::string message) {
  return S3Fail("InvalidRequest", 400, std::move(message));
}

}  // namespace bedplate::account::objects
