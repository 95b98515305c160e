#include "engine/sampling/logits.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

// Each function below is built for AVX-512, AVX2 and the base instruction set, and the dynamic
// linker picks one: the program runs on any x86-64 and is not slowed by that.
#if defined(__x86_64__) && defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define BEDPLATE_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
// A sanitizer's run time is not ready when the dynamic linker runs the resolvers of the clones.
#define BEDPLATE_VECTOR_CLONES
#endif

namespace bedplate::engine {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
constexpr size_t kBlock = 64;

// exp(x) for x <= 0 to a relative error of 2e-7, without a branch, so that the compiler makes
// vector code of the loop around it. Below -87 the result would be subnormal and is 0.
inline float ExpOfNegative(float x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  const float clamped = x > -87.0F ? x : -87.0F;
  // Adding and taking away 1.5 * 2^23 rounds to the nearest integer.
  constexpr float kRound = 12582912.0F;
  const float rounded = clamped * kLog2E + kRound;
  const float power = rounded - kRound;
  const float r = (clamped - power * kLn2High) - power * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const float value = p * r * r + r + 1.0F;
  const int32_t exponent = static_cast<int32_t>(power) + 127;
  const float scaled = value * std::bit_cast<float>(exponent << 23);
  return x > -87.0F ? scaled : 0.0F;
}

BEDPLATE_VECTOR_CLONES
float LargestOf(const float* values, size_t count) {
  float largest[16];
  std::fill(std::begin(largest), std::end(largest), kMinusInfinity);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (size_t lane = 0; lane < 16; ++lane) {
      largest[lane] = values[i + lane] > largest[lane] ? values[i + lane] : largest[lane];
    }
  }
  for (; i < count; ++i) largest[0] = values[i] > largest[0] ? values[i] : largest[0];
  return *std::max_element(std::begin(largest), std::end(largest));
}

BEDPLATE_VECTOR_CLONES
double WeightsOf(const float* logits, size_t count, float largest, float scale, float* weights) {
  double total = 0;
  for (size_t begin = 0; begin < count; begin += 1024) {
    const size_t end = std::min(count, begin + 1024);
    // Sums of a thousand floats in sixteen lanes, added up in double: the error stays near 1e-6.
    float sums[16] = {};
    size_t i = begin;
    for (; i + 16 <= end; i += 16) {
      for (size_t lane = 0; lane < 16; ++lane) {
        weights[i + lane] = ExpOfNegative((logits[i + lane] - largest) * scale);
        sums[lane] += weights[i + lane];
      }
    }
    for (; i < end; ++i) {
      weights[i] = ExpOfNegative((logits[i] - largest) * scale);
      sums[0] += weights[i];
    }
    for (const float sum : sums) total += sum;
  }
  return total;
}

BEDPLATE_VECTOR_CLONES
float SumOf(const float* values, size_t count) {
  float sums[16] = {};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (size_t lane = 0; lane < 16; ++lane) sums[lane] += values[i + lane];
  }
  for (; i < count; ++i) sums[0] += values[i];
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

// Calls visit(i) for each i whose value is at least threshold(), which visit may raise. Blocks
// without such a value, nearly all of them, cost one vector comparison for 16 values.
template <class Threshold, class Visit>
void VisitAtLeast(std::span<const float> values, Threshold threshold, Visit visit) {
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const size_t end = std::min(values.size(), begin + kBlock);
    if (!(LargestOf(values.data() + begin, end - begin) >= threshold())) continue;
    for (size_t i = begin; i < end; ++i) {
      if (values[i] >= threshold()) visit(i);
    }
  }
}

bool Better(const Candidate& a, const Candidate& b) {
  return a.value != b.value ? a.value > b.value : a.token < b.token;
}

}  // namespace

LargestLogit FindLargest(std::span<const float> logits) {
  const float largest = LargestOf(logits.data(), logits.size());
  if (largest == kMinusInfinity) return {};
  // Looking for the place afterwards is cheaper than carrying it through the comparison.
  for (size_t begin = 0; begin < logits.size(); begin += kBlock) {
    const size_t end = std::min(logits.size(), begin + kBlock);
    bool found = false;
    for (size_t i = begin; i < end; ++i) found |= logits[i] == largest;
    if (!found) continue;
    for (size_t i = begin; i < end; ++i) {
      if (logits[i] == largest) return {.token = static_cast<TokenId>(i), .logit = largest};
    }
  }
  return {};
}

double ExponentialWeights(std::span<const float> logits, float largest, float scale,
                          std::span<float> weights) {
  assert(weights.size() == logits.size());
  return WeightsOf(logits.data(), logits.size(), largest, scale, weights.data());
}

TokenId FindByRunningSum(std::span<const float> weights, double target) {
  double reached = 0;
  for (size_t begin = 0; begin < weights.size(); begin += 1024) {
    const auto block = weights.subspan(begin, std::min<size_t>(1024, weights.size() - begin));
    // A block's sum is rounded otherwise than the running one, so the walk through a block may
    // end a hair short of the target: then the next block's first token has it.
    const auto sum = static_cast<double>(SumOf(block.data(), block.size()));
    if (reached + sum <= target) {
      reached += sum;
      continue;
    }
    for (size_t i = 0; i < block.size(); ++i) {
      reached += block[i];
      if (reached > target && block[i] > 0) return static_cast<TokenId>(begin + i);
    }
  }
  for (size_t i = weights.size(); i-- > 0;) {
    if (weights[i] > 0) return static_cast<TokenId>(i);
  }
  return -1;
}

void CollectAtLeast(std::span<const float> values, float threshold,
                    std::vector<Candidate>& candidates) {
  VisitAtLeast(
      values, [threshold] { return threshold; },
      [&](size_t i) {
        candidates.push_back({.token = static_cast<TokenId>(i), .value = values[i]});
      });
}

void CollectLargest(std::span<const float> values, size_t count,
                    std::vector<Candidate>& candidates) {
  candidates.clear();
  if (count == 0) return;
  // What is kept is cut back to the best `count` whenever it has grown to several times that, and
  // the worst of those is the bar that later values must reach.
  const size_t limit = std::max<size_t>(4 * count, 256);
  float bar = -std::numeric_limits<float>::max();
  auto cut = [&] {
    if (candidates.size() <= count) return;
    const auto edge = candidates.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(candidates.begin(), edge - 1, candidates.end(), Better);
    bar = (edge - 1)->value;
    candidates.erase(edge, candidates.end());
  };
  VisitAtLeast(
      values, [&bar] { return bar; },
      [&](size_t i) {
        candidates.push_back({.token = static_cast<TokenId>(i), .value = values[i]});
        if (candidates.size() >= limit) cut();
      });
  cut();
}

}  // namespace bedplate::engine
