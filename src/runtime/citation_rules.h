// What holds for the documents and search results of a conversation that an answer may cite.
//
// Errors: kValidation naming member, value and place. Threads: pure functions.
// spec: bedrock-runtime#CitationsConfig, bedrock-runtime#SearchResultBlock,
// https://docs.anthropic.com/en/docs/build-with-claude/citations
#pragma once

#include "base/result.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// All documents have citations enabled or none has, likewise all search results; a search result
// has text; no schema binds an answer that is to cite, as its text comes in pieces.
Result<void> CheckCitations(const Conversation& conversation);

}  // namespace bedplate::runtime
