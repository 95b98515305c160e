#include "engine/scheduler/cost_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "engine/scheduler/testing/machine_law.h"

namespace bedplate::scheduler {
namespace {

// Draws batches as a server has them: few rows as often as many, early and late in their texts.
class Batches {
 public:
  explicit Batches(uint32_t seed, uint32_t rows_max = 512) : random_(seed), rows_max_(rows_max) {}

  double Between(double low, double high) {
    return low + (high - low) * static_cast<double>(random_()) / std::mt19937::max();
  }
  void Draw() {
    rows = static_cast<uint32_t>(std::exp2(Between(0, std::log2(rows_max_ + 0.9))));
    seen = static_cast<uint64_t>(rows * Between(1, 3000));
  }

  uint32_t rows = 0;
  uint64_t seen = 0;

 private:
  std::mt19937 random_;
  uint32_t rows_max_;
};

// Farthest that the model is from the law, in parts of that.
double WorstError(const CostModel& model, const MachineLaw& law) {
  double worst = 0;
  for (const double rows : {1, 2, 5, 8, 16, 24, 50, 100, 200, 300, 512}) {
    for (const double position : {100, 1000, 2500}) {
      const double truth = law.Seconds(rows, rows * position);
      worst = std::max(worst, std::abs(model.Seconds(rows, rows * position) / truth - 1));
    }
  }
  return worst;
}

TEST(CostModel, LearnsALawFromNoisyBatches) {
  for (const MachineLaw& law : {kSmallModel, kMiddleModel, kLargeModel}) {
    for (uint32_t seed = 1; seed <= 20; ++seed) {
      CostModel model;
      Batches batches(seed);
      for (int i = 0; i < 1000; ++i) {
        batches.Draw();
        const double truth = law.Seconds(batches.rows, static_cast<double>(batches.seen));
        model.Learn(batches.rows, batches.seen, truth * batches.Between(0.92, 1.08));
      }
      EXPECT_LT(WorstError(model, law), 0.2) << seed;
      EXPECT_NEAR(model.per_seen() / law.seen, 1, 0.35) << seed;
    }
  }
}

TEST(CostModel, LearnsWhatLookingAtCellsCostsFromOneShapeAlone) {
  CostModel model;
  for (uint32_t position = 100; position < 3000; position += 10) {
    model.Learn(16, 16 * position, kSmallModel.Seconds(16, 16.0 * position));
  }
  EXPECT_NEAR(model.per_seen() / kSmallModel.seen, 1, 0.1);
}

TEST(CostModel, ANeighbourOnTheProcessorIsNotTakenForTheMachine) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    CostModel model;
    Batches batches(seed);
    for (int i = 0; i < 2000; ++i) {
      batches.Draw();
      const double truth = kSmallModel.Seconds(batches.rows, static_cast<double>(batches.seen));
      const double slower = batches.Between(0, 1) < 0.03 ? 20 : 1;
      model.Learn(batches.rows, batches.seen, truth * slower * batches.Between(0.95, 1.05));
    }
    EXPECT_LT(WorstError(model, kSmallModel), 0.3) << seed;
  }
}

TEST(CostModel, OneLongBatchChangesLittle) {
  CostModel model;
  for (int i = 0; i < 50; ++i) model.Learn(64, 6400, 0.05);
  model.Learn(64, 6400, 5);
  EXPECT_LT(model.Seconds(64, 6400), 0.052);
}

TEST(CostModel, FollowsAMachineThatGetsSlowerAndFasterAgain) {
  CostModel model;
  for (const double pace : {1.0, 3.0, 1.0, 0.3}) {
    for (int i = 0; i < 150; ++i) model.Learn(64, 6400, 0.05 * pace);
    EXPECT_NEAR(model.Seconds(64, 6400) / (0.05 * pace), 1, 0.05) << pace;
  }
}

TEST(CostModel, ARangeThatWasWrongAndIsSeldomTriedIsCorrectedByASmallerOne) {
  CostModel model;
  model.Learn(256, 256 * 100, 30);  // the first, so believed
  model.Learn(32, 32 * 100, 0.03);
  EXPECT_LE(model.Seconds(256, 0), 8 * 0.031);
}

TEST(CostModel, WhatWasNotMeasuredIsGuessedFromAbove) {
  CostModel model;
  EXPECT_FALSE(model.known());
  EXPECT_EQ(model.Seconds(10, 1000), 0);
  model.Learn(8, 36, 0.01);
  EXPECT_TRUE(model.known());
  EXPECT_DOUBLE_EQ(model.Seconds(1, 0), 0.01);
  EXPECT_DOUBLE_EQ(model.Seconds(8, 0), 0.01);
  EXPECT_DOUBLE_EQ(model.Seconds(80, 0), 0.1);
  model.Learn(32, 500, 0.03);
  EXPECT_DOUBLE_EQ(model.Seconds(20, 0), 0.02);
  EXPECT_EQ(model.rows_measured(), 32);
}

TEST(CostModel, WhatIsNoDurationIsPassedOver) {
  CostModel model;
  model.Learn(4, 10, 0);
  model.Learn(4, 10, -1);
  model.Learn(4, 10, std::numeric_limits<double>::quiet_NaN());
  model.Learn(4, 10, std::numeric_limits<double>::infinity());
  model.Learn(0, 0, 1);
  EXPECT_FALSE(model.known());
}

// Whatever it is told.
TEST(CostModel, MoreNeverTakesLessAndNTimesTheRowsAtMostNTimesAsLong) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    CostModel model;
    Batches batches(seed, 700);
    for (int i = 0; i < 60; ++i) {
      batches.Draw();
      model.Learn(batches.rows, batches.seen, std::exp2(batches.Between(-20, 5)));
      ASSERT_GE(model.per_seen(), 0);
      double before = model.Seconds(1, 0);
      ASSERT_GT(before, 0);
      for (uint32_t rows = 2; rows < 700; rows += 1 + rows / 8) {
        const double seconds = model.Seconds(rows, 0);
        ASSERT_GE(seconds, before * (1 - 1e-9)) << seed << " rows " << rows;
        ASSERT_LE(seconds, model.Seconds(1, 0) * rows * (1 + 1e-9)) << seed << " rows " << rows;
        ASSERT_GE(model.Seconds(rows, 5000), seconds);
        before = seconds;
      }
    }
  }
}

}  // namespace
}  // namespace bedplate::scheduler
