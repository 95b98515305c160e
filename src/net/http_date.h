// The time as the Date header says it (spec: RFC 9110 5.6.7).
#pragma once

#include <string_view>

#include "base/clock.h"

namespace bedplate::net {

inline constexpr size_t kHttpDateSize = 29;

// "Sun, 06 Nov 1994 08:49:37 GMT"; `out` has room for kHttpDateSize characters.
void FormatHttpDate(WallTime time, char* out);

// Now, made new once a second on each thread; valid until the thread's next call.
std::string_view HttpDate();

}  // namespace bedplate::net
