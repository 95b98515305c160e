#include "engine/inference/image_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <limits>
#include <optional>
#include <string>
#include <thread>

#include "engine/inference/image_ids.h"

namespace bedplate::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uint64_t kRowsBytes = 6 * sizeof(float);
constexpr uint64_t kChunkBytes = 100 + kRowsBytes;

class Chunk final : public ImageChunk {
 public:
  explicit Chunk(float value) : value_(value) {}
  uint32_t positions() const override { return 2; }
  uint64_t bytes() const override { return kChunkBytes; }
  float value() const { return value_; }

 private:
  float value_;
};

// Rows of three numbers, all of them the chunk's.
class SlowEncoder final : public ImageEncoder {
 public:
  Result<ImageRows> Encode(const ImageChunk& chunk, const std::function<bool()>& give_up) override {
    ++encoded_;
    while (held_ && !give_up()) std::this_thread::sleep_for(1ms);
    if (give_up()) {
      ++given_up_;
      return Fail(Fault::kModelError, "given up");
    }
    const float value = static_cast<const Chunk&>(chunk).value();
    if (value < 0) return Fail(Fault::kModelError, "told to fail");
    order_.push_back(value);
    return ImageRows(6, value);
  }

  std::atomic<bool> held_ = false;
  std::atomic<int> encoded_ = 0;
  std::atomic<int> given_up_ = 0;
  std::vector<float> order_;
};

class ImageLoopTest : public ::testing::Test {
 protected:
  using Answer = Result<std::vector<SharedRows>>;
  struct Asked {
    std::shared_ptr<ImageJob> job = std::make_shared<ImageJob>();
    std::shared_ptr<std::promise<Answer>> promise = std::make_shared<std::promise<Answer>>();
    Result<void> submitted{};
  };

  Asked Ask(const std::vector<float>& values) {
    Asked asked;
    for (const float value : values) {
      asked.job->stretches.push_back({.id = static_cast<TokenId>(-value * 10 - 100),
                                      .chunk = std::make_shared<const Chunk>(value)});
    }
    asked.job->done = [promise = asked.promise](Answer answer) {
      promise->set_value(std::move(answer));
    };
    asked.submitted = loop_->Submit(asked.job);
    return asked;
  }
  static Answer Wait(const Asked& asked) {
    auto future = asked.promise->get_future();
    EXPECT_EQ(future.wait_for(10s), std::future_status::ready);
    return future.get();
  }
  void WaitForEncoding(int count) {
    while (encoder_.encoded_ < count) std::this_thread::yield();
  }

  SlowEncoder encoder_;
  Counters counters_;
  std::unique_ptr<ImageLoop> loop_ = std::make_unique<ImageLoop>(
      encoder_,
      ImageLoop::Limits{
          .waiting_max = 4, .held_bytes_max = 4 * kChunkBytes, .kept_bytes_max = 3 * kRowsBytes},
      counters_);
};

TEST_F(ImageLoopTest, GivesRowsInOrder) {
  const auto rows = Wait(Ask({1, 2, 1}));
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ(*(*rows)[0], ImageRows(6, 1));
  EXPECT_EQ(*(*rows)[1], ImageRows(6, 2));
  EXPECT_EQ(*(*rows)[2], ImageRows(6, 1));
  EXPECT_EQ(counters_.images, 2U);  // the third was kept
}

TEST_F(ImageLoopTest, KeepsTheLastImagesWithinItsBound) {
  ASSERT_TRUE(Wait(Ask({1, 2, 3})));
  ASSERT_TRUE(Wait(Ask({1})));  // used, so later than 2
  ASSERT_TRUE(Wait(Ask({4})));  // 2 has to go
  EXPECT_EQ(encoder_.encoded_, 4);
  ASSERT_TRUE(Wait(Ask({1})));
  EXPECT_EQ(encoder_.encoded_, 4);
  ASSERT_TRUE(Wait(Ask({2})));
  EXPECT_EQ(encoder_.encoded_, 5);
}

TEST_F(ImageLoopTest, RequestsTakeTurns) {
  encoder_.held_ = true;
  const Asked first = Ask({1, 2, 3});
  WaitForEncoding(1);
  const Asked second = Ask({4});
  encoder_.held_ = false;
  ASSERT_TRUE(Wait(second));
  ASSERT_TRUE(Wait(first));
  EXPECT_EQ(encoder_.order_, (std::vector<float>{1, 4, 2, 3}));
}

TEST_F(ImageLoopTest, WhatNobodyWaitsForIsGivenUp) {
  encoder_.held_ = true;
  const Asked left = Ask({1, 2});
  WaitForEncoding(1);
  const Asked stays = Ask({3});
  left.job->abandoned = true;
  while (encoder_.given_up_ == 0) std::this_thread::yield();
  encoder_.held_ = false;
  EXPECT_TRUE(Wait(stays));
  EXPECT_EQ(encoder_.order_, std::vector<float>{3});
}

