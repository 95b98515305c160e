// Passes over one row of logits (one float for each token of the vocabulary). They are what
// sampling costs: for 16 sequences of a 49k vocabulary each pass reads 3 MB, so nothing here
// sorts or allocates, and each is compiled for several instruction sets and chosen at run time.
//
// Not a number counts as minus infinity. Thread-safe: nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/sampling/params.h"

namespace bedplate::engine {

struct LargestLogit {
  TokenId token = -1;  // -1 when no logit is above minus infinity
  float logit = 0;
};

// The largest logit; of equal ones the lowest token id.
LargestLogit FindLargest(std::span<const float> logits);

// Weights of the softmax, without its denominator: weights[i] = exp((logits[i] - largest) * scale).
// Returns their sum. `weights` has the size of `logits`.
double ExponentialWeights(std::span<const float> logits, float largest, float scale,
                          std::span<float> weights);

// The first token at which the running sum of `weights` exceeds `target`; the last token of any
// weight when rounding leaves the target beyond the end, -1 when there is none.
TokenId FindByRunningSum(std::span<const float> weights, double target);

struct Candidate {
  TokenId token = 0;
  float value = 0;  // a logit or a weight, as the function says
};

// Adds each token whose value is at least `threshold` to `candidates`.
void CollectAtLeast(std::span<const float> values, float threshold,
                    std::vector<Candidate>& candidates);

// Makes `candidates` the `count` tokens of the largest values, in no particular order; of equal
// values at the edge the lowest token ids. Minus infinity is never among them.
void CollectLargest(std::span<const float> values, size_t count,
                    std::vector<Candidate>& candidates);

}  // namespace bedplate::engine
