// The turns of a conversation as the `messages` of OpenAI's protocol.
//
// Images are data URLs; a turn of texts has plain text as its content. A tool's failure and a
// signature of reasoning, for which the protocol has no members, are written as the .cc says.
// Documents, search results and citations have the form of Anthropic's protocol: they are for a
// server of that alone.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <string_view>
#include <vector>

#include "base/json/writer.h"
#include "models/chat.h"

namespace bedplate::models {

// The protocol has no member for a tool that failed; its result begins with these words.
inline constexpr std::string_view kToolFailed = "Error: ";

// The member that ChatSource::order is, where it is not 0.
inline constexpr std::string_view kSourceOrder = "source_order";

// The member that a cache point is, of the part or tool that it stands behind.
void WriteCacheControl(json::Writer& writer, CacheTtl ttl);

// In LiteLLM's form. spec: https://docs.litellm.ai/docs/reasoning_content
void WriteThinkingBlock(json::Writer& writer, const ChatReasoning& block);

// One JSON array.
void WriteTurns(json::Writer& writer, const std::vector<ChatTurn>& turns);

}  // namespace bedplate::models
