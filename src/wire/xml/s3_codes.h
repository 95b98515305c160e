// The names S3 has for the errors that all services have.
//
// Pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include "wire/error.h"

namespace bedplate::wire {

// The same error as S3 says it: its code and its status. What has a name of S3's own stays.
WireError AsS3Says(WireError error);

}  // namespace bedplate::wire
