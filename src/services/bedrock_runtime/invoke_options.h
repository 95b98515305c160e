// The headers that InvokeModel and InvokeModelWithResponseStream share.
#pragma once

#include "base/result.h"
#include "services/bedrock_runtime/options.h"

namespace bedplate::services::bedrock_runtime {

inline constexpr const char* kJsonMediaType = "application/json";

// `Request` is the input of either. kValidation for what is not there or not as it should be.
template <class Request>
Result<void> CheckInvokeOptions(const Request& input) {
  Result<void> ok = CheckMediaType("Content-Type", input.contentType);
  if (ok) ok = CheckMediaType("Accept", input.accept);
  if (ok) ok = CheckGuardrail(*input.guardrailIdentifier, *input.guardrailVersion);
  if (ok && input.performanceConfigLatency) ok = CheckLatency(*input.performanceConfigLatency);
  if (ok && input.serviceTier) ok = CheckServiceTier(*input.serviceTier);
  if (ok && input.requestMetadata) ok = CheckRequestMetadata(*input.requestMetadata);
  return ok;
}

}  // namespace bedplate::services::bedrock_runtime
