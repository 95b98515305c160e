// What Converse and ConverseStream say when an answer is complete, from the domain to wire types.
//
// Threads: pure functions.
#pragma once

#include "bedrock_runtime/shapes/StopReason.h"
#include "bedrock_runtime/shapes/TokenUsage.h"
#include "runtime/conversation.h"
#include "runtime/usage_ledger.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

inline gen::StopReason ToStopReason(runtime::StopReason reason) {
  switch (reason) {
    case runtime::StopReason::kEndTurn:
      return gen::StopReason::kEndTurn;
    case runtime::StopReason::kToolUse:
      return gen::StopReason::kToolUse;
    case runtime::StopReason::kMalformedToolUse:
      return gen::StopReason::kMalformedToolUse;
    case runtime::StopReason::kMaxTokens:
      return gen::StopReason::kMaxTokens;
    case runtime::StopReason::kStopSequence:
      return gen::StopReason::kStopSequence;
    case runtime::StopReason::kContentFiltered:
      return gen::StopReason::kContentFiltered;
    case runtime::StopReason::kContextWindowExceeded:
      return gen::StopReason::kModelContextWindowExceeded;
  }
  return gen::StopReason::kUnrecognized;
}

inline gen::TokenUsage ToTokenUsage(const runtime::TokenUsage& usage) {
  gen::TokenUsage result;
  result.inputTokens = static_cast<int32_t>(usage.input_tokens);
  result.outputTokens = static_cast<int32_t>(usage.output_tokens);
  result.totalTokens = static_cast<int32_t>(usage.Total());
  result.cacheReadInputTokens = static_cast<int32_t>(usage.cache_read_tokens);
  result.cacheWriteInputTokens = static_cast<int32_t>(usage.cache_write_tokens);
  return result;
}

inline runtime::ModelUse ToUse(const models::Model& model, const runtime::TokenUsage& usage) {
  return runtime::UseOf(model, usage.input_tokens, usage.output_tokens,
                        usage.cache_read_tokens + usage.cache_write_tokens);
}

}  // namespace bedplate::services::bedrock_runtime
