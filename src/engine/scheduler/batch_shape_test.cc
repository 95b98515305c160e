#include "engine/scheduler/batch_shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/scheduler/testing/machine_law.h"

namespace bedplate::scheduler {
namespace {

CostModel Known(const MachineLaw& law) {
  CostModel model;
  for (const uint32_t rows : CostModel::kRangeEnds) {
    for (int i = 0; i < 20; ++i) {
      for (const uint32_t position : {1, 300, 1500}) {
        model.Learn(rows, uint64_t{rows} * position, law.Seconds(rows, 1.0 * rows * position));
      }
    }
  }
  return model;
}

constexpr double kPatient = 1000;  // seconds until a first token is late

const MachineLaw kNoAttention{.weights = 0.008, .row = 0.0007, .fixed = 0.002, .seen = 0};

TEST(BatchShape, PromptsInTimeGetWhatTheGapAllows) {
  const CostModel model = Known(kSmallModel);
  const std::vector<PromptWork> prompts = {{.rows = 400, .computed = 0, .waited = 0}};
  const BatchShape shape(model, 8, 8 * 300, prompts, 1);
  const uint32_t rows = shape.PromptRows(0.150, 500);
  EXPECT_NEAR(kSmallModel.Seconds(8 + rows, 8 * 300 + rows * rows / 2.0), 0.150, 0.02);
  EXPECT_LT(shape.PromptRows(0.080, 500), rows);
  EXPECT_EQ(shape.PromptRows(0.150, 50), 50U);
}

TEST(BatchShape, LatePromptsGetMoreWhereMoreRowsASecondComeOfIt) {
  // 40 answers: a batch without prompts takes 30 ms, so one of 60 ms spends half on them.
  const CostModel model = Known(kNoAttention);
  const std::vector<PromptWork> prompts = {{.rows = 2000}};
  const auto rows_within = [&](double first_token) {
    return BatchShape(model, 40, 0, prompts, first_token).PromptRows(0.060, 460);
  };
  const uint32_t in_time = rows_within(100);
  const uint32_t late = rows_within(0.5);
  EXPECT_NEAR(kNoAttention.Seconds(40 + in_time, 0), 0.060, 0.006);
  EXPECT_GE(late, 2 * in_time);
  EXPECT_LE(kNoAttention.Seconds(40 + late, 0),
            BatchShape::kLateMost * kNoAttention.Seconds(40, 0));
}

TEST(BatchShape, WherePromptsAreLateBothSidesMissTheirTargetsAlike) {
  const MachineLaw by_rows{.weights = 0, .row = 0.001, .fixed = 0, .seen = 0};
  const CostModel model = Known(by_rows);
  const auto rows_after = [&](double waited) {
    const std::vector<PromptWork> prompts = {{.rows = 500, .waited = waited}};
    return BatchShape(model, 1, 1, prompts, 1).PromptRows(0.050, 500);
  };
  EXPECT_NEAR(rows_after(0), 49, 1);
  EXPECT_NEAR(rows_after(0.5), 50, 2);
  EXPECT_NEAR(rows_after(1.5), 100, 4);
  EXPECT_NEAR(rows_after(3.5), 200, 8);
  EXPECT_EQ(rows_after(30), BatchShape::kLateRows);
}

TEST(BatchShape, ALongPromptAloneIsNotLate) {
  // From 50 rows on time goes by rows alone, and there is but one answer.
  const MachineLaw by_rows{.weights = 0.050, .row = 0.001, .fixed = 0, .seen = 0};
  const CostModel model = Known(by_rows);
  const std::vector<PromptWork> prompts = {{.rows = 5000, .computed = 0, .waited = 0}};
  EXPECT_NEAR(BatchShape(model, 1, 1, prompts, 0.001).PromptRows(0.100, 511), 99, 2);
}

TEST(BatchShape, LatePromptsNeverMakeAnswersWaitMuchLongerThanAlone) {
  CostModel model;  // of a machine on which more rows are always clearly faster
  const auto seconds = [](double rows) { return 0.01 * std::pow(rows, 0.8); };
  for (const uint32_t rows : CostModel::kRangeEnds) model.Learn(rows, 0, seconds(rows));
  const std::vector<PromptWork> prompts = {{.rows = 5000, .computed = 0, .waited = 1e6}};
  for (const uint32_t answers : {1U, 4U, 20U}) {
    const uint32_t rows = BatchShape(model, answers, 0, prompts, kPatient).PromptRows(0.020, 400);
    EXPECT_LE(model.Seconds(answers + rows, 0),
              BatchShape::kLateMost * std::max(0.020, model.Seconds(answers, 0)));
    EXPECT_GE(rows, BatchShape::kPromptRowsMin);
  }
}

TEST(BatchShape, SomeRowsAreReadHoweverSlowTheMachine) {
  const CostModel model = Known(kLargeModel);
  std::vector<PromptWork> prompts = {{.rows = 300, .computed = 0, .waited = 0}};
  EXPECT_EQ(BatchShape(model, 4, 400, prompts, kPatient).PromptRows(0.150, 500),
            BatchShape::kPromptRowsMin);
  prompts[0].rows = 5;
  EXPECT_EQ(BatchShape(model, 4, 400, prompts, kPatient).PromptRows(0.150, 500), 5U);
  prompts[0] = {.rows = 300, .waited = 50};
  const uint32_t late = BatchShape(model, 4, 400, prompts, 1).PromptRows(0.150, 500);
  EXPECT_GT(late, BatchShape::kPromptRowsMin);
  EXPECT_LE(kLargeModel.Seconds(4 + late, 400), 10 * kLargeModel.Seconds(4, 400));
}

TEST(BatchShape, PromptsAloneGetAllThatFitsTheTime) {
  const CostModel small = Known(kSmallModel);
  const std::vector<PromptWork> prompts = {{.rows = 2000, .computed = 0, .waited = 0}};
  EXPECT_EQ(BatchShape(small, 0, 0, prompts, kPatient).PromptRows(1, 512), 512U);
  const CostModel large = Known(kLargeModel);
  const std::vector<PromptWork> in_time = {{.rows = 100, .computed = 0, .waited = 0}};
  EXPECT_NEAR(BatchShape(large, 0, 0, in_time, kPatient).PromptRows(1, 512), 19, 2);
}

TEST(BatchShape, ShortPromptsAloneAreNotCutHoweverSlowTheMachine) {
  const CostModel large = Known(kLargeModel);
  std::vector<PromptWork> prompts = {{.rows = 20}, {.rows = 44}};
  EXPECT_EQ(BatchShape(large, 0, 0, prompts, kPatient).PromptRows(0.001, 512), 64U);
  EXPECT_EQ(BatchShape(large, 0, 0, prompts, kPatient).PromptRows(0.001, 32), 32U);
  EXPECT_LT(BatchShape(large, 1, 1, prompts, kPatient).PromptRows(0.001, 512), 64U);
  prompts[1] = {.rows = 44, .computed = 1};
  EXPECT_LT(BatchShape(large, 0, 0, prompts, kPatient).PromptRows(0.001, 512), 64U);
}

// Sum of the times at which prompts of so many rows are complete, in batches of the given sizes.
double SumOfEnds(const CostModel& model, const std::vector<PromptWork>& prompts,
                 const std::vector<size_t>& sizes) {
  double now = 0;
  double sum = 0;
  size_t next = 0;
  for (const size_t size : sizes) {
    double rows = 0;
    for (size_t i = next; i < next + size; ++i) rows += prompts[i].rows;
    now += model.Seconds(rows, 0);
    sum += now * static_cast<double>(size);
    next += size;
  }
  return sum;
}

// All ways to cut the rest into batches.
double Best(const CostModel& model, const std::vector<PromptWork>& prompts,
            std::vector<size_t> sizes, size_t left) {
  if (left == 0) return SumOfEnds(model, prompts, sizes);
  double best = std::numeric_limits<double>::infinity();
  sizes.push_back(0);
  for (size_t size = 1; size <= left; ++size) {
    sizes.back() = size;
    best = std::min(best, Best(model, prompts, sizes, left - size));
  }
  return best;
}

TEST(BatchShape, CompletesSoManyThatFirstTokensComeSoonest) {
  const CostModel model = Known(kNoAttention);
  for (const uint32_t rows : {1U, 5U, 20U, 60U}) {
    for (size_t count = 1; count <= 9; ++count) {
      std::vector<PromptWork> prompts;
      for (size_t i = 0; i < count; ++i) {
        prompts.push_back({.rows = rows + 3 * static_cast<uint32_t>(i)});
      }
      const double best = Best(model, prompts, {}, count);
      const size_t complete = BatchShape(model, 0, 0, prompts, kPatient).Completing(10'000);
      ASSERT_GE(complete, 1U);
      EXPECT_NEAR(Best(model, prompts, {complete}, count - complete) / best, 1, 1e-9)
          << rows << " rows, " << count << " prompts, " << complete;
    }
  }
}

TEST(BatchShape, CompletesWhatTheBatchHolds) {
  const CostModel model = Known(kNoAttention);
  const std::vector<PromptWork> prompts = {{.rows = 20}, {.rows = 30}, {.rows = 5000}};
  EXPECT_EQ(BatchShape(model, 2, 2, prompts, kPatient).Completing(19), 0U);
  EXPECT_EQ(BatchShape(model, 2, 2, prompts, kPatient).Completing(20), 1U);
  EXPECT_LE(BatchShape(model, 2, 2, prompts, kPatient).Completing(512), 2U);
  EXPECT_EQ(BatchShape(model, 2, 2, {}, kPatient).Completing(512), 0U);
}

}  // namespace
}  // namespace bedplate::scheduler
