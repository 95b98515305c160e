// Finds the operation that a request is for.
#pragma once

#include <span>

#include "gateway/passage.h"

namespace bedplate::gateway {

// A path of a facade: sets service and protocol of passage.match, so that whatever goes wrong from
// here on is told in that protocol. Changes nothing for others.
void NoteFacade(Passage& passage, std::span<const wire::Service* const> services);

// Sets passage.match. UnknownOperationException, 404, when there is none. A request whose
// signature is for a service that is not served gets the answer to that instead: it tells its
// sender more.
Step Route(Passage& passage, const wire::Router& router,
           std::span<const wire::Service* const> services);

}  // namespace bedplate::gateway
