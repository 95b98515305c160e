// HTTP statuses of facades, where they differ from AWS's.
//
// Threads: pure functions.
#pragma once

#include "wire/error.h"

namespace bedplate::wire {

// Clients of these APIs try again what is 5xx, and know no 424. A key that is not known is 401, and
// 403 is left to what a known caller may not do.
inline int FacadeStatus(const WireError& error) {
  if (error.unauthenticated) return 401;
  if (error.status == 424) return 500;
  if (error.type == "ModelTimeoutException") return 504;
  return error.status;
}

}  // namespace bedplate::wire
