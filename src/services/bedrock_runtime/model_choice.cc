#include "services/bedrock_runtime/model_choice.h"

#include <utility>

#include "runtime/routing/route_prompt.h"

namespace bedplate::services::bedrock_runtime {

Result<ModelChoice> FindModel(const models::ModelDirectory& directory, const models::Scope& scope,
                              const std::string& model_id) {
  if (auto router = directory.FindRouter(model_id, scope)) {
    return ModelChoice{.router = std::move(*router)};
  }
  auto model = directory.Resolve(model_id, scope);
  if (!model) return std::unexpected(std::move(model.error()));
  return ModelChoice{.model = std::move(*model)};
}

Result<void> Settle(const models::ModelDirectory& directory, const models::Scope& scope,
                    std::string_view prompt, ModelChoice& choice) {
  if (!choice.router) return {};
  auto routed = runtime::RoutePrompt(directory, *choice.router, scope, prompt);
  if (!routed) return std::unexpected(std::move(routed.error()));
  choice.model = std::move(routed->model);
  choice.routed_to = std::move(routed->model_arn);
  return {};
}

}  // namespace bedplate::services::bedrock_runtime
