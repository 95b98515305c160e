// Chat requests in the protocol of Anthropic's Messages API.
//
// System turns become `system`, tools' results the user's turn before which they came, and turns of
// one side in a row one message, as that protocol has it. Where the caller sets no limit of tokens,
// which the protocol demands, it is kTokensMaxUnsaid. Members that OpenAI's protocol spells
// otherwise (`parallel_tool_calls`, `reasoning_effort`, `user`) are written as Anthropic spells
// them; all others go as they are, and the server refuses those that it does not know.
//
// Errors: kValidation for what the protocol can't say. Threads: pure functions.
// spec: https://docs.anthropic.com/en/api/messages,
// https://docs.anthropic.com/en/api/messages-count-tokens
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

// What every Claude model since the first of its third family can answer with.
inline constexpr int kTokensMaxUnsaid = 4096;

struct MessagesRequest {
  std::string body{};
  std::string betas{};  // for the header anthropic-beta; empty for none
};

// The body of POST /v1/messages.
Result<MessagesRequest> WriteMessagesRequest(const ChatRequest& request,
                                             std::string_view model_name, bool stream);
// The body of POST /v1/messages/count_tokens: of the members those that shape the prompt.
Result<MessagesRequest> WriteMessagesCount(const ChatRequest& request, std::string_view model_name);

}  // namespace bedplate::models
