// What an answer of Amazon Bedrock's says that it used, read as it passes. Nothing where it says
// none, or what can't be.
//
// Threads: pure functions.
// spec: bedrock-runtime#TokenUsage,
// https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring.html
#pragma once

#include <optional>
#include <string_view>

#include "net/http.h"
#include "runtime/conversation.h"

namespace bedplate::services::bedrock_runtime {

// Of Converse: the member `usage`.
std::optional<runtime::TokenUsage> UsageOfAnswer(std::string_view body);
// Of InvokeModel: X-Amzn-Bedrock-*-Token-Count.
std::optional<runtime::TokenUsage> UsageOfHeaders(const net::Headers& headers);
// Of the last frame of a stream: ConverseStream's `metadata`, or the chunk of
// InvokeModelWithResponseStream with `amazon-bedrock-invocationMetrics`.
std::optional<runtime::TokenUsage> UsageOfFrame(std::string_view frame);

}  // namespace bedplate::services::bedrock_runtime
