// Chat answers in OpenAI's protocol: whole, and one chunk of a stream at a time.
//
// What upstreams add of their own is understood where it tells more: `stop_sequence` of
// bedplate-engine and `stop_reason` of vLLM name the stop text that matched, `reasoning_content`
// (or `reasoning`) is what the model thought, `thinking_blocks` of LiteLLM hold its signature and
// what is redacted of it, and finish reasons such as `malformed_tool_call` tell of a call that
// could not be read. A refusal is text, as it is what the model says. `logprobs` are read of whole
// answers in the form that chats have them in. What a server of Anthropic's protocol cited is in
// members of our own, which models/protocol/chat_response_writer writes.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/chat.h"

namespace bedplate::models {

// Members of a message or delta that are our own; formats that hand OpenAI's bodies on drop them.
inline constexpr std::string_view kBeginsText = "begins_text";
inline constexpr std::string_view kTextCitations = "text_citations";

Result<ChatAnswer> ReadChatAnswer(std::string_view body);

// A piece of a tool call. Most servers send the id and the name once, in the first piece.
struct ChatToolCallDelta {
  std::optional<int64_t> index{};  // which call of the answer; some servers leave it out
  std::string id{};
  std::string name{};
  std::string arguments{};  // the next piece of their JSON text
};

struct ChatChunk {
  bool begins_text = false;  // `text` is another block than the text before it
  std::string text{};        // new text; empty for a chunk that brings none
  // Of the block of text so far, `text` included.
  std::vector<ChatCitation> citations{};
  std::string reasoning{};  // new text of the model's thoughts
  std::string signature{};  // of the thoughts before, which it ends
  std::string redacted{};   // thoughts of their own that only their provider can read
  // `thinking_blocks`, whole in an answer that is no stream.
  std::vector<ChatReasoning> thinking_blocks{};
  std::vector<ChatToolCallDelta> tool_calls{};
  std::string service_tier{};          // that serves; empty where the chunk is silent
  std::optional<ChatFinish> finish{};  // the choice ended
  std::optional<ChatUsage> usage{};
  std::optional<std::string> error{};  // the server's message for a failure in mid-stream

  bool BringsTextAlone() const {
    return !text.empty() && !begins_text && citations.empty() && !finish && !usage && !error &&
           reasoning.empty() && signature.empty() && redacted.empty() && tool_calls.empty();
  }
};

// Reads the chunks of one stream. The chunks of an answer differ in their text alone, mostly: one
// that is the last one around another text is not read again but for that text.
//
// Threads: one stream, one thread.
class ChatChunkReader {
 public:
  // `data` is one server-sent event. What `chunk` holds is reused.
  Result<void> Read(std::string_view data, ChatChunk& chunk);

 private:
  bool ReadTextAlone(std::string_view data, ChatChunk& chunk);

  bool any_reasoning_ = false;  // in `reasoning_content`, so what blocks say is said twice
  // The last chunk that brought a text and nothing else, before and after it, both with its quote;
  // empty for none.
  std::string before_text_;
  std::string after_text_;
};

// The count in the answer of a tokenize request.
Result<int64_t> ReadTokenCount(std::string_view body);

}  // namespace bedplate::models
