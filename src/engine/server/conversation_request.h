// The messages of a request.
// spec: https://platform.openai.com/docs/api-reference/chat/create (messages)
#pragma once

#include <vector>

#include "base/json/value.h"
#include "base/result.h"
#include "engine/chat/message.h"

namespace bedplate::engine {

using Conversation = std::vector<ChatMessage>;

// kValidation naming member and value, for a result of a call that no earlier message made too.
Result<Conversation> ReadMessages(const json::Value& messages);

}  // namespace bedplate::engine
