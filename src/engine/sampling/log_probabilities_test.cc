#include "engine/sampling/log_probabilities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace bedplate::engine {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Worked out the plain way, in double precision.
std::vector<double> Expected(const std::vector<float>& logits) {
  double largest = -kInfinity;
  for (const float logit : logits) {
    if (!std::isnan(logit)) largest = std::max(largest, static_cast<double>(logit));
  }
  double total = 0;
  for (const float logit : logits) {
    if (!std::isnan(logit)) total += std::exp(static_cast<double>(logit) - largest);
  }
  std::vector<double> expected;
  for (const float logit : logits) {
    expected.push_back(std::isnan(logit) ? -static_cast<double>(kInfinity)
                                         : static_cast<double>(logit) - largest - std::log(total));
  }
  return expected;
}

TEST(LogProbabilities, AreThoseOfTheSoftmax) {
  std::mt19937 generator(3);
  LogProbabilityScratch scratch;
  for (const float spread : {0.01F, 1.0F, 6.0F, 60.0F}) {
    std::normal_distribution<float> normal(2.0F, spread);
    scratch.logits.resize(49152 + 7);
    for (float& logit : scratch.logits) logit = normal(generator);
    const std::vector<double> expected = Expected(scratch.logits);
    std::vector<TokenId> order(scratch.logits.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<TokenId>(i);
    std::ranges::sort(order, [&](TokenId a, TokenId b) {
      return expected[static_cast<size_t>(a)] > expected[static_cast<size_t>(b)];
    });
    const auto step = LogProbabilitiesOf(4711, 20, scratch);
    EXPECT_EQ(step.chosen.token, 4711);
    const auto near = [&](const TokenLogProbability& token) {
      const double wanted = expected[static_cast<size_t>(token.token)];
      EXPECT_NEAR(token.log_probability, wanted, 2e-6 * std::max(1.0, std::abs(wanted)));
    };
    near(step.chosen);
    ASSERT_EQ(step.top.size(), 20U);
    double sum = 0;
    for (size_t i = 0; i < step.top.size(); ++i) {
      EXPECT_EQ(step.top[i].token, order[i]) << i;
      near(step.top[i]);
      sum += std::exp(static_cast<double>(step.top[i].log_probability));
    }
    EXPECT_LE(sum, 1 + 1e-6);
  }
}

TEST(LogProbabilities, OfEqualTokensTheLowerComesFirst) {
  LogProbabilityScratch scratch;
  scratch.logits = {1, 3, 2, 3, 3};
  const auto step = LogProbabilitiesOf(0, 2, scratch);
  ASSERT_EQ(step.top.size(), 2U);
  EXPECT_EQ(step.top[0].token, 1);
  EXPECT_EQ(step.top[1].token, 3);
}

TEST(LogProbabilities, WhatHasNoProbabilityIsNotShown) {
  LogProbabilityScratch scratch;
  scratch.logits = {-kInfinity, 5, std::numeric_limits<float>::quiet_NaN(), -kInfinity};
  const auto step = LogProbabilitiesOf(1, 4, scratch);
  EXPECT_EQ(step.chosen.log_probability, 0);
  ASSERT_EQ(step.top.size(), 1U);
  EXPECT_EQ(step.top[0].token, 1);
}

TEST(LogProbabilities, NoneBesideTheChosenWhereNoneAreAskedFor) {
  LogProbabilityScratch scratch;
  scratch.logits = {1, 2};
  EXPECT_TRUE(LogProbabilitiesOf(1, 0, scratch).top.empty());
}

}  // namespace
}  // namespace bedplate::engine
