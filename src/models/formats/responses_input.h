// The input items of OpenAI's Responses API as turns.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/responses/create
#pragma once

#include <vector>

#include "base/json/value.h"
#include "models/chat.h"
#include "models/formats/malformed_input.h"

namespace bedplate::models {

// Appends the turns of `input`, a text or a list of items. Members that are null count as absent.
void ReadResponsesInput(const json::Value& input, std::vector<ChatTurn>& turns,
                        MalformedInput& malformed);

// Takes null members off an object, and off all within it.
void DropNulls(json::Value& value);

}  // namespace bedplate::models
