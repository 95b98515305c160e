// What a request may ask for beside its content: guardrails, latency, service tier, the form of
// the answer, metadata. Each
// is done or refused by name; nothing is dropped in silence.
//
// Errors: kValidation. Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bedrock_runtime/shapes/OutputConfig.h"
#include "bedrock_runtime/shapes/PerformanceConfigLatency.h"
#include "bedrock_runtime/shapes/ServiceTierType.h"
#include "models/chat.h"
#include "wire/types.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

// No guardrail exists on this server yet, so each that is named does not.
Result<void> CheckGuardrail(std::string_view identifier, std::string_view version);

// Only "standard": there is one way to run a model here.
Result<void> CheckLatency(const wire::OpenEnum<gen::PerformanceConfigLatency>& latency);

// "default", "priority" or "flex". kValidation for any other, which `place` names: nothing is
// reserved here.
Result<std::string> ToServiceTier(const wire::OpenEnum<gen::ServiceTierType>& tier,
                                  std::string_view place);
// The tier that served by its server's word; a server that has none or is silent served as any.
gen::ServiceTierType FromServiceTier(std::string_view served);

// "low" to "max", as sent. Whether a model has an effort is for its server to say.
Result<std::string> ToEffort(std::string_view effort);

// textFormat's schema, or nothing where there is none.
Result<std::optional<models::ChatOutputSchema>> ToOutputSchema(gen::OutputConfig&& config);

// The members of a JSON object, each value as its raw text. `field` is named when it is none.
using RawMembers = std::vector<std::pair<std::string, std::string>>;
Result<RawMembers> ToRawMembers(const wire::Document& document, std::string_view field);

// X-Amzn-Bedrock-Request-Metadata: held to the limits of Converse's requestMetadata.
// spec: bedrock-runtime#RequestMetadata
Result<void> CheckRequestMetadata(std::string_view json);

// A native body is JSON, whatever a client calls it when it was not told: an AWS SDK sends
// "application/octet-stream".
Result<void> CheckMediaType(std::string_view header, const wire::Opt<std::string>& value);

}  // namespace bedplate::services::bedrock_runtime
