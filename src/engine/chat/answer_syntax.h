// What AnswerParser reads an answer by: llama.cpp's parser of a template's answers. For this
// folder.
#pragma once

#include "chat.h"

namespace bedplate::engine {

struct AnswerSyntax {
  common_chat_parser_params params;
};

}  // namespace bedplate::engine
