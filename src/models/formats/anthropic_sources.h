// Documents, search results and citations in the bodies of Anthropic's Messages API.
//
// Threads: pure functions.
// spec: https://docs.anthropic.com/en/api/messages
#pragma once

#include <optional>
#include <vector>

#include "models/chat.h"
#include "models/formats/malformed_input.h"
#include "models/formats/members.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

// The members of a block of the type `document`; nothing when one is wrong.
std::optional<ChatSource> ReadAnthropicDocument(Members& block);
// Likewise `search_result`.
std::optional<ChatSource> ReadAnthropicSearchResult(Members& block);

// `citations` of a text that an earlier answer had.
std::vector<ChatCitation> ReadAnthropicCitations(Members& block);
// `citations` of a text that can't have any.
void TakeNoCitations(Members& block);

// What holds for the sources of a whole request, and for the model's server.
void CheckAnthropicSources(const ChatRequest& request, const NativeCall& call,
                           MalformedInput& malformed);

}  // namespace bedplate::models
