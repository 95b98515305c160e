// Points in time as the protocols write them.
#pragma once

#include <string>
#include <string_view>

#include "wire/schema.h"
#include "wire/types.h"

namespace bedplate::wire {

// kUnix is decimal seconds ("1515531081.123"), kIso8601 RFC 3339 ("2018-01-09T20:51:21.123Z", any
// offset is read), kRfc822 the date of HTTP ("Tue, 09 Jan 2018 20:51:21 GMT"). kDefault may be any
// of them when read, and is kIso8601 when written. False when the text is no such date.
bool ParseTimestamp(std::string_view text, TimestampFormat format, Timestamp& value);

// Fractions of a second are written as far as they are not zero, in milliseconds, microseconds or
// nanoseconds.
void AppendTimestamp(std::string& out, TimestampFormat format, const Timestamp& value);

}  // namespace bedplate::wire
