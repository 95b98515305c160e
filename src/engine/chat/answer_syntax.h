// What AnswerParser reads an answer by: llama.cpp's parser of a template's answers. For this
// folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "chat.h"

namespace bedplate::engine {

struct AnswerSyntax {
  common_chat_parser_params params;
  // Where calls have no mark: how an answer is read that `params` do not fit, as text.
  std::optional<common_chat_parser_params> text{};
  // Tools whose calls are also read where the model leaves out the marks; of them so many.
  std::vector<std::string> callable{};
  size_t calls_max = 0;
};

}  // namespace bedplate::engine
