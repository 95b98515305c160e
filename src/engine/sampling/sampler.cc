#include "engine/sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bedplate::engine {
namespace {

// SplitMix64's finaliser. The draw is a hash of seed and position rather than the state of a
// generator, so a request that was preempted and started again draws the same numbers.
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// Of equal weights the lower token id comes first, so that the order is total.
bool Heavier(const Candidate& a, const Candidate& b) {
  return a.value != b.value ? a.value > b.value : a.token < b.token;
}

// Cuts the candidates to the fewest heaviest whose weights reach `wanted`. Quickselect by weight:
// the sets of a flat distribution are tens of thousands large, too many to sort.
void KeepShare(std::vector<Candidate>& candidates, double wanted) {
  constexpr std::ptrdiff_t kSortedMax = 16;
  auto low = candidates.begin();
  auto high = candidates.end();
  double kept = 0;  // before `low`
  while (high - low > kSortedMax) {
    Candidate three[] = {*low, *(low + (high - low) / 2), *(high - 1)};
    std::ranges::sort(three, Heavier);
    const Candidate pivot = three[1];
    const auto middle =
        std::partition(low, high, [&](const Candidate& c) { return !Heavier(pivot, c); });
    double heavy = 0;
    for (auto candidate = low; candidate != middle; ++candidate) heavy += candidate->value;
    if (kept + heavy >= wanted) {
      high = middle;
    } else {
      kept += heavy;
      low = middle;
    }
  }
  std::sort(low, high, Heavier);
  while (low != high && kept < wanted) kept += (low++)->value;
  if (low == candidates.begin()) ++low;  // the heaviest is always kept
  candidates.erase(low, candidates.end());
}

}  // namespace

Sampler::Sampler(const SamplingParams& params, std::span<const TokenId> prompt,
                 std::span<const TokenId> suppressed)
    : params_(params),
      penalizes_(params.repeat_penalty != 1.0F || params.presence_penalty != 0.0F ||
                 params.frequency_penalty != 0.0F),
      suppressed_(suppressed.begin(), suppressed.end()) {
  if (params_.repeat_penalty == 1.0F) return;
  std::vector<TokenId> distinct(prompt.begin(), prompt.end());
  std::ranges::sort(distinct);
  distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
  seen_.reserve(distinct.size());
  for (const TokenId token : distinct) seen_.push_back({.token = token, .count_in_answer = 0});
}

void Sampler::ApplyPenalties(std::span<float> logits) const {
  for (const Seen& seen : seen_) {
    if (static_cast<size_t>(seen.token) >= logits.size()) continue;
    float& logit = logits[static_cast<size_t>(seen.token)];
    logit = logit > 0 ? logit / params_.repeat_penalty : logit * params_.repeat_penalty;
    if (seen.count_in_answer == 0) continue;
    logit -= params_.presence_penalty +
             params_.frequency_penalty * static_cast<float>(seen.count_in_answer);
  }
}

void Sampler::Remember(TokenId token) {
  const auto place = std::ranges::lower_bound(seen_, token, {}, &Seen::token);
  if (place != seen_.end() && place->token == token) {
    ++place->count_in_answer;
  } else {
    seen_.insert(place, {.token = token, .count_in_answer = 1});
  }
}

TokenId Sampler::Sample(std::span<float> logits, SamplingScratch& scratch,
                        TokenConstraint* constraint) {
  for (const TokenId token : suppressed_) {
    if (static_cast<size_t>(token) < logits.size()) {
      logits[static_cast<size_t>(token)] = -std::numeric_limits<float>::infinity();
    }
  }
  if (penalizes_) ApplyPenalties(logits);
  const TokenId token =
      constraint == nullptr ? Choose(logits, scratch) : ChooseAllowed(logits, scratch, *constraint);
  if (token >= 0 && penalizes_) Remember(token);
  return token;
}

TokenId Sampler::Choose(std::span<const float> logits, SamplingScratch& scratch) {
  const LargestLogit largest = FindLargest(logits);
  // Below this the division would overflow, and the likeliest token has all the probability.
  constexpr float kTemperatureMin = 1e-4F;
  if (largest.token < 0 || params_.temperature <= kTemperatureMin || params_.top_k == 1) {
    return largest.token;
  }
  return Draw(logits, largest.logit, scratch);
}

// Drawing without what was refused, until something is allowed, gives each allowed token the
// probability it would have after a mask.
TokenId Sampler::ChooseAllowed(std::span<float> logits, SamplingScratch& scratch,
                               TokenConstraint& constraint) {
  for (int draw = 0; draw < kDrawsBeforeMask; ++draw) {
    const TokenId token = Choose(logits, scratch);
    if (token < 0 || constraint.Allows(token)) return token;
    logits[static_cast<size_t>(token)] = -std::numeric_limits<float>::infinity();
  }
  constraint.Mask(logits);
  return Choose(logits, scratch);
}

TokenId Sampler::Draw(std::span<const float> logits, float largest, SamplingScratch& scratch) {
  const float scale = 1.0F / params_.temperature;
  std::vector<Candidate>& candidates = scratch.candidates;
  const bool limits_count = params_.top_k > 0 && static_cast<size_t>(params_.top_k) < logits.size();
  if (limits_count || (params_.top_p >= 1.0F && params_.min_p > 0.0F)) {
    // A few tokens remain, found from the logits alone: only they need their exponential.
    candidates.clear();
    if (limits_count) {
      CollectLargest(logits, static_cast<size_t>(params_.top_k), candidates);
    } else {
      CollectAtLeast(logits, largest + std::log(params_.min_p) / scale, candidates);
    }
    double total = 0;
    for (Candidate& candidate : candidates) {
      candidate.value = std::exp((candidate.value - largest) * scale);
      total += candidate.value;
    }
    return DrawFromCandidates(candidates, total);
  }
  scratch.weights.resize(logits.size());
  const double total = ExponentialWeights(logits, largest, scale, scratch.weights);
  if (params_.top_p >= 1.0F) {
    return FindByRunningSum(scratch.weights, NextUniform() * total);
  }
  // All tokens lighter than this together have less than the share top_p leaves out, so the set
  // looked for is among the others.
  const double share_left = 1.0 - static_cast<double>(params_.top_p);
  candidates.clear();
  CollectAtLeast(scratch.weights,
                 static_cast<float>(share_left * total / static_cast<double>(logits.size())),
                 candidates);
  return DrawFromCandidates(candidates, total);
}

// `candidates` hold weights, `total` is the weight of everything top_p is a share of.
TokenId Sampler::DrawFromCandidates(std::vector<Candidate>& candidates, double total) {
  if (params_.min_p > 0.0F) {
    std::erase_if(candidates, [&](const Candidate& c) { return c.value < params_.min_p; });
  }
  if (params_.top_p < 1.0F) KeepShare(candidates, static_cast<double>(params_.top_p) * total);
  double kept = 0;
  for (const Candidate& candidate : candidates) kept += candidate.value;
  const double target = NextUniform() * kept;
  double reached = 0;
  for (const Candidate& candidate : candidates) {
    reached += candidate.value;
    if (reached > target) return candidate.token;
  }
  return candidates.back().token;
}

double Sampler::NextUniform() {
  const uint64_t bits = Mix(Mix(params_.seed) ^ draws_++);
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace bedplate::engine
