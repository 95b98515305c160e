// The headers that InvokeModel and InvokeModelWithResponseStream share.
#pragma once

#include <string>

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
  if (ok && input.requestMetadata) ok = CheckRequestMetadata(*input.requestMetadata);
  return ok;
}

// Empty where the header is not there.
template <class Request>
Result<std::string> TierOf(const Request& input) {
  if (!input.serviceTier) return std::string();
  return ToServiceTier(*input.serviceTier, "X-Amzn-Bedrock-Service-Tier");
}

}  // namespace bedplate::services::bedrock_runtime
