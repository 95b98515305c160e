// Which of a prompt router's two models answers a prompt.
//
// The stronger one where the prompt's difficulty (prompt_judge.h) is above the router's
// responseQualityDifference, else the other. Which is the stronger: of two models with weights on
// this machine the one with the larger file; else of two that the catalog has prices of, the
// dearer; else the fallback. The fallback answers what can't be judged, and what the other can't be
// used for.
//
// Errors: those of ModelDirectory::Resolve for the fallback. Threads: any; asks the file system for
// the sizes of two files.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-routing.html
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/directory.h"
#include "models/prompt_router.h"

namespace bedplate::runtime {

struct RoutedPrompt {
  models::ModelPtr model{};
  std::string model_arn{};  // as the router names it
};

Result<RoutedPrompt> RoutePrompt(const models::ModelDirectory& directory,
                                 const models::PromptRouter& router, const models::Scope& scope,
                                 std::string_view prompt);

}  // namespace bedplate::runtime
