// GrammarConstraint: holds an answer to a grammar, from its beginning or from where a text such
// as "<tool_call>" begins.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/grammar/matcher.h"
#include "engine/grammar/token_texts.h"
#include "engine/sampling/constraint.h"

namespace bedplate::engine {

// Immutable, shared by the answers of one request.
struct GrammarRule {
  std::shared_ptr<const Grammar> grammar;
  // Texts such as "<tool_call>" with which the part begins that the grammar describes. None: it
  // describes all of the answer, or, when that begins with reasoning, what is behind.
  std::vector<std::string> triggers{};
  // What an answer begins with that is held to the grammar: parts that may have any space before
  // them, each one of some texts, such as "{", "\"name\"", ":" and "\"add\"" or "\"sum\"". None of
  // a part's texts begins another. The grammar has to take the parts without space. Any other
  // answer is free. Not with triggers; empty for none.
  std::vector<std::vector<std::string>> head{};
  std::string opening{};  // part of the prompt that the grammar describes too
  // What begins and ends reasoning, in which triggers mean nothing; empty when there is none.
  std::string reasoning_start{};
  std::vector<std::string> reasoning_ends{};
  bool begins_in_reasoning = false;
  std::vector<TokenId> shown{};  // control tokens that are part of the text
};

// Not thread-safe.
class GrammarConstraint final : public TokenConstraint {
 public:
  GrammarConstraint(std::shared_ptr<const GrammarRule> rule,
                    std::shared_ptr<const TokenTexts> tokens);

  // Whether there is any answer; false too for a grammar beyond the limits.
  bool possible() const { return !state_.stacks.empty(); }

  bool Allows(TokenId token) override;
  void Mask(std::span<float> logits) override;
  void Accept(TokenId token) override;
  bool exhausted() const override { return matcher_.exhausted(); }

 private:
  enum class Phase : uint8_t { kReasoning, kWaiting, kActive, kFree };
  // Where in the answer's text we are.
  struct Place {
    Phase phase = Phase::kWaiting;
    // Where reasoning began, waiting began, or the grammar begins: with a head, where waiting
    // began.
    size_t from = 0;
  };

  std::string_view TextOf(TokenId token) const;
  bool AllowsText(std::string_view text);
  Place Follow(Place place, size_t old_size) const;
  size_t FindTrigger(size_t from, size_t old_size) const;
  // What the grammar takes of text_ from where it begins.
  std::string HeldText(size_t from) const;
  void AllowBelow(std::span<const TokenId> tokens, size_t depth, const MatchState& state);

  std::shared_ptr<const GrammarRule> rule_;
  std::shared_ptr<const TokenTexts> tokens_;
  Matcher matcher_;
  MatchState state_;  // of the grammar
  Place place_;
  std::string text_;  // of the answer, until the grammar is active
  // What Allows found of the token it allowed last, which is usually the one that comes.
  TokenId checked_ = -1;
  MatchState checked_state_;
  std::vector<bool> allowed_;
};

}  // namespace bedplate::engine
