// The content block events of ConverseStream: one block after another, each with its index.
//
// Threads: one stream, one reactor.
// spec: bedrock-runtime#ConverseStreamOutput
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bedrock_runtime/shapes/ConverseStreamOutput.h"
#include "runtime/answer_piece.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

class StreamBlocks {
 public:
  using Events = std::span<const gen::ConverseStreamOutput* const>;

  // What `piece` makes of the stream, in order. Valid until the next call.
  Events Take(const runtime::AnswerPiece& piece);
  // What ends the last block; nothing when there was none.
  Events Finish();

 private:
  enum class Block : uint8_t { kNone, kText, kReasoning, kToolUse };

  void Open(Block block);
  void Add(const gen::ConverseStreamOutput& event) { events_[count_++] = &event; }
  void AddStop();
  void AddToolStart(const runtime::AnswerPiece& piece);
  void AddDelta(const runtime::AnswerPiece& piece);
  void AddCitation(const models::ChatCitation& citation);

  Block open_ = Block::kNone;
  bool whole_ = false;  // the last block has all it can have: more of its kind is another
  int32_t index_ = -1;  // of the last block
  // Events that are filled again and again: of the last block, but for stop_.
  gen::ConverseStreamOutput stop_;
  gen::ConverseStreamOutput start_;
  gen::ConverseStreamOutput text_;
  gen::ConverseStreamOutput other_;  // a delta of reasoning, of a citation or of a tool's input
  std::array<const gen::ConverseStreamOutput*, 3> events_{};
  size_t count_ = 0;
};

}  // namespace bedplate::services::bedrock_runtime
