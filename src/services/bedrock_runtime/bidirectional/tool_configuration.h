// toolConfiguration of promptStart, into the domain's terms.
//
// Threads: pure functions.
#pragma once

#include "runtime/conversation.h"
#include "services/bedrock_runtime/bidirectional/event_fields.h"

namespace bedplate::services::bedrock_runtime::bidirectional {

// Sets the conversation's tools and the choice of one. `config` keeps what is wrong; the schemas
// are checked with the conversation.
void TakeToolConfiguration(EventFields config, runtime::Conversation& conversation);

}  // namespace bedplate::services::bedrock_runtime::bidirectional
