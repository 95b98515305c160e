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

}  // namespace bedplate::services::bedrock_runtime
