#include <string>
#include <utility>

#include "bedrock_runtime/ops/InvokeModel.h"
#include "runtime/routing/prompt_text.h"
#include "services/bedrock_runtime/invoke_options.h"
#include "services/bedrock_runtime/service.h"
#include "services/model_choice.h"

namespace bedplate::services::bedrock_runtime {
namespace {

// spec: the user guide's "Monitoring InvokeModel": the counts are headers, as bodies differ.
void AddCounts(const wire::Call& call, const runtime::NativeAnswer& answer) {
  auto add = [&](const char* name, int64_t value) {
    call.response_headers.emplace_back(name, std::to_string(value));
  };
  add("X-Amzn-Bedrock-Invocation-Latency", answer.latency_ms);
  const runtime::TokenUsage& usage = answer.usage;
  add("X-Amzn-Bedrock-Input-Token-Count", usage.input_tokens);
  if (answer.is_text) add("X-Amzn-Bedrock-Output-Token-Count", usage.output_tokens);
  if (usage.cache_read_tokens + usage.cache_write_tokens == 0) return;
  add("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", usage.cache_read_tokens);
  add("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", usage.cache_write_tokens);
}

}  // namespace

net::Task<Result<gen::InvokeModelResponse>> BedrockRuntime::InvokeModel(
    const wire::Call& call, gen::InvokeModelRequest input) {
  auto choice = FindModel(directory_, call, *input.modelId);
  if (!choice) co_return std::unexpected(std::move(choice.error()));
  if (auto ok = CheckInvokeOptions(input); !ok) co_return std::unexpected(std::move(ok.error()));
  auto tier = TierOf(input);
  if (!tier) co_return std::unexpected(std::move(tier.error()));
  if (choice->router) {
    auto settled = Settle(directory_, call, runtime::PromptTextOfBody(input.body->bytes), *choice);
    if (!settled) co_return std::unexpected(std::move(settled.error()));
  }
  auto answer = co_await invoker_.Invoke({.model = choice->model,
                                          .model_as_asked = *input.modelId,
                                          .body = std::move(input.body->bytes),
                                          .service_tier = std::move(*tier)});
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  AddCounts(call, *answer);
  Count(meter_, call, choice->NameOr(*input.modelId), *choice->model, answer->usage);
  gen::InvokeModelResponse response;
  response.body = wire::Blob{.bytes = std::move(answer->body)};
  response.contentType = std::string(kJsonMediaType);
  response.performanceConfigLatency = std::move(input.performanceConfigLatency);
  if (input.serviceTier) response.serviceTier = FromServiceTier(answer->service_tier);
  co_return response;
}

}  // namespace bedplate::services::bedrock_runtime
