#include "runtime/routing/prompt_judge.h"

#include <algorithm>
#include <cstddef>

#include "runtime/routing/prompt_features.h"
#include "runtime/routing/prompt_judge_weights.h"

namespace bedplate::runtime {

double DifficultyOf(std::string_view prompt) {
  const PromptFeatures features = FeaturesOf(prompt);
  double likelihood = kJudgeBias;
  for (size_t i = 0; i < kPromptFeatures; ++i) likelihood += kJudgeWeights[i] * features[i];
  const double hardness = -likelihood;
  // Where it stands among the questions that were learned from, whose hundredths these are.
  const auto* above = std::ranges::upper_bound(kJudgeHundredths, hardness);
  if (above == kJudgeHundredths.begin()) return 0;
  if (above == kJudgeHundredths.end()) return 100;
  const auto* below = above - 1;
  const double part = (hardness - *below) / (*above - *below);
  return static_cast<double>(below - kJudgeHundredths.begin()) + part;
}

}  // namespace bedplate::runtime
