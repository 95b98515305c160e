// Chat requests in OpenAI's protocol, which engines and upstreams speak alike.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/chat.h"

namespace bedplate::models {

// The body of POST /v1/chat/completions. A streamed answer is asked to end with its usage, and with
// `early_usage` to begin with that of the prompt, which is bedplate-engine's own member.
std::string WriteChatRequest(const ChatRequest& request, std::string_view model_name, bool stream,
                             bool early_usage = false);

// Which members of a chat request its tokenize request has.
enum class TokenizeMembers : uint8_t {
  kOfPrompt,  // what shapes the prompt: a server may refuse the rest there
  kAll,       // bedplate-engine refuses there what it refuses in the request itself
};
// The body of a tokenize request: the prompt of the same conversation.
std::string WriteTokenizeRequest(const ChatRequest& request, std::string_view model_name,
                                 TokenizeMembers members);
// Whether a member shapes the prompt, beside the messages: `tools`, and what vLLM adds to OpenAI's
// protocol. spec: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
bool IsOfPrompt(std::string_view member);
// The same for a text that is no conversation.
std::string WriteTextTokenizeRequest(std::string_view text, std::string_view model_name);

}  // namespace bedplate::models
