#include "bedrock_runtime/ops/Converse.h"

#include <utility>
#include <vector>

#include "models/citations/answer_citer.h"
#include "runtime/routing/prompt_text.h"
#include "services/bedrock_runtime/citations.h"
#include "services/bedrock_runtime/conversation.h"
#include "services/bedrock_runtime/outcome.h"
#include "services/bedrock_runtime/service.h"
#include "services/model_choice.h"

namespace bedplate::services::bedrock_runtime {
namespace {

// Takes the blocks out of `answer`. Those with nothing in them are left out: Converse would refuse
// them as a part of the next request.
std::vector<gen::ContentBlock> TakeContent(runtime::Answer& answer) {
  std::vector<gen::ContentBlock> content;
  for (runtime::ReasoningBlock& block : answer.reasoning) {
    gen::ReasoningContentBlock& reasoning = content.emplace_back().reasoningContent.emplace();
    if (!block.redacted.empty()) {
      reasoning.redactedContent = wire::Blob{.bytes = std::move(block.redacted)};
      continue;
    }
    gen::ReasoningTextBlock& text = reasoning.reasoningText.emplace();
    text.text = std::move(block.text);
    if (!block.signature.empty()) text.signature = std::move(block.signature);
  }
  if (answer.cited.empty() && !answer.text.empty()) {
    content.emplace_back().text = std::move(answer.text);
  } else {
    for (const models::CitedPiece& piece : models::CutAtCitations(answer.text, answer.cited)) {
      if (piece.citations == nullptr) {
        content.emplace_back().text = std::string(piece.text);
      } else {
        content.emplace_back().citationsContent = FromCitedText(piece.text, *piece.citations);
      }
    }
  }
  for (runtime::ToolUseBlock& use : answer.tool_uses) {
    content.emplace_back().toolUse = FromToolUse(std::move(use));
  }
  return content;
}

gen::ConverseResponse ToResponse(runtime::Answer&& answer, gen::ConverseRequest& input) {
  gen::ConverseResponse response;
  gen::Message& message = response.output.emplace().message.emplace();
  message.role = gen::ConversationRole::kAssistant;
  message.content = TakeContent(answer);
  runtime::Outcome& outcome = answer.outcome;
  response.stopReason = ToStopReason(outcome.stop_reason);
  response.usage = ToTokenUsage(outcome.usage);
  response.metrics.emplace().latencyMs = outcome.latency_ms;
  if (!outcome.additional_response_fields.empty()) {
    response.additionalModelResponseFields =
        wire::Document::FromValidJson(std::move(outcome.additional_response_fields));
  }
  response.performanceConfig = std::move(input.performanceConfig);
  if (input.serviceTier) {
    response.serviceTier.emplace().type = FromServiceTier(outcome.service_tier);
  }
  return response;
}

}  // namespace

net::Task<Result<gen::ConverseResponse>> BedrockRuntime::Converse(const wire::Call& call,
                                                                  gen::ConverseRequest input) {
  ModelChoice chosen;
  // What is only needed to ask stays out of this coroutine's frame (wire/invoke.h says why).
  const auto ask = [&]() -> Result<net::Task<Result<runtime::Answer>>> {
    auto choice = FindModel(directory_, call, *input.modelId);
    if (!choice) return std::unexpected(std::move(choice.error()));
    auto conversation = ToConversation(input);
    if (!conversation) return std::unexpected(std::move(conversation.error()));
    auto settled = Settle(directory_, call, runtime::PromptText(*conversation), *choice);
    if (!settled) return std::unexpected(std::move(settled.error()));
    chosen = std::move(*choice);
    return converser_.Converse(chosen.model, std::move(*conversation));
  };
  auto asked = ask();
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  auto answer = co_await std::move(*asked);
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  Count(meter_, call, chosen.NameOr(*input.modelId), *chosen.model, answer->outcome.usage);
  auto response = ToResponse(std::move(*answer), input);
  if (!chosen.routed_to.empty()) {
    response.trace.emplace().promptRouter.emplace().invokedModelId = std::move(chosen.routed_to);
  }
  co_return response;
}

}  // namespace bedplate::services::bedrock_runtime
