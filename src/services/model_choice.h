// The model of a request: what its modelId names, or, where that is a prompt router, the one of the
// router's models that the prompt is routed to.
//
// Errors: those of ModelDirectory::Resolve; kAccessDenied for what the caller may not use. Threads:
// pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/directory.h"
#include "models/prompt_router.h"
#include "wire/call.h"

namespace bedplate::services {

struct ModelChoice {
  models::ModelPtr model{};  // null until Settle where there is a router
  std::optional<models::PromptRouter> router{};
  std::string routed_to{};  // the ARN of the model, once a router chose it; else empty

  // What the model that answers was named by.
  const std::string& NameOr(const std::string& model_id) const {
    return routed_to.empty() ? model_id : routed_to;
  }
};

// A router is found before the request is read; which model it means shows with the prompt.
Result<ModelChoice> FindModel(const models::ModelDirectory& directory, const wire::Call& call,
                              const std::string& model_id);
Result<void> Settle(const models::ModelDirectory& directory, const wire::Call& call,
                    std::string_view prompt, ModelChoice& choice);

// The settled choice of a request to a facade, whose body names the model. kNotFound, in the
// facades' words, when there is none of that name.
Result<ModelChoice> FindFacadeModel(const models::ModelDirectory& directory, const wire::Call& call,
                                    const std::string& name, std::string_view body);

}  // namespace bedplate::services
