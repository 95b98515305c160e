// What Converse and ConverseStream say when an answer is complete, from the domain to wire types.
//
// Threads: pure functions.
#pragma once

#include "bedrock_runtime/shapes/CacheDetail.h"
#include "bedrock_runtime/shapes/CacheTTL.h"
#include "bedrock_runtime/shapes/StopReason.h"
#include "bedrock_runtime/shapes/TokenUsage.h"
#include "runtime/conversation.h"

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
  const auto detail = [&](gen::CacheTTL ttl, int64_t tokens) {
    if (tokens == 0) return;
    if (!result.cacheDetails) result.cacheDetails.emplace();
    gen::CacheDetail& added = result.cacheDetails->emplace_back();
    added.ttl = ttl;
    added.inputTokens = static_cast<int32_t>(tokens);
  };
  detail(gen::CacheTTL::k1h, usage.cache_write_long_tokens);
  detail(gen::CacheTTL::k5m, usage.cache_write_tokens - usage.cache_write_long_tokens);
  return result;
}

}  // namespace bedplate::services::bedrock_runtime
