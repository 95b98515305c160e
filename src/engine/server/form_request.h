// The members of a request that say what form its answer is to have.
// spec: https://platform.openai.com/docs/api-reference/chat/create (tools, tool_choice,
// parallel_tool_calls, response_format)
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "engine/chat/answer_form.h"
#include "engine/server/fields.h"

namespace bedplate::engine {

inline constexpr size_t kToolsMax = 128;
inline constexpr size_t kToolNameMax = 64;  // bytes

inline constexpr std::string_view kFormFields[] = {
    "tools",           "tool_choice",          "parallel_tool_calls",
    "response_format", "chat_template_kwargs", "reasoning_effort"};

// kValidation naming member and value.
Result<AnswerForm> ReadAnswerForm(Fields& fields);

}  // namespace bedplate::engine
