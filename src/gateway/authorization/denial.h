// How a service says that a caller may not.
//
// Threads: pure functions.
// spec: IAM user guide, "Troubleshoot access denied error messages"
#pragma once

#include "account/authorization/resource_directory.h"
#include "account/policy/evaluate.h"
#include "account/policy/request.h"
#include "base/result.h"
#include "wire/operation.h"

namespace bedplate::gateway {

// kAccessDenied with the service's own name of the error: AccessDenied of S3, IAM and STS,
// AccessDeniedException of the others. A caller of another account, and one without a name, isn't
// told why, by S3; nor of a key that only a ciphertext names, by KMS.
Error Denial(const wire::Service& service, const account::policy::Request& request,
             const account::policy::Decision& decision, const account::Resource& resource);

}  // namespace bedplate::gateway
