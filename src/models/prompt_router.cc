#include "models/prompt_router.h"

#include <fmt/format.h>

#include <algorithm>

namespace bedplate::models {

std::string RouterArn(const Scope& scope, const PromptRouter& router) {
  return fmt::format("arn:aws:bedrock:{}:{}:prompt-router/{}", scope.region, scope.account,
                     router.id);
}

const std::string& OtherThanFallback(const PromptRouter& router) {
  const auto other = std::ranges::find_if(
      router.models, [&](const std::string& arn) { return arn != router.fallback_model; });
  return other == router.models.end() ? router.fallback_model : *other;
}

}  // namespace bedplate::models
