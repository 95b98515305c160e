#include <utility>

#include "bedrock_runtime/ops/CountTokens.h"
#include "services/bedrock_runtime/conversation.h"
#include "services/bedrock_runtime/service.h"
#include "services/model_choice.h"

namespace bedplate::services::bedrock_runtime {

net::Task<Result<gen::CountTokensResponse>> BedrockRuntime::CountTokens(
    const wire::Call& call, gen::CountTokensRequest input) {
  auto choice = FindModel(directory_, call, *input.modelId);
  if (!choice) co_return std::unexpected(std::move(choice.error()));
  // Which tokenizer counts shows only with the prompt that a router judges.
  if (choice->router) co_return std::unexpected(models::UnknownModel(*input.modelId));
  Result<int64_t> count;
  if (input.input->converse) {
    auto conversation = ToPrompt(*input.input->converse);
    if (!conversation) co_return std::unexpected(std::move(conversation.error()));
    count = co_await converser_.CountTokens(std::move(choice->model), std::move(*conversation));
  } else if (input.input->invokeModel) {
    count =
        co_await invoker_.CountTokens({.model = std::move(choice->model),
                                       .model_as_asked = std::move(*input.modelId),
                                       .body = std::move(input.input->invokeModel->body->bytes)});
  } else {
    co_return Fail(Fault::kValidation,
                   "The input field has neither converse nor invokeModel. Set one and try again.");
  }
  if (!count) co_return std::unexpected(std::move(count.error()));
  gen::CountTokensResponse response;
  response.inputTokens = static_cast<int32_t>(*count);
  co_return response;
}

}  // namespace bedplate::services::bedrock_runtime
