#include <string_view>
#include <utility>

#include "bedrock_runtime/ops/ConverseStream.h"
#include "services/bedrock_runtime/conversation.h"
#include "services/bedrock_runtime/outcome.h"
#include "services/bedrock_runtime/service.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using Event = gen::ConverseStreamOutput;

Event MessageStart() {
  Event event;
  event.messageStart.emplace().role = gen::ConversationRole::kAssistant;
  return event;
}

// A text block has no contentBlockStart: only tool and image blocks have something to say in it.
// spec: bedrock-runtime#ContentBlockStart
Event EmptyTextDelta() {
  Event event;
  gen::ContentBlockDeltaEvent& delta = event.contentBlockDelta.emplace();
  delta.contentBlockIndex = 0;
  delta.delta.emplace().text.emplace();
  return event;
}

Event ContentBlockStop() {
  Event event;
  event.contentBlockStop.emplace().contentBlockIndex = 0;
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

Event Metadata(const runtime::Outcome& outcome, gen::ConverseStreamRequest& input) {
  Event event;
  gen::ConverseStreamMetadataEvent& metadata = event.metadata.emplace();
  metadata.usage = ToTokenUsage(outcome.usage);
  metadata.metrics.emplace().latencyMs = outcome.latency_ms;
  metadata.performanceConfig = std::move(input.performanceConfig);
  metadata.serviceTier = std::move(input.serviceTier);
  return event;
}

}  // namespace

net::Task<Result<void>> BedrockRuntime::ConverseStream(const wire::Call& call,
                                                       gen::ConverseStreamRequest input,
                                                       gen::ConverseStreamSink& sink) {
  auto model = Resolve(call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  auto conversation = ToConversation(input);
  if (!conversation) co_return std::unexpected(std::move(conversation.error()));
  auto stream = co_await converser_.ConverseStream(std::move(*model), std::move(*conversation));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  // The first piece is awaited before anything is sent, so that a model that fails at once is an
  // ordinary error.
  auto text = co_await stream->Next();
  if (!text) co_return std::unexpected(std::move(text.error()));
  if (auto sent = co_await sink.Emit(MessageStart()); !sent) co_return sent;
  if (*text) {
    Event delta = EmptyTextDelta();  // one event for all pieces
    std::string& delta_text = *delta.contentBlockDelta->delta->text;
    while (*text) {
      delta_text = **text;
      auto sent = sink.TryEmit(delta);
      if (!sent) sent = co_await sink.Emit(delta);
      if (!*sent) co_return std::move(*sent);
      if (auto ready = stream->TryNext()) {
        text = std::move(*ready);
      } else {
        text = co_await stream->Next();
      }
      if (!text) co_return std::unexpected(std::move(text.error()));
    }
    if (auto sent = co_await sink.Emit(ContentBlockStop()); !sent) co_return sent;
  }
  const runtime::Outcome& outcome = stream->outcome();
  if (auto sent = co_await sink.Emit(MessageStop(outcome)); !sent) co_return sent;
  if (auto sent = co_await sink.Emit(Metadata(outcome, input)); !sent) co_return sent;
  co_await stream->Finish();
  co_return Result<void>();
}

}  // namespace bedplate::services::bedrock_runtime
