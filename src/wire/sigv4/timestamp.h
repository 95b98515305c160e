// The times that signatures carry.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace bedplate::wire::sigv4 {

using Seconds = std::chrono::sys_seconds;

// "20150830T123600Z", the form of X-Amz-Date. Nothing else is read: no other zone, no fractions,
// no day that the calendar has not.
std::optional<Seconds> ReadBasicTime(std::string_view text);
std::string BasicTime(Seconds time);

// "Sun, 30 Aug 2015 12:36:00 GMT", the form of the Date header that is in use today. Python's
// email library, and so botocore, writes -0000 for GMT.
std::optional<Seconds> ReadHttpDate(std::string_view text);

}  // namespace bedplate::wire::sigv4
