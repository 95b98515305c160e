// The user that an operation is about, where the request may leave it out: the caller.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "base/result.h"
#include "wire/call.h"
#include "wire/types.h"

namespace bedplate::services::iam {

// Empty when neither the request nor the caller has one.
std::string UserNameOf(const wire::Call& call, const wire::Opt<std::string>& given);
// ValidationError in that case.
Result<std::string> RequireUserName(const wire::Call& call, const wire::Opt<std::string>& given);

}  // namespace bedplate::services::iam
