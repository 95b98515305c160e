// Answers in the protocol of Anthropic's Messages API: whole, and one event of a stream at a time.
//
// Types of events, of deltas and of content that are not known here bring nothing, as the protocol
// demands of its clients; everything else that is not as it says is an error. Counts of usage are
// from 0 to kTokensCountMax: a server that says another one, or none, is not believed, and its
// answer fails.
//
// Errors: kModelError when an answer is not what the protocol says. Threads: pure functions.
// spec: https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/api/streaming
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "base/result.h"
#include "models/chat.h"
#include "models/protocol/chat_response.h"

namespace bedplate::models {

// The most that Bedrock's members of usage can say.
inline constexpr int64_t kTokensCountMax = 2'147'483'647;

struct MessagesAnswer {
  std::string id{};
  ChatAnswer answer{};
};
Result<MessagesAnswer> ReadMessagesAnswer(std::string_view body);

// The count in the answer of a request to count tokens.
Result<int64_t> ReadMessagesCount(std::string_view body);

// Reads the events of one stream.
//
// Threads: one stream, one thread.
class MessagesEventReader {
 public:
  // `data` is one server-sent event; `chunk` is what it brings. The end of the answer (finish and
  // usage) comes with the last event, message_stop.
  Result<void> Read(std::string_view data, ChatChunk& chunk);

  // After the first event; in OpenAI's words, and empty where the server is silent.
  const std::string& id() const { return id_; }
  const std::string& service_tier() const { return service_tier_; }
  bool ended() const { return ended_; }

 private:
  enum class Block : uint8_t { kText, kThinking, kCall, kUnknown };

  Result<void> ReadStart(const json::Value& event);
  Result<void> ReadBlockStart(const json::Value& event, ChatChunk& chunk);
  Result<void> ReadBlockDelta(const json::Value& event, ChatChunk& chunk);
  Result<void> ReadBlockStop(const json::Value& event, ChatChunk& chunk);
  Result<void> ReadMessageDelta(const json::Value& event);
  Result<void> ReadStop(ChatChunk& chunk);

  std::string id_;
  std::string service_tier_;
  bool started_ = false;
  bool ended_ = false;
  std::optional<int64_t> open_;  // the index of the block that has begun and not ended
  std::set<int64_t> begun_;      // every index so far
  Block block_ = Block::kUnknown;
  std::string signature_;   // of the open block, told at its end
  bool any_text_ = false;   // of the open block
  bool any_input_ = false;  // of the open call
  // Of the open block, told at its end: servers send them before its text as well as behind.
  std::vector<ChatCitation> citations_;
  int64_t calls_ = 0;  // begun so far
  std::optional<ChatUsage> usage_;
  std::optional<ChatFinish> finish_;
};

}  // namespace bedplate::models
