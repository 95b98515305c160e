// Chat requests in OpenAI's protocol, which engines and upstreams speak alike.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <string>
#include <string_view>

#include "models/chat.h"

namespace bedplate::models {

// The body of POST /v1/chat/completions. A streamed answer is asked to end with its usage.
std::string WriteChatRequest(const ChatRequest& request, std::string_view model_name, bool stream);

// The body of a tokenize request: the prompt of the same conversation, nothing sampled.
std::string WriteTokenizeRequest(const ChatRequest& request, std::string_view model_name);
// The same for a text that is no conversation.
std::string WriteTextTokenizeRequest(std::string_view text, std::string_view model_name);

}  // namespace bedplate::models
