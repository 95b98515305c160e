// Sampler: chooses the tokens of one answer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/sampling/constraint.h"
#include "engine/sampling/log_probabilities.h"
#include "engine/sampling/logits.h"
#include "engine/sampling/params.h"

namespace bedplate::engine {

// Memory that Sample works in. One for each thread; samplers share it.
struct SamplingScratch {
  std::vector<float> weights;
  std::vector<Candidate> candidates;
  LogProbabilityScratch log_probabilities;  // of answers that ask for them
};

// Bound to one request. Not thread-safe. The same parameters, prompt and logits give the same
// tokens, whatever else the engine does.
class Sampler {
 public:
  // `prompt` is only looked at for repeat_penalty; `suppressed` tokens are never chosen.
  Sampler(const SamplingParams& params, std::span<const TokenId> prompt,
          std::span<const TokenId> suppressed);

  // Tokens drawn, one after the other, before a constraint masks the whole vocabulary. A draw is a
  // pass over all logits; a mask is a few where little is allowed, and where much is, the first
  // draw is rarely refused.
  static constexpr int kDrawsBeforeMask = 4;

  // The next token of the answer, -1 when no logit is a number above minus infinity (of a token
  // that `constraint`, if there is one, allows). Changes `logits` (penalties are applied in place).
  TokenId Sample(std::span<float> logits, SamplingScratch& scratch,
                 TokenConstraint* constraint = nullptr);

 private:
  struct Seen {
    TokenId token;
    uint32_t count_in_answer;
  };

  void ApplyPenalties(std::span<float> logits) const;
  void Remember(TokenId token);
  TokenId Choose(std::span<const float> logits, SamplingScratch& scratch);
  TokenId ChooseAllowed(std::span<float> logits, SamplingScratch& scratch,
                        TokenConstraint& constraint);
  TokenId Draw(std::span<const float> logits, float largest, SamplingScratch& scratch);
  TokenId DrawFromCandidates(std::vector<Candidate>& candidates, double total);
  double NextUniform();

  SamplingParams params_;
  bool penalizes_;
  std::vector<TokenId> suppressed_;
  std::vector<Seen> seen_;  // sorted by token
  uint64_t draws_ = 0;
};

}  // namespace bedplate::engine
