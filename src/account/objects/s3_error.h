// Errors by the names S3 has for them.
//
// spec: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::account::objects {

// What an HTTP status of S3's means.
Fault FaultOf(int status);

// `type` is S3's code, `status` its HTTP status.
[[nodiscard]] std::unexpected<Error> S3Fail(std::string_view type, int status, std::string message);

[[nodiscard]] std::unexpected<Error> NoSuchBucket(std::string_view bucket);
[[nodiscard]] std::unexpected<Error> NoSuchKey(std::string_view key);
[[nodiscard]] std::unexpected<Error> InvalidArgument(std::string message);
[[nodiscard]] std::unexpected<Error> InvalidRequest(std::string message);

}  // namespace bedplate::account::objects
