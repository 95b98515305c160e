// Why an answer stopped, in Cohere's words.
//
// Threads: pure functions.
// spec: https://docs.cohere.com/reference/chat-v1
#pragma once

#include <optional>
#include <string_view>

#include "models/chat.h"

namespace bedplate::models {

// Nothing for a call that could not be read.
inline std::optional<std::string_view> CohereFinishReason(const ChatFinish& finish) {
  switch (finish.reason) {
    case FinishReason::kLength:
      return "MAX_TOKENS";
    case FinishReason::kContentFilter:
      return "ERROR_TOXIC";
    case FinishReason::kMalformedToolCall:
      return std::nullopt;
    case FinishReason::kStop:
    case FinishReason::kStopSequence:
    case FinishReason::kToolCalls:
      break;
  }
  return "COMPLETE";
}

}  // namespace bedplate::models
