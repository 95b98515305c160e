// What AnswerParser reads an answer by: llama.cpp's parser of a template's answers. For this
// folder.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "chat.h"

namespace bedplate::engine {

struct AnswerSyntax {
  common_chat_parser_params params;
  // Tools whose calls are also read where the model leaves out the marks; of them so many.
  std::vector<std::string> callable{};
  size_t calls_max = 0;
};

}  // namespace bedplate::engine
