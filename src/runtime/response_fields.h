// additionalModelResponseFields: what a caller wants to see of the model's own answer, by JSON
// pointers.
//
// Threads: pure functions.
// spec: bedrock-runtime#ConverseRequest$additionalModelResponseFieldPaths, RFC 6901
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::runtime {

// kValidation naming the first pointer that is none, or is empty.
Result<void> CheckFieldPaths(const std::vector<std::string>& paths);

// A JSON object in which each path that is found in one of `answers` (JSON texts, the first that
// has it wins) leads to its value; elements of arrays stand under their index. Empty when none is
// found. `paths` were checked.
std::string SelectFields(const std::vector<std::string>& paths,
                         std::span<const std::string_view> answers);

}  // namespace bedplate::runtime
