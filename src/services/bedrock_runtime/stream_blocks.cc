#include "services/bedrock_runtime/stream_blocks.h"

#include <string>

#include "bedrock_runtime/ops/ConverseStream.h"
#include "services/bedrock_runtime/citations.h"

namespace bedplate::services::bedrock_runtime {

using Kind = runtime::AnswerPiece::Kind;

StreamBlocks::Events StreamBlocks::Take(const runtime::AnswerPiece& piece) {
  count_ = 0;
  switch (piece.kind) {
    case Kind::kText:
      Open(Block::kText);
      text_.contentBlockDelta->delta->text->assign(piece.text);
      Add(text_);
      break;
    case Kind::kTextEnd:
      whole_ = true;
      break;
    case Kind::kCitation:
      AddCitation(*piece.citation);
      break;
    case Kind::kReasoning:
      Open(Block::kReasoning);
      AddDelta(piece);
      break;
    case Kind::kReasoningSignature:
      Open(Block::kReasoning);
      AddDelta(piece);
      whole_ = true;
      break;
    case Kind::kRedactedReasoning:
      whole_ = true;
      Open(Block::kReasoning);
      AddDelta(piece);
      whole_ = true;
      break;
    case Kind::kToolUse:
      AddStop();
      AddToolStart(piece);
      break;
    case Kind::kToolInput:
      AddDelta(piece);
      break;
  }
  return {events_.data(), count_};
}

StreamBlocks::Events StreamBlocks::Finish() {
  count_ = 0;
  AddStop();
  open_ = Block::kNone;
  return {events_.data(), count_};
}

// Goes on with the last block, or begins one. Blocks of text and reasoning have no
// contentBlockStart: only those of tools and images have something to say in it.
// spec: bedrock-runtime#ContentBlockStart
void StreamBlocks::Open(Block block) {
  if (open_ == block && !whole_) return;
  AddStop();
  whole_ = false;
  open_ = block;
  ++index_;
  if (block != Block::kText) return;
  gen::ContentBlockDeltaEvent& delta = text_.contentBlockDelta.emplace();
  delta.contentBlockIndex = index_;
  delta.delta.emplace().text.emplace();
}

void StreamBlocks::AddStop() {
  if (open_ == Block::kNone) return;
  stop_.contentBlockStop.emplace().contentBlockIndex = index_;
  Add(stop_);
}

void StreamBlocks::AddToolStart(const runtime::AnswerPiece& piece) {
  open_ = Block::kToolUse;
  gen::ContentBlockStartEvent& start = start_.contentBlockStart.emplace();
  start.contentBlockIndex = ++index_;
  gen::ToolUseBlockStart& use = start.start.emplace().toolUse.emplace();
  use.toolUseId = std::string(piece.text);
  use.name = std::string(piece.name);
  Add(start_);
}

void StreamBlocks::AddCitation(const models::ChatCitation& citation) {
  gen::ContentBlockDeltaEvent& event = other_.contentBlockDelta.emplace();
  event.contentBlockIndex = index_;
  event.delta.reset();
  event.delta.emplace().citation = FromCitationDelta(citation);
  Add(other_);
}

void StreamBlocks::AddDelta(const runtime::AnswerPiece& piece) {
  gen::ContentBlockDeltaEvent& event = other_.contentBlockDelta.emplace();
  event.contentBlockIndex = index_;
  event.delta.reset();
  gen::ContentBlockDelta& delta = event.delta.emplace();
  if (piece.kind == Kind::kToolInput) {
    delta.toolUse.emplace().input = std::string(piece.text);
  } else if (piece.kind == Kind::kReasoning) {
    delta.reasoningContent.emplace().text = std::string(piece.text);
  } else if (piece.kind == Kind::kRedactedReasoning) {
    delta.reasoningContent.emplace().redactedContent = wire::Blob{.bytes = std::string(piece.text)};
  } else {
    delta.reasoningContent.emplace().signature = std::string(piece.text);
  }
  Add(other_);
}

}  // namespace bedplate::services::bedrock_runtime
