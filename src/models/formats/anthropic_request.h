// The body of Anthropic's Messages API as Bedrock takes it, read into the neutral request: that of
// InvokeModel, or that of the API itself (NativeApi::kFacade), which names model and stream.
//
// What Claude's own server does beside answering is not taken: tools of Anthropic's that have no
// schema, documents that it fetches, and, unless it is that server which answers, documents in PDF
// and redacted thoughts. Flags of betas ask nothing of an answer, so they are taken and change
// nothing.
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
#pragma once

#include <string_view>

#include "base/result.h"
#include "models/chat.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

Result<ChatRequest> ReadAnthropicRequest(std::string_view body, const NativeCall& call);

}  // namespace bedplate::models
