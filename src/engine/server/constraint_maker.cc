#include "engine/server/constraint_maker.h"

#include <string>
#include <utility>

#include "engine/grammar/grammar_constraint.h"
#include "engine/llamacpp/grammar_reader.h"

namespace bedplate::engine {

std::shared_ptr<const TokenTexts> ConstraintMaker::Texts() const {
  std::call_once(read_, [&] {
    std::vector<TokenTexts::Entry> entries(model_.info().vocabulary_size);
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto token = static_cast<TokenId>(i);
      TokenTexts::Entry& entry = entries[i];
      entry.ends = model_.EndsGeneration(token);
      model_.AppendPiece(token, entry.text);
      if (!entry.text.empty()) continue;
      entry.control = true;
      model_.AppendControlText(token, entry.text);
    }
    texts_ = std::make_shared<TokenTexts>(std::move(entries));
  });
  return texts_;
}

std::vector<TokenId> ConstraintMaker::Shown(const AnswerPlan& plan) const {
  std::vector<TokenId> shown;
  for (const std::string& text : plan.shown) {
    const auto tokens = model_.Tokenize(text, SpecialTokens::kParsed, /*add_special=*/false);
    // Of several tokens it is text like any other.
    if (tokens.size() == 1) shown.push_back(tokens.front());
  }
  return shown;
}

Result<std::shared_ptr<TokenConstraint>> ConstraintMaker::Make(const AnswerPlan& plan) const {
  if (plan.grammar.empty()) return nullptr;
  auto grammar = ReadGrammar(plan.grammar);
  if (!grammar) return std::unexpected(grammar.error());
  if (!plan.or_grammar.empty()) {
    const auto other = ReadGrammar(plan.or_grammar);
    if (!other) return std::unexpected(other.error());
    grammar = std::make_shared<const Grammar>(EitherOf(**grammar, **other));
  }
  auto rule = std::make_shared<GrammarRule>();
  rule->grammar = std::move(*grammar);
  rule->triggers = plan.triggers;
  rule->head = plan.head;
  rule->opening = plan.opening;
  rule->reasoning_start = plan.reasoning_start;
  rule->reasoning_ends = plan.reasoning_ends;
  rule->begins_in_reasoning = plan.begins_in_reasoning;
  rule->shown = Shown(plan);
  auto constraint = std::make_shared<GrammarConstraint>(std::move(rule), Texts());
  if (!constraint->possible()) {
    return Fail(Fault::kValidation,
                "no answer can be held to the schema: it refers to itself before anything else, "
                "allows too much at once, or the assistant's message that it goes on from is not "
                "of it");
  }
  return constraint;
}

}  // namespace bedplate::engine
