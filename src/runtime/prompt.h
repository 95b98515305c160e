// From Bedrock's conversation to the turns an engine takes.
//
// Errors: kValidation naming the place. Threads: pure functions; work grows linearly with the
// conversation.
#pragma once

#include "base/result.h"
#include "models/chat.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// `conversation` was checked (CheckConversation). System texts become one turn before the others;
// blocks of a message stand on lines of their own, documents within marks that name them. Tool
// results become turns before the rest of their message.
Result<models::ChatRequest> BuildPrompt(Conversation&& conversation);

// Bytes of all documents: whether building the prompt is worth a thread of its own.
size_t DocumentBytes(const Conversation& conversation);

}  // namespace bedplate::runtime
