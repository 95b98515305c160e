// Finds the operation that a request is for.
#pragma once

#include <span>

#include "gateway/passage.h"

namespace bedplate::gateway {

// Sets passage.match. UnknownOperationException, 404, when there is none. A request whose
// signature is for a service that is not served gets the answer to that instead: it tells its
// sender more.
Step Route(Passage& passage, const wire::Router& router,
           std::span<const wire::Service* const> services);

}  // namespace bedplate::gateway
