// The words that a prompt router judges: what the user said last.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "runtime/conversation.h"

namespace bedplate::runtime {

// The text of the last user's message; empty where it has none (images, documents, tool results).
std::string PromptText(const Conversation& conversation);

// The same of a native body of any family and of a facade: its prompt, inputText or input, or the
// text of the last of its messages whose role is user. Empty where there is none, or where the body
// is no JSON object.
std::string PromptTextOfBody(std::string_view body);

}  // namespace bedplate::runtime
