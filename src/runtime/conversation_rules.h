// What Bedrock demands of a conversation before a model sees it. All failures are kValidation, in
// Bedrock's own words where they are known, and name the place: messages.N.content.M.
//
// Threads: pure functions.
// spec: bedrock-runtime#Converse, bedrock-runtime#Message, bedrock-runtime#DocumentBlock
#pragma once

#include "base/result.h"
#include "models/model.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

bool HasCachePoints(const Conversation& conversation);

// Whether `model` can hold `conversation`: turns, blank texts, documents, images, tools, token
// limit, additional fields that collide with what Converse itself sends.
Result<void> CheckConversation(const Conversation& conversation, const models::ModelFacts& model);

}  // namespace bedplate::runtime
