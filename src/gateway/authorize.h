// Decides whether the sender of a request may do what it asks for.
#pragma once

#include <string_view>

#include "gateway/passage.h"

namespace bedplate::gateway {

// AccessDeniedException unless the principal may call passage.match.operation, which is known.
Step Authorize(const Passage& passage);

}  // namespace bedplate::gateway
