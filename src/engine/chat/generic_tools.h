// Tools for models whose template knows none: they are described in the system message, calls and
// results are written into messages.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/chat/answer_form.h"
#include "engine/chat/answer_plan.h"
#include "engine/chat/message.h"

namespace bedplate::engine {

// The conversation with nothing but texts in it.
std::vector<ChatMessage> WithToolsInText(std::span<const ChatMessage> messages,
                                         const AnswerForm& form);

// How calls are made that WithToolsInText has described. kValidation when no grammar can be made
// of the tools' schemas.
Result<AnswerPlan> GenericToolPlan(const AnswerForm& form);

// Where the model is free to call, calls without marks around them are read too.
void ReadUnmarkedCallsToo(AnswerSyntax& syntax, const AnswerForm& form);

// Only these of the tools may be called.
std::vector<const Tool*> CallableTools(const AnswerForm& form);

}  // namespace bedplate::engine
