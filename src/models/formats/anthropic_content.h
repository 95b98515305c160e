// The content of a message in Anthropic's Messages API.
//
// Threads: pure functions.
// spec: https://docs.anthropic.com/en/api/messages
#pragma once

#include <string>
#include <vector>

#include "base/json/value.h"
#include "models/chat.h"
#include "models/formats/malformed_input.h"

namespace bedplate::models {

// Appends the turns of one message, which stands at `pointer`.
void ReadAnthropicMessage(const json::Value& message, const std::string& pointer,
                          std::vector<ChatTurn>& turns, MalformedInput& malformed);

// `system`: a text or text blocks.
ChatTurn ReadAnthropicSystem(const json::Value& system, MalformedInput& malformed);

}  // namespace bedplate::models
