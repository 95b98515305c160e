// AnswerPlan: how the answer to a rendered conversation is held to its form and read.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace bedplate::engine {

struct AnswerSyntax;  // what AnswerParser reads by

struct AnswerPlan {
  std::string grammar{};     // GBNF; empty: the answer is free
  std::string or_grammar{};  // what the answer may be instead, from the same place; empty: nothing
  // As in GrammarRule.
  std::vector<std::string> triggers{};
  std::vector<std::vector<std::string>> head{};
  std::string opening{};
  std::string reasoning_start{};
  std::vector<std::string> reasoning_ends{};
  bool begins_in_reasoning = false;
  std::vector<std::string> shown{};  // texts of control tokens that are part of the answer
  std::vector<std::string> stops{};  // end the answer like the model's own end
  std::shared_ptr<const AnswerSyntax> syntax{};  // null: the answer is text and nothing else
};

}  // namespace bedplate::engine
