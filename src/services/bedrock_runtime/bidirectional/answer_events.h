// AnswerEvents: what the model says in a session, as the events that Amazon Nova Sonic sends.
//
// A completion is all that answers one content of the user's: text, tools that the model asks for,
// and what it says when it has their results. Each call of the model adds its usageEvent; the last
// ends the completion. What a model thinks has no event; it goes into the message alone.
//
// Threads: one session, one reactor.
// spec: docs.aws.amazon.com/nova/latest/userguide/output-events.html
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/writer.h"
#include "runtime/answer_piece.h"
#include "runtime/conversation.h"

namespace bedplate::services::bedrock_runtime::bidirectional {

class AnswerEvents {
 public:
  // The texts of events, in order. Valid until the next call.
  using Events = std::span<const std::string>;

  // The model begins to answer.
  Events Begin(const std::string& prompt_name);
  Events Take(const runtime::AnswerPiece& piece);
  // The answer is complete.
  Events Finish(const runtime::Outcome& outcome);
  // The answer as a message, after Finish; empty when the model said nothing.
  runtime::Message TakeMessage();

 private:
  enum class Block : uint8_t { kNone, kText, kTool };

  runtime::ReasoningBlock& OpenReasoning();
  void OpenText();
  void Close(std::string_view stop_reason);
  void CloseTool();
  void AddText(std::string_view text);
  void AddUsage(const runtime::TokenUsage& usage);
  json::Writer BeginEvent(std::string_view name);
  void EndEvent(json::Writer& writer);
  void AddContentStart(std::string_view type);
  void AddContentEnd(std::string_view type, std::string_view stop_reason);

  std::vector<std::string> events_;
  std::string session_id_;
  std::string prompt_name_;
  std::string completion_id_;
  std::string content_id_;
  bool completion_open_ = false;
  bool wants_tools_ = false;  // this answer asks for some
  Block block_ = Block::kNone;
  std::string text_;           // of the block that is open
  runtime::ToolUseBlock use_;  // likewise
  std::vector<runtime::ReasoningBlock> reasoning_;
  bool reasoning_open_ = false;  // more of the last one may come
  runtime::Message message_;
  int64_t input_tokens_ = 0;  // of the session
  int64_t output_tokens_ = 0;
};

}  // namespace bedplate::services::bedrock_runtime::bidirectional
