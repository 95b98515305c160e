// Generated events as event-stream frames, and back.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/error.h"
#include "wire/event_stream.h"
#include "wire/operation.h"
#include "wire/schema.h"

namespace bedplate::wire {

// The member of an output that is its event stream; null when it has none.
const Member* FindEventStream(const Shape& output);

// Appends the frame of `event`, an object of the union `stream`. kInternal when not exactly one of
// its members is set: that is a bug of the caller's.
Result<void> AppendEventFrame(Protocol protocol, const Shape& stream, const void* event,
                              std::string& out);

// Appends the frame that ends a stream with an error: the exception that `stream` declares under
// the error's type, or an error frame with type and words when it declares none.
Result<void> AppendErrorFrame(Protocol protocol, const Shape& stream, const WireError& error,
                              std::string& out);

// Reads an event that a client sent into `event`, an empty object of the union `stream`, whose
// events are all JSON. kValidation, naming the frame's type or the member, when it is none of the
// union's events or does not fit.
Result<void> ReadEventFrame(const Shape& stream, const event_stream::Frame& frame, void* event);

}  // namespace bedplate::wire
