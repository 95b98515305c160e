#include "engine/sampling/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

namespace bedplate::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> RandomLogits(size_t count, uint32_t seed, float spread = 3.0F) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0F, spread);
  std::vector<float> logits(count);
  for (float& logit : logits) logit = normal(generator);
  return logits;
}

// The distribution the parameters ask for, worked out the plain way: sort, cut, normalise.
std::map<TokenId, double> Expected(const std::vector<float>& logits, const SamplingParams& params) {
  std::vector<std::pair<double, TokenId>> order;
  for (size_t i = 0; i < logits.size(); ++i) order.emplace_back(logits[i], i);
  std::ranges::sort(order, [](auto& a, auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  const double largest = order.front().first;
  if (params.top_k > 0 && order.size() > static_cast<size_t>(params.top_k)) {
    order.resize(static_cast<size_t>(params.top_k));
  }
  double total = 0;
  for (auto& [value, token] : order) {
    value = std::exp((value - largest) / static_cast<double>(params.temperature));
    total += value;
  }
  std::map<TokenId, double> kept;
  double reached = 0;
  for (const auto& [weight, token] : order) {
    if (reached >= static_cast<double>(params.top_p) * total && params.top_p < 1) break;
    if (weight < static_cast<double>(params.min_p)) break;
    kept[token] = weight;
    reached += weight;
  }
  for (auto& [token, weight] : kept) weight /= reached;
  return kept;
}

// Draws many times and holds the frequencies against the expected probabilities (chi-square with
// a bound far outside chance: mean n, variance 2n, ten deviations).
void ExpectDistribution(const std::vector<float>& logits, SamplingParams params) {
  const auto expected = Expected(logits, params);
  constexpr int kDraws = 20000;
  std::map<TokenId, int> counts;
  SamplingScratch scratch;
  params.seed = 7;
  Sampler sampler(params, {}, {});
  for (int i = 0; i < kDraws; ++i) {
    std::vector<float> row = logits;
    ++counts[sampler.Sample(row, scratch)];
  }
  double chi_square = 0;
  double rest_expected = 0;
  double rest_counted = 0;
  int cells = 0;
  for (const auto& [token, count] : counts) {
    ASSERT_TRUE(expected.contains(token)) << "token " << token << " is outside the set";
  }
  for (const auto& [token, probability] : expected) {
    const double mean = probability * kDraws;
    const double counted = counts[token];
    if (mean < 10) {
      rest_expected += mean;
      rest_counted += counted;
      continue;
    }
    chi_square += (counted - mean) * (counted - mean) / mean;
    ++cells;
  }
  if (rest_expected > 10) {
    chi_square += (rest_counted - rest_expected) * (rest_counted - rest_expected) / rest_expected;
    ++cells;
  }
  EXPECT_LT(chi_square, cells + 10 * std::sqrt(2.0 * cells)) << "over " << cells << " cells";
}

TEST(Sampler, GreedyTakesTheLargestAndTheLowestIdOfEqualOnes) {
  SamplingScratch scratch;
  Sampler sampler({.temperature = 0}, {}, {});
  std::vector<float> logits = RandomLogits(49152, 1);
  logits[40000] = 50;
  logits[40001] = 50;
  EXPECT_EQ(sampler.Sample(logits, scratch), 40000);
}

TEST(Sampler, NotANumberAndMinusInfinityAreNeverChosen) {
  SamplingScratch scratch;
  for (const SamplingParams& params :
       {SamplingParams{.temperature = 0}, SamplingParams{.temperature = 1},
        SamplingParams{.temperature = 1, .top_k = 5},
        SamplingParams{.temperature = 1, .top_p = 0.9F},
        SamplingParams{.temperature = 1, .min_p = 0.1F}}) {
    std::vector<float> logits(1000, -kInfinity);
    logits[3] = std::numeric_limits<float>::quiet_NaN();
    logits[500] = -7;
    Sampler sampler(params, {}, {});
    EXPECT_EQ(sampler.Sample(logits, scratch), 500);
    std::vector<float> nothing(1000, std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(sampler.Sample(nothing, scratch), -1);
  }
}

TEST(Sampler, DrawsFromTheDistributionOfTheParameters) {
  const std::vector<float> logits = RandomLogits(300, 2);
  ExpectDistribution(logits, {.temperature = 1});
  ExpectDistribution(logits, {.temperature = 0.5F});
  ExpectDistribution(logits, {.temperature = 2});
  ExpectDistribution(logits, {.temperature = 1, .top_k = 40});
  ExpectDistribution(logits, {.temperature = 0.8F, .top_p = 0.9F});
  ExpectDistribution(logits, {.temperature = 1, .top_p = 0.999F});
  ExpectDistribution(logits, {.temperature = 1, .min_p = 0.05F});
  ExpectDistribution(logits, {.temperature = 0.8F, .top_k = 40, .top_p = 0.95F, .min_p = 0.05F});
  ExpectDistribution(logits, {.temperature = 1, .top_p = 0.5F, .min_p = 0.2F});
  ExpectDistribution(std::vector<float>(100, 1.5F), {.temperature = 1, .top_k = 10});
}

TEST(Sampler, TinyTopPLeavesOnlyTheLikeliest) {
  SamplingScratch scratch;
  Sampler sampler({.temperature = 1, .top_p = 1e-6F}, {}, {});
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::vector<float> logits = RandomLogits(2000, seed);
    const TokenId largest = FindLargest(logits).token;
    EXPECT_EQ(sampler.Sample(logits, scratch), largest);
  }
}

TEST(Sampler, SameSeedSameTokens) {
  SamplingScratch scratch;
  auto draw = [&](uint64_t seed) {
    std::vector<TokenId> tokens;
    Sampler sampler({.temperature = 1, .top_p = 0.95F, .seed = seed}, {}, {});
    for (uint32_t step = 0; step < 100; ++step) {
      std::vector<float> logits = RandomLogits(2000, step);
      tokens.push_back(sampler.Sample(logits, scratch));
    }
    return tokens;
  };
  EXPECT_EQ(draw(42), draw(42));
  EXPECT_NE(draw(42), draw(43));
}

TEST(Sampler, RepeatPenaltyReachesPromptAndAnswer) {
  SamplingScratch scratch;
  const std::vector<TokenId> prompt = {3, 3, 5};
  Sampler sampler({.temperature = 0, .repeat_penalty = 2}, prompt, {});
  auto logits = [] {
    std::vector<float> row(10, 0.0F);
    row[3] = 10;
    row[4] = 6;
    row[6] = 5.5F;
    row[5] = -1;
    return row;
  };
  std::vector<float> first = logits();
  EXPECT_EQ(sampler.Sample(first, scratch), 4);  // 3 is in the prompt: 10 / 2 = 5
  EXPECT_FLOAT_EQ(first[3], 5);                  // once, although the prompt has it twice
  EXPECT_FLOAT_EQ(first[5], -2);
  std::vector<float> second = logits();
  EXPECT_EQ(sampler.Sample(second, scratch), 6);  // now 4 is in the answer: 6 / 2 = 3
}

TEST(Sampler, PresenceAndFrequencyPenaltiesCountTheAnswerOnly) {
  SamplingScratch scratch;
  const std::vector<TokenId> prompt = {1, 1, 1};
  Sampler sampler({.temperature = 0, .presence_penalty = 1, .frequency_penalty = 0.25F}, prompt,
                  {});
  std::vector<TokenId> tokens;
  for (int i = 0; i < 4; ++i) {
    std::vector<float> row = {0, 3, 1.6F};
    tokens.push_back(sampler.Sample(row, scratch));
  }
  // Token 1 costs 0, then 1.25 (3 - 1.25 = 1.75), then 1.5 (1.5 < 1.6), then the same.
  EXPECT_EQ(tokens, (std::vector<TokenId>{1, 1, 2, 1}));
}

TEST(Sampler, SuppressedTokensAreNeverChosen) {
  SamplingScratch scratch;
  const std::vector<TokenId> suppressed = {1, 70000};
  Sampler sampler({.temperature = 0}, {}, suppressed);
  std::vector<float> row = {0, 3, 1.6F};
  EXPECT_EQ(sampler.Sample(row, scratch), 2);
}

// Allows every seventh token.
class EverySeventh final : public TokenConstraint {
 public:
  bool Allows(TokenId token) override {
    ++asked;
    return token % 7 == 0;
  }
  void Mask(std::span<float> logits) override {
    ++masked;
    for (size_t i = 0; i < logits.size(); ++i) {
      if (i % 7 != 0) logits[i] = -kInfinity;
    }
  }
  void Accept(TokenId /*token*/) override {}
  bool exhausted() const override { return false; }

  int asked = 0;
  int masked = 0;
};

TEST(Sampler, DrawingAgainGivesTheDistributionOfAMask) {
  std::vector<float> logits = RandomLogits(210, 5);
  std::vector<float> masked = logits;
  EverySeventh().Mask(masked);
  const SamplingParams params{.temperature = 0.9F, .seed = 11};
  const auto expected = Expected(masked, params);
  constexpr int kDraws = 20000;
  std::map<TokenId, int> counts;
  SamplingScratch scratch;
  Sampler sampler(params, {}, {});
  EverySeventh constraint;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<float> row = logits;
    ++counts[sampler.Sample(row, scratch, &constraint)];
  }
  double chi_square = 0;
  double cells = 0;
  for (const auto& [token, probability] : expected) {
    const double mean = probability * kDraws;
    if (token % 7 == 0) ++cells;
    chi_square += (counts[token] - mean) * (counts[token] - mean) / std::max(mean, 1.0);
  }
  EXPECT_EQ(cells, 30);
  EXPECT_LT(chi_square, cells + 10 * std::sqrt(2.0 * cells));
  // Both ways were gone.
  EXPECT_GT(constraint.masked, 1000);
  EXPECT_LT(constraint.masked, kDraws - 1000);
}

TEST(Sampler, MasksTheVocabularyOnlyAfterManyRefusals) {
  SamplingScratch scratch;
  Sampler sampler({.temperature = 0}, {}, {});
  EverySeventh constraint;
  std::vector<float> row(1000);
  for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i % 7 == 0 ? 0 : 1);
  row[3] = 5;
  row[14] = 4;
  EXPECT_EQ(sampler.Sample(row, scratch, &constraint), 14);
  EXPECT_EQ(constraint.masked, 0);
  EXPECT_EQ(constraint.asked, 2);
  row[14] = 0;
  EXPECT_EQ(sampler.Sample(row, scratch, &constraint), 0);
  EXPECT_EQ(constraint.masked, 1);
}

