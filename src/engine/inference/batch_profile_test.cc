#include "engine/inference/batch_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "base/testing/fake_clock.h"

namespace bedplate::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Takes some time for each batch and each row, and more for the first batch.
class TimedDecoder final : public Decoder {
 public:
  explicit TimedDecoder(FakeClock& clock) : clock_(clock) {}

  Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>& /*give_up*/) override {
    EXPECT_EQ(cells, 0U);
    batches.push_back(static_cast<uint32_t>(rows.tokens.size()));
    clock_.Advance(batch + row * rows.tokens.size() + (batches.size() == 1 ? first : 0ms));
    for (size_t i = 0; i < rows.tokens.size(); ++i) {
      EXPECT_EQ(rows.positions[i], static_cast<int32_t>(i));
      EXPECT_EQ(rows.sequences[i], 0);
      EXPECT_EQ(rows.outputs[i], i + 1 == rows.tokens.size());
      tokens.insert(rows.tokens[i]);
    }
    cells = static_cast<uint32_t>(rows.tokens.size());
    if (batches.size() == fails_at) return Fail(Fault::kModelError, "told to fail");
    return {};
  }
  std::span<float> Logits(size_t /*row*/) override { return logits_; }
  void CopySequence(int32_t, int32_t, int32_t, int32_t) override { ADD_FAILURE(); }
  void Clear() override {}
  void RemoveSequence(int32_t sequence, int32_t begin, int32_t end) override {
    EXPECT_EQ(sequence, 0);
    EXPECT_EQ(begin, 0);
    EXPECT_GE(end, static_cast<int32_t>(cells));
    cells = 0;
  }

  std::chrono::milliseconds first{0};
  std::chrono::milliseconds batch{5};
  std::chrono::microseconds row{500};
  size_t fails_at = 0;
  uint32_t cells = 0;
  std::vector<uint32_t> batches;
  std::set<TokenId> tokens;

 private:
  FakeClock& clock_;
  float logits_[1] = {0};
};

class BatchProfileTest : public ::testing::Test {
 protected:
  std::vector<scheduler::Measured> Measure(uint32_t rows_max = 512) {
    auto measured = MeasureBatches(
        decoder_, {.budget = 200ms, .rows_max = rows_max, .vocabulary_size = 100}, clock_);
    EXPECT_EQ(decoder_.cells, 0U);
    return measured;
  }

  FakeClock clock_;
  TimedDecoder decoder_{clock_};
};

TEST_F(BatchProfileTest, MeasuresLargerBatchesWhileTheBudgetLasts) {
  decoder_.first = 300ms;
  const auto measured = Measure();
  EXPECT_THAT(decoder_.batches, ElementsAre(1, 1, 8, 32, 128));
  ASSERT_EQ(measured.size(), 4U);
  EXPECT_EQ(measured[3].rows, 128U);
  EXPECT_EQ(measured[3].seen, 128U * 129 / 2);
  EXPECT_DOUBLE_EQ(measured[0].seconds, 0.0055);
  EXPECT_DOUBLE_EQ(measured[3].seconds, 0.069);
  EXPECT_EQ(decoder_.tokens.size(), 100U);
}

TEST_F(BatchProfileTest, TakesNoLongerOnASlowMachine) {
  decoder_.batch = 40ms;
  decoder_.row = 10ms;
  EXPECT_EQ(Measure().size(), 2U);
  EXPECT_THAT(decoder_.batches, ElementsAre(1, 1, 2));
}

TEST_F(BatchProfileTest, AVerySlowModelIsLeftAlone) {
  decoder_.batch = 1500ms;
  EXPECT_THAT(Measure(), IsEmpty());
  EXPECT_THAT(decoder_.batches, ElementsAre(1));
}

TEST_F(BatchProfileTest, KeepsWithinWhatABatchMayBe) {
  decoder_.row = 1us;
  Measure(40);
  EXPECT_THAT(decoder_.batches, ElementsAre(1, 1, 8, 32));
}

TEST_F(BatchProfileTest, EndsWithABatchThatFails) {
  decoder_.fails_at = 3;
  EXPECT_EQ(Measure().size(), 1U);
}

TEST_F(BatchProfileTest, NothingWithoutABudget) {
  EXPECT_THAT(MeasureBatches(decoder_, {}, clock_), IsEmpty());
  EXPECT_THAT(decoder_.batches, IsEmpty());
}

}  // namespace
}  // namespace bedplate::engine
