// The content of a message in Amazon Nova's body.
//
// Threads: pure functions.
// spec: https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html
#pragma once

#include <string>
#include <vector>

#include "base/json/value.h"
#include "models/chat.h"
#include "models/formats/malformed_input.h"

namespace bedplate::models {

// Appends the turns of one message, which stands at `pointer`.
void ReadNovaMessage(const json::Value& message, const std::string& pointer,
                     std::vector<ChatTurn>& turns, MalformedInput& malformed);

// `system`: text blocks.
ChatTurn ReadNovaSystem(const json::Value::Array& system, MalformedInput& malformed);

}  // namespace bedplate::models