TEST(Logits, WeightsAreExponentialsAndTheirSum) {
  const std::vector<float> logits = RandomLogits(49157, 3, 12);
  const float largest = FindLargest(logits).logit;
  std::vector<float> weights(logits.size());
  const double total = ExponentialWeights(logits, largest, 1.25F, weights);
  double expected_total = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    const double expected = std::exp(static_cast<double>((logits[i] - largest) * 1.25F));
    expected_total += expected;
    if (expected > 1e-37) ASSERT_NEAR(weights[i] / expected, 1.0, 1e-6) << i;
  }
  EXPECT_NEAR(total / expected_total, 1.0, 1e-5);
}

TEST(Logits, RunningSumIsFoundAtItsToken) {
  std::vector<float> weights(5000, 0.0F);
  for (size_t i = 0; i < weights.size(); i += 3) weights[i] = 1.0F;
  EXPECT_EQ(FindByRunningSum(weights, 0), 0);
  EXPECT_EQ(FindByRunningSum(weights, 0.5), 0);
  EXPECT_EQ(FindByRunningSum(weights, 1.0), 3);
  EXPECT_EQ(FindByRunningSum(weights, 1500.5), 4500);
  EXPECT_EQ(FindByRunningSum(weights, 1e9), 4998);
  EXPECT_EQ(FindByRunningSum(std::vector<float>(10, 0.0F), 0.5), -1);
}

TEST(Logits, LargestAreTheSameAsBySorting) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::vector<float> logits = RandomLogits(10007, seed);
    for (float& logit : logits) logit = std::round(logit * 8) / 8;  // many equal ones
    if (seed % 2 == 1) std::ranges::sort(logits);                   // the worst order
    std::vector<TokenId> order(logits.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<TokenId>(i);
    std::ranges::sort(order, [&](TokenId a, TokenId b) {
      const float left = logits[static_cast<size_t>(a)];
      const float right = logits[static_cast<size_t>(b)];
      return left != right ? left > right : a < b;
    });
    order.resize(100);
    std::vector<Candidate> candidates;
    CollectLargest(logits, 100, candidates);
    std::vector<TokenId> collected;
    for (const Candidate& candidate : candidates) collected.push_back(candidate.token);
    std::ranges::sort(order);
    std::ranges::sort(collected);
    EXPECT_EQ(collected, order);
  }
}

}  // namespace
}  // namespace bedplate::engine