TEST_F(ImageLoopTest, TooManyThatWaitAreRefused) {
  encoder_.held_ = true;
  const Asked first = Ask({1, 2, 3});
  EXPECT_TRUE(first.submitted);
  EXPECT_FALSE(Ask({4, 5}).submitted);
  EXPECT_TRUE(Ask({4}).submitted);
  encoder_.held_ = false;
  ASSERT_TRUE(Wait(first));
  // One alone is taken whatever it has.
  Asked large = Ask({6, 7, 8, 9, 10, 11});
  while (!large.submitted) large = Ask({6, 7, 8, 9, 10, 11});
  EXPECT_TRUE(Wait(large));
}

TEST_F(ImageLoopTest, WhatRequestsHoldIsBoundedInBytes) {
  constexpr uint64_t kMost = 2 * kChunkBytes;
  loop_ = std::make_unique<ImageLoop>(
      encoder_, ImageLoop::Limits{.held_bytes_max = kMost, .kept_bytes_max = 0}, counters_);
  // One alone is taken whatever it has.
  std::optional<Answer> large = Wait(Ask({1, 2, 3, 4, 5, 6, 7}));
  ASSERT_TRUE(*large);
  // Its seven rows are held as long as it has them, and what they were made of no more.
  const Asked refused = Ask({8});
  ASSERT_FALSE(refused.submitted);
  EXPECT_EQ(refused.submitted.error().fault, Fault::kUnavailable);
  EXPECT_THAT(refused.submitted.error().message,
              AllOf(HasSubstr(std::to_string(7 * kRowsBytes)), HasSubstr(std::to_string(kMost))));
  (*large)->resize(2);
  std::optional<Answer> small = Wait(Ask({8}));
  ASSERT_TRUE(*small);
  EXPECT_EQ(*(*large)->front(), ImageRows(6, 1));
  small.reset();
  large.reset();
  encoder_.held_ = true;
  const Asked first = Ask({1});
  const Asked second = Ask({2});
  EXPECT_TRUE(second.submitted);
  EXPECT_FALSE(Ask({3}).submitted);  // both wait, and take more than rows do
  second.job->abandoned = true;
  encoder_.held_ = false;
  EXPECT_TRUE(Wait(first));
}

TEST_F(ImageLoopTest, RowsMayOutliveTheLoop) {
  auto rows = Wait(Ask({1}));
  loop_.reset();
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows->front(), ImageRows(6, 1));
}

TEST_F(ImageLoopTest, AFailureIsItsRequestsAlone) {
  EXPECT_FALSE(Wait(Ask({1, -1, 2})));
  EXPECT_TRUE(Wait(Ask({2})));
}

TEST_F(ImageLoopTest, StoppingTellsWhoWaits) {
  encoder_.held_ = true;
  const Asked running = Ask({1});
  WaitForEncoding(1);
  const Asked waiting = Ask({2});
  loop_.reset();
  EXPECT_EQ(Wait(running).error().fault, Fault::kUnavailable);
  EXPECT_EQ(Wait(waiting).error().fault, Fault::kUnavailable);
}

ImageDigest Digest(uint8_t first) {
  ImageDigest digest{};
  digest[0] = first;
  return digest;
}

TEST(ImageIds, EqualStretchesHaveEqualIdsAndOthersNever) {
  ImageIds ids;
  const TokenId first = *ids.IdOf(Digest(1), 0);
  EXPECT_LT(first, -1);
  const TokenId second = *ids.IdOf(Digest(1), 1);
  const TokenId other = *ids.IdOf(Digest(2), 0);
  EXPECT_NE(first, second);
  EXPECT_NE(first, other);
  EXPECT_EQ(*ids.IdOf(Digest(1), 0), first);
  EXPECT_EQ(*ids.IdOf(Digest(2), 0), other);
}

TEST(ImageIds, WhatIsForgottenGetsANewId) {
  ImageIds ids(2);
  const TokenId one = *ids.IdOf(Digest(1), 0);
  const TokenId two = *ids.IdOf(Digest(2), 0);
  EXPECT_EQ(*ids.IdOf(Digest(1), 0), one);  // used, so later than 2
  const TokenId three = *ids.IdOf(Digest(3), 0);
  EXPECT_EQ(*ids.IdOf(Digest(1), 0), one);
  const TokenId again = *ids.IdOf(Digest(2), 0);
  EXPECT_NE(again, two);
  EXPECT_NE(again, three);
}

TEST(ImageIds, NoIdIsGivenTwiceAtTheEndOfNumbers) {
  constexpr TokenId kLast = std::numeric_limits<TokenId>::min();
  ImageIds ids(1, kLast + 1);
  EXPECT_EQ(*ids.IdOf(Digest(1), 0), kLast + 1);
  EXPECT_EQ(ids.IdOf(Digest(2), 0).error().fault, Fault::kUnavailable);
}

}  // namespace
}  // namespace bedplate::engine
