// What Bedrock demands of one message: blank texts, documents, images, which blocks a role may
// have. All failures are kValidation and name the place: messages.N.content.M.
//
// Threads: pure functions.
// spec: bedrock-runtime#Message, bedrock-runtime#ContentBlock
#pragma once

#include <cstddef>

#include "base/result.h"
#include "models/model.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

Result<void> CheckMessage(const Message& message, size_t index, const models::ModelFacts& model);

}  // namespace bedplate::runtime
