// Reads the input of a rest operation from the parts of its HTTP request.
#pragma once

#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "wire/rest/body_codec.h"
#include "wire/router.h"

namespace bedplate::wire {

// Fills `object`, of the operation's input shape. kValidation with words that name the member when
// a part does not fit its model.
Result<void> ReadRestInput(const BodyCodec& codec, const Operation& operation, const Labels& labels,
                           const net::Request& request, std::string_view body, void* object);

}  // namespace bedplate::wire
