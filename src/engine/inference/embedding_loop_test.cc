#include "engine/inference/embedding_loop.h"

#include <gtest/gtest.h>

#include <future>

namespace bedplate::engine {
namespace {

using Outcome = Result<std::vector<Vector>>;

// The vector of an input is its first token and its length.
class EmbeddingLoopTest : public ::testing::Test {
 protected:
  EmbeddingLoop& Loop(size_t waiting_max = 1000) {
    if (!loop_) {
      loop_ = std::make_unique<EmbeddingLoop>(
          [this](std::span<const std::span<const TokenId>> inputs, uint32_t adapter) {
            adapters_.push_back(adapter);
            return Embed(inputs);
          },
          EmbeddingLoop::Limits{.inputs_max = 4, .tokens_max = 10, .waiting_max = waiting_max},
          counters_);
    }
    return *loop_;
  }

  Outcome Embed(std::span<const std::span<const TokenId>> inputs) {
    gate_.get_future().wait();
    gate_ = std::promise<void>();
    if (open_) gate_.set_value();
    std::vector<Vector> vectors;
    batches_.emplace_back();
    for (const auto input : inputs) {
      if (input[0] == 666) return Fail(Fault::kModelError, "told to fail");
      vectors.push_back({static_cast<float>(input[0]), static_cast<float>(input.size())});
      batches_.back().push_back(input[0]);
    }
    return vectors;
  }
  void Open() {
    open_ = true;
    gate_.set_value();
  }

  std::pair<std::shared_ptr<EmbeddingJob>, std::future<Outcome>> Job(
      std::vector<std::vector<TokenId>> inputs) {
    auto job = std::make_shared<EmbeddingJob>();
    job->inputs = std::move(inputs);
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    job->done = [promise](Outcome outcome) { promise->set_value(std::move(outcome)); };
    return {job, std::move(future)};
  }

  Counters counters_;
  std::promise<void> gate_;
  std::atomic<bool> open_ = false;
  std::vector<std::vector<TokenId>> batches_;
  std::vector<uint32_t> adapters_;  // of each batch
  std::unique_ptr<EmbeddingLoop> loop_;
};

TEST_F(EmbeddingLoopTest, VectorsComeInTheOrderOfTheInputs) {
  auto [job, future] = Job({{5, 1}, {6}, {7, 1, 1}, {8}, {9}, {10}});
  ASSERT_TRUE(Loop().Submit(job));
  Open();
  const Outcome outcome = future.get();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(*outcome, (std::vector<Vector>{{5, 2}, {6, 1}, {7, 3}, {8, 1}, {9, 1}, {10, 1}}));
  EXPECT_EQ(counters_.embedding_inputs.load(), 6U);
  EXPECT_EQ(counters_.embedding_tokens.load(), 9U);
}

TEST_F(EmbeddingLoopTest, RequestsTakeTurnsAndBatchesAreBounded) {
  auto [first, first_future] = Job({{1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}});
  ASSERT_TRUE(Loop().Submit(first));  // the first batch is out before the others come
  auto [second, second_future] = Job({{2}, {2}});
  auto [third, third_future] = Job({std::vector<TokenId>(9, 3)});
  while (counters_.running == 0) std::this_thread::yield();
  ASSERT_TRUE(Loop().Submit(second));
  ASSERT_TRUE(Loop().Submit(third));
  Open();
  EXPECT_TRUE(first_future.get());
  EXPECT_TRUE(second_future.get());
  EXPECT_TRUE(third_future.get());
  loop_.reset();
  EXPECT_EQ(batches_, (std::vector<std::vector<TokenId>>{{1, 1, 1, 1}, {1, 2}, {3, 1}, {2, 1, 1}}));
}

TEST_F(EmbeddingLoopTest, ABatchHasOneAdapterAndAdaptersTakeTurns) {
  auto [first, first_future] = Job({{1}});
  ASSERT_TRUE(Loop().Submit(first));  // out before the others come
  while (counters_.running == 0) std::this_thread::yield();
  auto [many, many_future] = Job({{2}, {2}, {2}, {2}, {2}, {2}, {2}});
  auto [adapted, adapted_future] = Job({{3}, {3}});
  adapted->adapter = 1;
  auto [more, more_future] = Job({{4}});
  for (const auto& job : {many, adapted, more}) ASSERT_TRUE(Loop().Submit(job));
  Open();
  for (auto* future : {&first_future, &many_future, &adapted_future, &more_future}) {
    EXPECT_TRUE(future->get());
  }
  loop_.reset();
  EXPECT_EQ(batches_, (std::vector<std::vector<TokenId>>{{1}, {2, 4, 2, 2}, {3, 3}, {2, 2, 2, 2}}));
  EXPECT_EQ(adapters_, (std::vector<uint32_t>{0, 0, 1, 0}));
}

TEST_F(EmbeddingLoopTest, AFailureIsToldOnceToEachOfTheBatch) {
  auto [bad, bad_future] = Job({{666}, {1}});
  auto [good, good_future] = Job({{2}, {3}, {4}, {5}});
  ASSERT_TRUE(Loop().Submit(bad));
  Open();
  EXPECT_FALSE(bad_future.get());
  ASSERT_TRUE(Loop().Submit(good));
  EXPECT_TRUE(good_future.get());
}

TEST_F(EmbeddingLoopTest, AbandonedJobsAreSkipped) {
  auto [first, first_future] = Job({{1}, {1}, {1}, {1}, {1}, {1}});
  ASSERT_TRUE(Loop().Submit(first));
  while (counters_.running == 0) std::this_thread::yield();
  first->abandoned = true;
  auto [second, second_future] = Job({{2}});
  ASSERT_TRUE(Loop().Submit(second));
  Open();
  EXPECT_TRUE(second_future.get());
  loop_.reset();
  EXPECT_EQ(batches_, (std::vector<std::vector<TokenId>>{{1, 1, 1, 1}, {2}}));
}

TEST_F(EmbeddingLoopTest, TooManyInputsAreRefused) {
  auto [job, future] = Job({{1}, {1}, {1}});
  const Result<void> submitted = Loop(2).Submit(job);
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().fault, Fault::kUnavailable);
}

TEST_F(EmbeddingLoopTest, StoppingFailsWhatWaits) {
  auto [first, first_future] = Job({{1}});
  auto [second, second_future] = Job({{2}});
  ASSERT_TRUE(Loop().Submit(first));
  while (counters_.running == 0) std::this_thread::yield();
  ASSERT_TRUE(Loop().Submit(second));
  std::thread stopper([&] { loop_.reset(); });
  Open();
  stopper.join();
  EXPECT_TRUE(first_future.get());
  second_future.get();  // either way it was told
}

}  // namespace
}  // namespace bedplate::engine
