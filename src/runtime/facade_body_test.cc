#include "runtime/facade_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

using testing::HasSubstr;

TEST(ReadFacadeBody, FindsModelAndStreamAmongTheRest) {
  const auto body = ReadFacadeBody(R"({"x":{"model":1},"stream":true,"model":"a\u002eb"})");
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(body->model, "a.b");
  EXPECT_TRUE(body->stream);
  EXPECT_FALSE(ReadFacadeBody(R"({"model":"a","stream":null})")->stream);
}

TEST(ReadFacadeBody, RefusesByName) {
  auto refusal = [](const std::string& body) {
    const auto read = ReadFacadeBody(body);
    return read ? std::string() : read.error().message;
  };
  EXPECT_THAT(refusal("{}"), HasSubstr("[model] not found"));
  EXPECT_THAT(refusal(R"({"model":null})"), HasSubstr("#/model: expected type: String"));
  EXPECT_THAT(refusal(R"({"model":"a","stream":1})"), HasSubstr("#/stream"));
  EXPECT_THAT(refusal(R"({"model":")" + std::string(3000, 'a') + "\"}"),
              HasSubstr("#/model: expected maxLength: 2048, actual: 3000"));
  EXPECT_THAT(refusal("[]"), HasSubstr("found: JSONArray"));
  for (const char* body : {"", "{", "no", R"({"model":"a"} x)", R"({"model":"a","model":"b"})"}) {
    EXPECT_THAT(refusal(body), HasSubstr("Malformed input request")) << body;
  }
}

}  // namespace
}  // namespace bedplate::runtime
