// The members that Converse, ConverseStream and CountTokens share, from wire types to a
// runtime::Conversation.
//
// Errors: kValidation, as content.h and options.h. Threads: pure functions.
#pragma once

#include <utility>

#include "base/result.h"
#include "runtime/conversation.h"
#include "services/bedrock_runtime/content.h"
#include "services/bedrock_runtime/options.h"
#include "services/bedrock_runtime/tools.h"

namespace bedplate::services::bedrock_runtime {

// `Request` has messages, system, toolConfig and additionalModelRequestFields.
template <class Request>
Result<runtime::Conversation> ToPrompt(Request& input) {
  runtime::Conversation conversation;
  if (input.toolConfig) {
    auto taken = TakeToolConfig(std::move(*input.toolConfig), conversation);
    if (!taken) return std::unexpected(std::move(taken.error()));
  }
  auto messages = ToMessages(std::move(*input.messages));
  if (!messages) return std::unexpected(std::move(messages.error()));
  conversation.messages = std::move(*messages);
  if (input.system) {
    auto system = ToSystem(std::move(*input.system));
    if (!system) return std::unexpected(std::move(system.error()));
    conversation.system = std::move(*system);
  }
  if (input.additionalModelRequestFields) {
    auto fields = ToRawMembers(*input.additionalModelRequestFields, "additionalModelRequestFields");
    if (!fields) return std::unexpected(std::move(fields.error()));
    conversation.additional_fields = std::move(*fields);
  }
  return conversation;
}

// `Request` is ConverseRequest or ConverseStreamRequest. promptVariables are left alone: they
// belong to prompt resources, which no model id here names. spec:
// bedrock-runtime#ConverseRequest$promptVariables ("ignored if you don't specify a prompt resource
// in the modelId field")
template <class Request>
Result<runtime::Conversation> ToConversation(Request& input) {
  Result<void> ok;
  if (input.guardrailConfig) {
    ok = CheckGuardrail(*input.guardrailConfig->guardrailIdentifier,
                        *input.guardrailConfig->guardrailVersion);
  }
  if (ok && input.performanceConfig && input.performanceConfig->latency) {
    ok = CheckLatency(*input.performanceConfig->latency);
  }
  if (!ok) return std::unexpected(std::move(ok.error()));

  auto conversation = ToPrompt(input);
  if (!conversation) return conversation;
  if (input.serviceTier) {
    auto tier = ToServiceTier(*input.serviceTier->type, "serviceTier.type");
    if (!tier) return std::unexpected(std::move(tier.error()));
    conversation->service_tier = std::move(*tier);
  }
  if (input.outputConfig && input.outputConfig->effort) {
    auto effort = ToEffort(*input.outputConfig->effort);
    if (!effort) return std::unexpected(std::move(effort.error()));
    conversation->effort = std::move(*effort);
  }
  if (input.outputConfig) {
    auto schema = ToOutputSchema(std::move(*input.outputConfig));
    if (!schema) return std::unexpected(std::move(schema.error()));
    conversation->output_schema = std::move(*schema);
  }
  if (input.inferenceConfig) {
    auto& config = *input.inferenceConfig;
    runtime::InferenceSettings& settings = conversation->settings;
    if (config.maxTokens) settings.tokens_max = *config.maxTokens;
    if (config.temperature) settings.temperature = *config.temperature;
    if (config.topP) settings.top_p = *config.topP;
    settings.stop_sequences = std::move(*config.stopSequences);
  }
  conversation->response_field_paths = std::move(*input.additionalModelResponseFieldPaths);
  return conversation;
}

}  // namespace bedplate::services::bedrock_runtime
