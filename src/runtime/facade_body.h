// What every body of a facade says (models/formats/facades.h): which model is asked, and whether
// the answer is streamed.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/directory.h"

namespace bedplate::runtime {

struct FacadeBody {
  std::string model{};
  bool stream = false;
};

// kValidation in MalformedInput's words.
Result<FacadeBody> ReadFacadeBody(std::string_view body);

// The model of that name, in any form that other operations take, for `principal_arn` to invoke.
// kNotFound when there is none; kAccessDenied as ModelDirectory::Resolve and CheckPolicies.
Result<models::ModelPtr> FindFacadeModel(const models::ModelDirectory& directory,
                                         const std::string& name, const models::Scope& scope,
                                         const std::string& principal_arn);

}  // namespace bedplate::runtime
