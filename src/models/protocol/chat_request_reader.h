// Chat requests in OpenAI's protocol, read back into the neutral request: for a server that speaks
// another protocol.
//
// Errors: kValidation naming the place and the value. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

struct ReadChat {
  ChatRequest request{};
  std::string model_name{};
  bool stream = false;
};

// The body of a chat request or of a tokenize request. Of reasoning only what is signed is kept
// where anything is, as `reasoning_content` says the same again. Members that have no place in
// ChatRequest become its extra members, but for those that ask for what is always so.
Result<ReadChat> ReadChatRequest(std::string_view body);

}  // namespace bedplate::models
