#include "runtime/outcome.h"

#include <chrono>

#include "base/json/writer.h"

namespace bedplate::runtime {

StopReason ToStopReason(const AnswerEnd& end, const models::ChatUsage& usage,
                        std::optional<int> tokens_max, const models::ServerFacts& facts) {
  switch (end.finish) {
    case models::FinishReason::kContentFilter:
      return StopReason::kContentFiltered;
    case models::FinishReason::kMalformedToolCall:
      return StopReason::kMalformedToolUse;
    case models::FinishReason::kLength: {
      // A call that was cut is no malformed one.
      if (tokens_max && usage.completion_tokens >= *tokens_max) return StopReason::kMaxTokens;
      const bool full = facts.context_tokens > 0 &&
                        usage.prompt_tokens + usage.completion_tokens >= facts.context_tokens;
      return full ? StopReason::kContextWindowExceeded : StopReason::kMaxTokens;
    }
    case models::FinishReason::kStop:
    case models::FinishReason::kStopSequence:
    case models::FinishReason::kToolCalls:
      break;
  }
  if (end.malformed_tool_use) return StopReason::kMalformedToolUse;
  // Servers say "stop" too after a call that was forced.
  if (end.any_tool_use) return StopReason::kToolUse;
  // There was a call, the server says, and it handed none on.
  if (end.finish == models::FinishReason::kToolCalls) return StopReason::kMalformedToolUse;
  const bool by_sequence = end.finish == models::FinishReason::kStopSequence;
  return by_sequence ? StopReason::kStopSequence : StopReason::kEndTurn;
}

std::string StopSequenceField(const models::ChatFinish& finish) {
  std::string field;
  json::Writer writer(field);
  writer.BeginObject();
  if (finish.reason == models::FinishReason::kStopSequence) {
    writer.Key("stop_sequence");
    writer.String(finish.stop_sequence);
  }
  writer.EndObject();
  return field;
}

TokenUsage ToUsage(const models::ChatUsage& usage) {
  return {.input_tokens = usage.InputTokens(),
          .output_tokens = usage.completion_tokens,
          .cache_read_tokens = usage.cache_read_tokens,
          .cache_write_tokens = usage.cache_write_tokens,
          .cache_write_long_tokens = usage.cache_write_long_tokens};
}

int64_t MillisecondsSince(MonotonicTime started, const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.Monotonic() - started).count();
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

}  // namespace bedplate::runtime
