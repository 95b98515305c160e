// What an error answer of a model's server means to the caller of Bedrock.
//
// Threads: pure functions.
// spec: https://platform.openai.com/docs/guides/error-codes, bedrock-runtime#Converse errors,
// https://docs.anthropic.com/en/api/errors
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace bedplate::models {

// `status` is not 2xx; `body` may be anything. `retry_after` is that header's text, if there is
// one.
Error ReadUpstreamError(int status, std::string_view body,
                        std::optional<std::string_view> retry_after);

// The words Bedrock uses for a prompt beyond the model's context, and what the server said.
Error InputTooLong(std::string_view detail);

}  // namespace bedplate::models
