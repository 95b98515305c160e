// Whether a principal may do something on a resource: everything that applies, put together.
//
// Threads: pure functions.
// spec: IAM user guide, "Policy evaluation logic"
#pragma once

#include <string>
#include <string_view>

#include "account/authorization/resource_directory.h"
#include "account/identity/principal.h"
#include "account/policy/evaluate.h"
#include "account/policy/request.h"

namespace bedplate::account {

// `principal` may be null: nobody, or whoever request.identity says; then only the resource's
// policy can allow. `request` is whole.
policy::Decision DecideOn(const Principal* principal, const Resource& resource,
                          const policy::Request& request);

// The account of an ARN; empty where it has none.
std::string_view AccountOfArn(std::string_view arn);

}  // namespace bedplate::account
