#include "base/byte_budget.h"

#include <gtest/gtest.h>

#include <optional>

namespace bedplate {
namespace {

TEST(ByteBudget, IsWhatAllHoldTogether) {
  ByteBudget budget(10);
  std::optional<ByteBudget::Share> first(std::in_place);
  ByteBudget::Share second;
  EXPECT_TRUE(budget.Set(*first, 6));
  EXPECT_TRUE(budget.Set(second, 4));
  EXPECT_FALSE(budget.Set(second, 5));
  EXPECT_EQ(budget.taken(), 11U);
  first.reset();
  EXPECT_EQ(budget.taken(), 5U);
  EXPECT_TRUE(budget.Set(second, 10));
}

TEST(ByteBudget, TakingLessIsAlwaysRight) {
  ByteBudget budget(10);
  ByteBudget::Share share;
  EXPECT_FALSE(budget.Set(share, 20));
  EXPECT_TRUE(budget.Set(share, 15));
  EXPECT_EQ(share.bytes(), 15U);
  EXPECT_TRUE(budget.Set(share, 3));
  EXPECT_EQ(budget.taken(), 3U);
}

}  // namespace
}  // namespace bedplate
