// The body of Cohere's Command R and R+, read into the neutral request.
//
// Documents become text behind the preamble. What needs Cohere's own templates or server is refused
// by name: search queries, the rendered prompt, a raw prompt, a prompt cut to fit.
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
// spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/chat.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

struct CommandRRequest {
  ChatRequest chat{};
  std::string history{};  // the entries of the answer's `chat_history` before the answer, as JSON
};

Result<CommandRRequest> ReadCommandRRequest(std::string_view body, const NativeCall& call);

}  // namespace bedplate::models
