// Log probabilities: how likely the model itself found a token, and which others it found likelier.
// They are the log-softmax of the logits as the model computed them, before penalties, temperature
// and every cut.
//
// Pure; a minus infinity or not a number has no probability, and is not shown.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/sampling/logits.h"
#include "engine/text/token.h"

namespace bedplate::engine {

struct TokenLogProbability {
  TokenId token = 0;
  float log_probability = 0;  // natural, at most 0
};

// Of one step of an answer.
struct StepLogProbabilities {
  TokenLogProbability chosen{};
  std::vector<TokenLogProbability> top{};  // the likeliest tokens, the likeliest first
};

// Memory for the above: the row as it was before sampling changed it, and what is worked out of it.
struct LogProbabilityScratch {
  std::vector<float> logits{};
  std::vector<float> weights{};
  std::vector<Candidate> candidates{};
};

// Of `scratch.logits`, in which `chosen` is a number; `top_count` tokens beside it, or fewer where
// the vocabulary has fewer. Of equally likely tokens the lower id comes first.
StepLogProbabilities LogProbabilitiesOf(TokenId chosen, size_t top_count,
                                        LogProbabilityScratch& scratch);

}  // namespace bedplate::engine
