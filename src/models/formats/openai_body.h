// What the formats that hand OpenAI's bodies on have in common.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/formats/native_format.h"

namespace bedplate::models {

// The server's answer or chunk under another name for the model, without the members that are our
// own (models/protocol/chat_response.h), with `metrics` where there are some. `json` was read
// before.
std::string UnderModelName(std::string_view json, std::string_view model,
                           const std::optional<InvocationMetrics>& metrics);

// The same without its usage; empty when the chunk was there for its usage alone.
std::string UnderModelNameWithoutUsage(std::string_view json, std::string_view model);

}  // namespace bedplate::models
