// What Bedrock demands of the tools of a conversation, and of the schema of its answer, before a
// model sees it. All failures are kValidation, in Bedrock's own words where they are known, and
// name the place.
//
// Threads: pure functions.
// spec: bedrock-runtime#ToolConfiguration, bedrock-runtime#ToolUseBlock,
// bedrock-runtime#ToolResultBlock, bedrock-runtime#JsonSchemaDefinition
#pragma once

#include "base/result.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// Tools, the choice of one, and that each toolUse of a message has its toolResult in the next.
Result<void> CheckTools(const Conversation& conversation);

Result<void> CheckOutputSchema(const models::ChatOutputSchema& output);

}  // namespace bedplate::runtime
