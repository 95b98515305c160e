// Chat answers in OpenAI's protocol: whole, and one chunk of a stream at a time.
//
// What upstreams add of their own is understood where it tells more: `stop_sequence` of
// bedplate-engine and `stop_reason` of vLLM name the stop text that matched.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

Result<ChatAnswer> ReadChatAnswer(std::string_view body);

struct ChatChunk {
  std::string text{};                  // new text; empty for a chunk that brings none
  std::optional<ChatFinish> finish{};  // the choice ended
  std::optional<ChatUsage> usage{};
  std::optional<std::string> error{};  // the server's message for a failure in mid-stream
};

// Reads the chunks of one stream. The chunks of an answer differ in their text alone, mostly: one
// that is the last one around another text is not read again but for that text.
//
// Threads: one stream, one thread.
class ChatChunkReader {
 public:
  // `data` is one server-sent event. The strings of `chunk` are reused.
  Result<void> Read(std::string_view data, ChatChunk& chunk);

 private:
  bool ReadTextAlone(std::string_view data, ChatChunk& chunk);

  // The last chunk that brought a text and nothing else, before and after it, both with its quote;
  // empty for none.
  std::string before_text_;
  std::string after_text_;
};

// The count in the answer of a tokenize request.
Result<int64_t> ReadTokenCount(std::string_view body);

}  // namespace bedplate::models
