#include "wire/error.h"

#include <gtest/gtest.h>

namespace bedplate::wire {
namespace {

TEST(ToWireError, OnlyModelErrorsTellTheStatusOfTheModelsServer) {
  const auto told = [](Fault fault) {
    return ToWireError(nullptr, Error{.fault = fault, .message = "m", .upstream_status = 400})
        .original_status;
  };
  EXPECT_EQ(told(Fault::kModelError), 400);
  EXPECT_EQ(told(Fault::kModelStreamError), 400);
  // The other exceptions have no such member.
  EXPECT_EQ(told(Fault::kValidation), std::nullopt);
  EXPECT_EQ(told(Fault::kThrottling), std::nullopt);
  EXPECT_EQ(told(Fault::kModelTimeout), std::nullopt);
}

}  // namespace
}  // namespace bedplate::wire
