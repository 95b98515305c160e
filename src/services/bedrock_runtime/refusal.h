// The words in which content is refused that no model here takes, or that is not there yet. All
// name the place.
//
// Threads: pure functions.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace bedplate::services::bedrock_runtime {

inline std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

inline std::unexpected<Error> UnsupportedBlock(std::string_view kind, std::string_view place) {
  return Refuse(
      fmt::format("This model doesn't support the {} content block that you provided at "
                  "{}. Update the content block and try again.",
                  kind, place));
}

inline std::unexpected<Error> UnsupportedField(std::string_view field, std::string_view place) {
  return Refuse(
      fmt::format("This model doesn't support the {} field that you provided at {}. Remove it and "
                  "try again.",
                  field, place));
}

// The type and the words Bedrock answers with.
inline std::unexpected<Error> UnsupportedCachePoint(std::string_view place) {
  return Fail(Fault::kAccessDenied,
              fmt::format("You invoked an unsupported model or your request did not allow prompt "
                          "caching. See the documentation for more information. Remove the "
                          "cachePoint block at {} and try again.",
                          place));
}

}  // namespace bedplate::services::bedrock_runtime
