// toolConfig, toolUse and toolResult of Converse, from wire types to the domain's and back.
//
// Errors: kValidation naming the place, for what is not there. Threads: pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "bedrock_runtime/shapes/ToolConfiguration.h"
#include "bedrock_runtime/shapes/ToolResultBlock.h"
#include "bedrock_runtime/shapes/ToolUseBlock.h"
#include "runtime/conversation.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

// Sets the conversation's tools and the choice of one.
Result<void> TakeToolConfig(gen::ToolConfiguration&& config, runtime::Conversation& conversation);

Result<runtime::ToolUseBlock> ToToolUse(gen::ToolUseBlock&& block, std::string_view place);
Result<runtime::ToolResultBlock> ToToolResult(gen::ToolResultBlock&& block, std::string_view place);

gen::ToolUseBlock FromToolUse(runtime::ToolUseBlock&& use);

}  // namespace bedplate::services::bedrock_runtime
