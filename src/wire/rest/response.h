// Writes the output of a rest operation as an HTTP response.
#pragma once

#include <string_view>

#include "net/http.h"
#include "wire/operation.h"
#include "wire/rest/body_codec.h"

namespace bedplate::wire {

// `object` is of the operation's output shape; null when the operation has no output. Members that
// are an event stream are left out: they follow on the open response.
net::Response WriteRestOutput(const BodyCodec& codec, const Service& service,
                              const Operation& operation, const void* object);

}  // namespace bedplate::wire
