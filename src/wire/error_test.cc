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

TEST(ToWireError, NamesAnErrorByItsOwnNameWhereItHasOne) {
  constexpr Shape kDeclared{
      .name = "NoSuchUploadException", .error_status = 404, .error_code = "NoSuchUpload"};
  constexpr Shape kOther{
      .name = "NotFoundException", .error_status = 404, .error_code = "NotFoundException"};
  const Shape* const errors[] = {&kOther, &kDeclared};
  const Operation operation{.errors = errors};
  const WireError declared = ToWireError(
      &operation,
      Error{.fault = Fault::kNotFound, .message = "m", .type = "NoSuchUploadException"});
  EXPECT_EQ(declared.type, "NoSuchUploadException");
  EXPECT_EQ(declared.code, "NoSuchUpload");
  EXPECT_EQ(declared.status, 404);
  // No model declares this one: it says its status itself.
  const WireError own = ToWireError(
      &operation,
      Error{.fault = Fault::kValidation, .message = "m", .type = "InvalidRange", .status = 416});
  EXPECT_EQ(own.type, "InvalidRange");
  EXPECT_EQ(own.status, 416);
  EXPECT_EQ(ToWireError(&operation, Error{.fault = Fault::kNotFound, .message = "m"}).type,
            "NotFoundException");
}

}  // namespace
}  // namespace bedplate::wire
