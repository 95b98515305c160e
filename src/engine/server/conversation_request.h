// The messages of a request.
// spec: https://platform.openai.com/docs/api-reference/chat/create (messages)
#pragma once

#include <chrono>
#include <vector>

#include "base/json/value.h"
#include "base/result.h"
#include "engine/chat/message.h"
#include "engine/server/fields.h"

namespace bedplate::engine {

using Conversation = std::vector<ChatMessage>;

// The time to live of the cache point that an object's `cache_control` sets behind it; 0 for none.
// spec: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
Result<std::chrono::seconds> ReadCacheControl(const Fields& object);

// kValidation naming member and value, for a result of a call that no earlier message made too.
Result<Conversation> ReadMessages(const json::Value& messages);

}  // namespace bedplate::engine
