// The body of an error in the JSON protocols, and of an exception event.
#pragma once

#include <string>
#include <string_view>

#include "wire/error.h"

namespace bedplate::wire {

// {"message": ...}, with `__type` first when `with_type`.
void AppendJsonError(std::string& out, const WireError& error, bool with_type);

}  // namespace bedplate::wire
