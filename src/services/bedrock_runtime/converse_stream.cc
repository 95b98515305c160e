#include <string>
#include <utility>

#include "bedrock_runtime/ops/ConverseStream.h"
#include "runtime/routing/prompt_text.h"
#include "services/bedrock_runtime/conversation.h"
#include "services/bedrock_runtime/outcome.h"
#include "services/bedrock_runtime/service.h"
#include "services/bedrock_runtime/stream_blocks.h"
#include "services/model_choice.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using Event = gen::ConverseStreamOutput;

Event MessageStart() {
  Event event;
  event.messageStart.emplace().role = gen::ConversationRole::kAssistant;
  return event;
}

Event MessageStop(const runtime::Outcome& outcome) {
  Event event;
  gen::MessageStopEvent& stop = event.messageStop.emplace();
  stop.stopReason = ToStopReason(outcome.stop_reason);
  if (!outcome.additional_response_fields.empty()) {
    stop.additionalModelResponseFields =
        wire::Document::FromValidJson(outcome.additional_response_fields);
  }
  return event;
}

Event Metadata(const runtime::Outcome& outcome, gen::ConverseStreamRequest& input,
               const std::string& routed_to) {
  Event event;
  gen::ConverseStreamMetadataEvent& metadata = event.metadata.emplace();
  metadata.usage = ToTokenUsage(outcome.usage);
  metadata.metrics.emplace().latencyMs = outcome.latency_ms;
  if (!routed_to.empty()) {
    metadata.trace.emplace().promptRouter.emplace().invokedModelId = routed_to;
  }
  metadata.performanceConfig = std::move(input.performanceConfig);
  if (input.serviceTier) {
    metadata.serviceTier.emplace().type = FromServiceTier(outcome.service_tier);
  }
  return event;
}

}  // namespace

net::Task<Result<void>> BedrockRuntime::ConverseStream(const wire::Call& call,
                                                       gen::ConverseStreamRequest input,
                                                       gen::ConverseStreamSink& sink) {
  auto choice = FindModel(directory_, call, *input.modelId);
  if (!choice) co_return std::unexpected(std::move(choice.error()));
  auto conversation = ToConversation(input);
  if (!conversation) co_return std::unexpected(std::move(conversation.error()));
  auto settled = Settle(directory_, call, runtime::PromptText(*conversation), *choice);
  if (!settled) co_return std::unexpected(std::move(settled.error()));
  auto stream = co_await converser_.ConverseStream(choice->model, std::move(*conversation));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  // The first piece is awaited before anything is sent, so that a model that fails at once is an
  // ordinary error.
  auto piece = co_await stream->Next();
  if (!piece) co_return std::unexpected(std::move(piece.error()));
  if (auto sent = co_await sink.Emit(MessageStart()); !sent) co_return sent;
  StreamBlocks blocks;
  while (*piece) {
    for (const Event* event : blocks.Take(**piece)) {
      auto sent = sink.TryEmit(*event);
      if (!sent) sent = co_await sink.Emit(*event);
      if (!*sent) co_return std::move(*sent);
    }
    if (auto ready = stream->TryNext()) {
      piece = std::move(*ready);
    } else {
      piece = co_await stream->Next();
    }
    if (!piece) co_return std::unexpected(std::move(piece.error()));
  }
  for (const Event* event : blocks.Finish()) {
    if (auto sent = co_await sink.Emit(*event); !sent) co_return sent;
  }
  const runtime::Outcome& outcome = stream->outcome();
  Count(meter_, call, choice->NameOr(*input.modelId), *choice->model, outcome.usage);
  if (auto sent = co_await sink.Emit(MessageStop(outcome)); !sent) co_return sent;
  if (auto sent = co_await sink.Emit(Metadata(outcome, input, choice->routed_to)); !sent)
    co_return sent;
  co_await stream->Finish();
  co_return Result<void>();
}

}  // namespace bedplate::services::bedrock_runtime
