// Gives a request the permission that its operation's rules and its handler ask, and lets its
// caller in.
//
// Threads: any reactor.
#pragma once

#include <chrono>
#include <string_view>

#include "gateway/authorization/directories.h"
#include "gateway/passage.h"
#include "net/blocking_pool.h"

namespace bedplate::gateway {

struct AuthorizationOptions {
  std::string_view region;
  const ResourceDirectories& directories;  // outlive the request
  net::BlockingPool* pool = nullptr;       // likewise; for directories that wait
};

// Sets passage.permission and call.permission; the operation is known by now. AccessDenied when the
// caller's credentials may not call it, whatever policies say (RequestPermission::CheckEntrance).
Step Authorize(Passage& passage, const AuthorizationOptions& options,
               std::chrono::system_clock::time_point now);

}  // namespace bedplate::gateway
