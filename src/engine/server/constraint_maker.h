// ConstraintMaker: what holds an answer to its form, made of the plan that came with the prompt.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "engine/chat/answer_plan.h"
#include "engine/grammar/token_texts.h"
#include "engine/llamacpp/model.h"
#include "engine/sampling/constraint.h"

namespace bedplate::engine {

// Any thread. The first call of Make takes about 100 ms: it sorts the vocabulary.
class ConstraintMaker {
 public:
  // `model` outlives it.
  explicit ConstraintMaker(const Model& model) : model_(model) {}

  // Null for a plan without a grammar. kValidation when the grammar cannot be followed within the
  // engine's limits.
  Result<std::shared_ptr<TokenConstraint>> Make(const AnswerPlan& plan) const;
  // The control tokens that are part of such an answer's text.
  std::vector<TokenId> Shown(const AnswerPlan& plan) const;

 private:
  std::shared_ptr<const TokenTexts> Texts() const;

  const Model& model_;
  mutable std::once_flag read_;
  mutable std::shared_ptr<const TokenTexts> texts_;
};

}  // namespace bedplate::engine
