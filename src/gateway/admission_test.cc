#include "gateway/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::gateway {
namespace {

TEST(Admission, RefusesOneTooManyAndSaysWhy) {
  Admission admission(2);
  auto first = admission.Enter();
  ASSERT_TRUE(first);
  {
    const auto second = admission.Enter();
    ASSERT_TRUE(second);
    const auto third = admission.Enter();
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().status, 429);
    EXPECT_EQ(third.error().type, "ThrottlingException");
    EXPECT_EQ(third.error().retry_after_s, 1);
    EXPECT_THAT(third.error().message, testing::HasSubstr("at most 2 at the same time"));
    EXPECT_THAT(third.error().message, testing::HasSubstr("limits.in_flight_max"));
  }
  EXPECT_TRUE(admission.Enter());  // the second has left, the third never came in
}

}  // namespace
}  // namespace bedplate::gateway
