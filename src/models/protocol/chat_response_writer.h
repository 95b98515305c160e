// Chat answers in OpenAI's protocol, written from the neutral ones: what a server that speaks
// another protocol said, for readers that know this one. chat_response.h reads it back.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/chat.h"
#include "models/protocol/chat_response.h"

namespace bedplate::models {

// What an answer says of itself beside its content.
struct ChatAnswerHead {
  std::string id{};
  std::string model_name{};
  int64_t created_s = 0;       // Unix seconds
  std::string service_tier{};  // that served; may be empty
};

std::string WriteChatAnswer(const ChatAnswerHead& head, const ChatAnswer& answer);

// One chunk; `out` is replaced. A chunk with an error has nothing else.
void WriteChatChunk(const ChatAnswerHead& head, const ChatChunk& chunk, std::string& out);

}  // namespace bedplate::models
