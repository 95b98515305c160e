// Who calls, for the services that need more of it than its ARN.
//
// Threads: as wire::Call.
#pragma once

#include "account/identity/principal.h"
#include "wire/call.h"

namespace bedplate::services {

// Null for nobody.
inline const account::Principal* CallerOf(const wire::Call& call) {
  return static_cast<const account::Principal*>(call.principal.get());
}

}  // namespace bedplate::services
