#include "gateway/body_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace bedplate::gateway {
namespace {

constexpr uint64_t kMebibyte = 1 << 20;

TEST(BodyBudget, RefusesWhatIsTooMuchTogetherAndSaysWhy) {
  ByteBudget bytes(3 * kMebibyte);
  BodyBudget budget(bytes);
  std::optional<BodyBudget::Share> first(std::in_place);
  BodyBudget::Share second;
  EXPECT_TRUE(budget.Grow(*first, kMebibyte));
  EXPECT_TRUE(budget.Grow(*first, 2 * kMebibyte));
  EXPECT_TRUE(budget.Grow(second, kMebibyte));
  {
    BodyBudget::Share third;
    const auto refused = budget.Grow(third, kMebibyte);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, 429);
    EXPECT_EQ(refused.error().type, "ThrottlingException");
    EXPECT_EQ(refused.error().retry_after_s, 1);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("limits.bodies_bytes_max"));
  }
  first.reset();  // and what the third asked for is given back too
  EXPECT_TRUE(budget.Grow(second, 3 * kMebibyte));
}

TEST(BodyBudget, DoesNotCountSmallBodies) {
  ByteBudget bytes(0);
  BodyBudget budget(bytes);
  BodyBudget::Share share;
  EXPECT_TRUE(budget.Grow(share, BodyBudget::kUncountedBytes));
  EXPECT_FALSE(budget.Grow(share, BodyBudget::kUncountedBytes + 1));
}

}  // namespace
}  // namespace bedplate::gateway
