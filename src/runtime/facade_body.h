// What every body of a facade says (models/formats/facades.h): which model is asked, and whether
// the answer is streamed.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::runtime {

struct FacadeBody {
  std::string model{};
  bool stream = false;
};

// kValidation in MalformedInput's words.
Result<FacadeBody> ReadFacadeBody(std::string_view body);

}  // namespace bedplate::runtime
