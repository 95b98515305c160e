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

// The model of that name, in any form that other operations take. kNotFound when there is none;
// kAccessDenied as ModelDirectory::Resolve.
Result<models::ModelPtr> FindFacadeModel(const models::ModelDirectory& directory,
                                         const std::string& name, const models::Scope& scope);

}  // namespace bedplate::runtime
