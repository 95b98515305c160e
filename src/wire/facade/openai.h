// The event that ends a stream of OpenAI's Responses API which failed. Unlike the errors that the
// protocol's codec writes, it is one of the stream's own events: with a name, and numbered as they.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/responses-streaming/error
#pragma once

#include <cstdint>
#include <string>

#include "wire/error.h"

namespace bedplate::wire {

// Appends the whole server-sent event. `sequence_number` is the one behind the last event's.
void AppendResponseError(std::string& out, const WireError& error, uint64_t sequence_number);

}  // namespace bedplate::wire
