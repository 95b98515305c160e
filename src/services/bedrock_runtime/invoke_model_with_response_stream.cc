#include <string>
#include <utility>

#include "bedrock_runtime/ops/InvokeModelWithResponseStream.h"
#include "runtime/routing/prompt_text.h"
#include "services/bedrock_runtime/invoke_options.h"
#include "services/bedrock_runtime/service.h"
#include "services/model_choice.h"

namespace bedplate::services::bedrock_runtime {

net::Task<Result<void>> BedrockRuntime::InvokeModelWithResponseStream(
    const wire::Call& call, gen::InvokeModelWithResponseStreamRequest input,
    gen::InvokeModelWithResponseStreamSink& sink) {
  auto choice = FindModel(directory_, call, *input.modelId);
  if (!choice) co_return std::unexpected(std::move(choice.error()));
  if (auto ok = CheckInvokeOptions(input); !ok) co_return std::unexpected(std::move(ok.error()));
  auto tier = TierOf(input);
  if (!tier) co_return std::unexpected(std::move(tier.error()));
  if (choice->router) {
    auto settled = Settle(directory_, call, runtime::PromptTextOfBody(input.body->bytes), *choice);
    if (!settled) co_return std::unexpected(std::move(settled.error()));
  }
  auto stream = co_await invoker_.InvokeStream({.model = choice->model,
                                                .model_as_asked = *input.modelId,
                                                .body = std::move(input.body->bytes),
                                                .service_tier = std::move(*tier)});
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  // As ConverseStream: a model that fails at once is an ordinary error.
  auto chunk = co_await stream->Next();
  if (!chunk) co_return std::unexpected(std::move(chunk.error()));
  gen::InvokeModelWithResponseStreamResponse head;
  head.contentType = std::string(kJsonMediaType);
  head.performanceConfigLatency = std::move(input.performanceConfigLatency);
  if (input.serviceTier) head.serviceTier = FromServiceTier(stream->service_tier());
  if (auto sent = co_await sink.Open(head); !sent) co_return sent;
  gen::ResponseStream event;
  while (*chunk) {
    event.chunk.emplace().bytes = wire::Blob{.bytes = std::move(**chunk)};
    if (auto sent = co_await sink.Emit(event); !sent) co_return sent;
    chunk = co_await stream->Next();
    if (!chunk) co_return std::unexpected(std::move(chunk.error()));
  }
  if (const auto usage = stream->usage()) {
    Count(meter_, call, choice->NameOr(*input.modelId), *choice->model, *usage);
  }
  co_await stream->Finish();
  co_return Result<void>();
}

}  // namespace bedplate::services::bedrock_runtime
