// The tool calls of a streamed answer, put together again: for formats whose streams have whole
// calls.
//
// Threads: one stream, one thread.
#pragma once

#include <vector>

#include "models/chat.h"
#include "models/formats/content_blocks.h"

namespace bedplate::models {

class GatheredCalls {
 public:
  // Takes what is a call's of one event, in order; the rest is not its affair.
  void Add(const BlockEvent& event) {
    if (event.block != BlockKind::kToolCall) return;
    if (event.kind == BlockEvent::Kind::kStart) {
      calls_.push_back({.id = event.call_id, .name = std::string(event.call_name)});
    } else if (event.kind == BlockEvent::Kind::kDelta) {
      calls_.back().arguments += event.text;
    }
  }

  const std::vector<ChatToolCall>& calls() const { return calls_; }

 private:
  std::vector<ChatToolCall> calls_;
};

}  // namespace bedplate::models
