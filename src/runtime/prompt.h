// From Bedrock's conversation to the turns an engine takes.
//
// Errors: kValidation naming the place. Threads: pure functions; work grows linearly with the
// conversation.
#pragma once

#include <vector>

#include "base/result.h"
#include "models/chat.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

struct Prompt {
  models::ChatRequest request{};
  // What the answer may cite where the model's server does not do so itself; see models/citations.
  std::vector<models::ChatSource> cited{};
};

// `conversation` was checked (CheckConversation). System texts become one turn before the others;
// blocks of a message stand on lines of their own, documents within marks that name them. Tool
// results become turns before the rest of their message. `takes_sources`: search results and
// documents that may be cited stay blocks of their own, as the model's server takes them.
Result<Prompt> BuildPrompt(Conversation&& conversation, bool takes_sources);

// Bytes of all documents and search results: whether building the prompt is worth a thread of its
// own.
size_t SourceBytes(const Conversation& conversation);

}  // namespace bedplate::runtime
