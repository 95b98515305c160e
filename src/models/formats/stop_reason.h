// Why an answer stopped, in OpenAI's words, which several families share.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "models/chat.h"

namespace bedplate::models {

// Nothing for a call that could not be read.
inline std::optional<std::string_view> OpenAiStopReason(const ChatFinish& finish,
                                                        bool called = false) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "length";
    case FinishReason::kContentFilter:
      return "content_filter";
    case FinishReason::kMalformedToolCall:
      return std::nullopt;
    case FinishReason::kStop:
    case FinishReason::kStopSequence:
    case FinishReason::kToolCalls:
      break;
  }
  return called ? "tool_calls" : "stop";
}

}  // namespace bedplate::models
