// Messages and system blocks of Converse, from wire types to the domain's.
//
// Errors: kValidation naming the place, for content that no text model takes and for what is not
// there yet. Threads: pure functions.
#pragma once

#include <vector>

#include "base/result.h"
#include "bedrock_runtime/shapes/Message.h"
#include "bedrock_runtime/shapes/SystemContentBlock.h"
#include "runtime/conversation.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

Result<std::vector<runtime::Message>> ToMessages(std::vector<gen::Message>&& messages);

Result<std::vector<runtime::SystemBlock>> ToSystem(std::vector<gen::SystemContentBlock>&& blocks);

}  // namespace bedplate::services::bedrock_runtime
