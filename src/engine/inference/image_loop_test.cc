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
    if (future.wait_for(10s) == std::future_status::ready) return future.get();
    ADD_FAILURE() << "no answer comes";
    return Fail(Fault::kUnavailable, "no answer");
  }
  void Restart(const ImageLoop::Limits& limits) {
    loop_ = std::make_unique<ImageLoop>(encoder_, limits, counters_);
  }
  void WaitForEncoding(int count) {
    while (encoder_.encoded_ < count) std::this_thread::yield();
  }

  SlowEncoder encoder_;
  Counters counters_;
  std::unique_ptr<ImageLoop> loop_ = std::make_unique<ImageLoop>(
      encoder_,
      ImageLoop::Limits{.held_bytes_max = 4 * kChunkBytes, .kept_bytes_max = 3 * kRowsBytes},
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

TEST_F(ImageLoopTest, OneAloneIsTakenWhateverItHas) {
  Restart({.encoding_max = 2, .held_bytes_max = 1, .waiting_max = 0, .kept_bytes_max = 0});
  EXPECT_TRUE(Wait(Ask({1, 2, 3, 4, 5, 6, 7})));
}

TEST_F(ImageLoopTest, TooManyToEncodeAtOnceWait) {
  Restart({.encoding_max = 4});
  encoder_.held_ = true;
  const Asked first = Ask({1, 2, 3});
  WaitForEncoding(1);
  const Asked waits = Ask({4, 5});
  const Asked does_not_pass = Ask({6});
  encoder_.held_ = false;
  ASSERT_TRUE(Wait(first));
  ASSERT_TRUE(Wait(waits));
  ASSERT_TRUE(Wait(does_not_pass));
  // The second is taken as soon as two are left, and the third as soon as three are.
  EXPECT_EQ(encoder_.order_, (std::vector<float>{1, 2, 4, 3, 6, 5}));
}

TEST_F(ImageLoopTest, WhatHasNoRoomWaitsInItsOrder) {
  Restart({.held_bytes_max = 2 * kChunkBytes, .kept_bytes_max = 0});
  std::optional<Answer> holds = Wait(Ask({1}));
  const Asked large = Ask({2, 3});
  const Asked small = Ask({4});  // has room, and does not pass the other
  const Asked last = Ask({5, 6});
  EXPECT_TRUE(large.submitted);
  EXPECT_EQ(encoder_.order_, std::vector<float>{1});
  holds.reset();
  {
    const Answer rows = Wait(large);
    ASSERT_TRUE(rows);
    EXPECT_EQ(*rows->back(), ImageRows(6, 3));
  }
  ASSERT_TRUE(Wait(small));
  ASSERT_TRUE(Wait(last));
  EXPECT_EQ(encoder_.order_, (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(ImageLoopTest, RowsLeaveRoomPieceByPiece) {
  Restart({.held_bytes_max = kChunkBytes + 2 * kRowsBytes, .kept_bytes_max = 0});
  Answer holds = Wait(Ask({1, 2, 3, 4, 5, 6, 7}));
  ASSERT_TRUE(holds);
  const Asked waits = Ask({8});
  holds->resize(2);
  EXPECT_TRUE(Wait(waits));
  EXPECT_EQ(*holds->front(), ImageRows(6, 1));
}

TEST_F(ImageLoopTest, RowsThatRequestsShareCountOnce) {
  Restart({.held_bytes_max = 2 * kChunkBytes + kRowsBytes});
  const Answer first = Wait(Ask({1}));
  const Answer second = Wait(Ask({1, 1}));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->front(), first->front());
  EXPECT_TRUE(Wait(Ask({2, 3})));  // has room beside rows that count once
}

TEST_F(ImageLoopTest, KeptRowsCountWhereARequestHasThem) {
  Restart({.held_bytes_max = kChunkBytes, .waiting_max = 0});
  ASSERT_TRUE(Wait(Ask({1})));
  ASSERT_TRUE(Wait(Ask({2})));  // what is only kept takes no room
  const Answer has = Wait(Ask({1}));
  EXPECT_EQ(encoder_.encoded_, 2);
  EXPECT_FALSE(Ask({3}).submitted);
}

TEST_F(ImageLoopTest, SoManyMayWait) {
  Restart({.held_bytes_max = 1, .waiting_max = 2, .waiting_bytes_max = 4 * kChunkBytes});
  std::optional<Answer> holds = Wait(Ask({1}));
  const Asked large = Ask({2, 3, 4, 5, 6});  // one alone waits whatever it has
  ASSERT_TRUE(large.submitted);
  const Asked too_large = Ask({7});
  ASSERT_FALSE(too_large.submitted);
  EXPECT_EQ(too_large.submitted.error().fault, Fault::kUnavailable);
  EXPECT_THAT(too_large.submitted.error().message,
              AllOf(HasSubstr(std::to_string(5 * kChunkBytes)),
                    HasSubstr(std::to_string(4 * kChunkBytes))));
  large.job->abandoned = true;  // makes room for others that wait
  const Asked second = Ask({7});
  const Asked third = Ask({8});
  EXPECT_TRUE(third.submitted);
  const Asked too_many = Ask({9});
  ASSERT_FALSE(too_many.submitted);
  EXPECT_THAT(too_many.submitted.error().message, HasSubstr("2 requests"));
  holds.reset();
  EXPECT_TRUE(Wait(second));
  EXPECT_TRUE(Wait(third));
  EXPECT_EQ(encoder_.order_, (std::vector<float>{1, 7, 8}));
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
  const Asked has_no_room = Ask({3, 4, 5, 6});
  loop_.reset();
  EXPECT_EQ(Wait(running).error().fault, Fault::kUnavailable);
  EXPECT_EQ(Wait(waiting).error().fault, Fault::kUnavailable);
  EXPECT_THAT(Wait(has_no_room).error().message, HasSubstr("stopping"));
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
