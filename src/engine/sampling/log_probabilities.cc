#include "engine/sampling/log_probabilities.h"

#include <algorithm>
#include <cmath>

namespace bedplate::engine {

StepLogProbabilities LogProbabilitiesOf(TokenId chosen, size_t top_count,
                                        LogProbabilityScratch& scratch) {
  const std::vector<float>& logits = scratch.logits;
  const float largest = FindLargest(logits).logit;
  scratch.weights.resize(logits.size());
  const double log_total = std::log(ExponentialWeights(logits, largest, 1.0F, scratch.weights));
  const auto shown = [&](TokenId token, float logit) {
    const double difference = static_cast<double>(logit) - static_cast<double>(largest);
    // The total is rounded, so that of a token with all the probability may be a hair below 1.
    const double log_probability = std::min(0.0, difference - log_total);
    return TokenLogProbability{.token = token,
                               .log_probability = static_cast<float>(log_probability)};
  };
  StepLogProbabilities step{.chosen = shown(chosen, logits[static_cast<size_t>(chosen)])};
  CollectLargest(logits, top_count, scratch.candidates);
  std::ranges::sort(scratch.candidates, [](const Candidate& a, const Candidate& b) {
    return a.value != b.value ? a.value > b.value : a.token < b.token;
  });
  step.top.reserve(scratch.candidates.size());
  for (const Candidate& candidate : scratch.candidates) {
    step.top.push_back(shown(candidate.token, candidate.value));
  }
  return step;
}

}  // namespace bedplate::engine
