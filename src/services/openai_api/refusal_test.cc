#include "services/openai_api/refusal.h"

#include <gtest/gtest.h>

#include "services/openai_api/kept_response.h"

namespace bedplate::services::openai_api {
namespace {

TEST(MemberIn, FindsThePlaceInEitherWayOfWriting) {
  EXPECT_EQ(MemberIn("Malformed input request: #/a/0/b: no, please"), "a[0].b");
  EXPECT_EQ(MemberIn("Malformed input request: #: required key [model] not found, please"),
            "model");
  EXPECT_EQ(MemberIn("Malformed input request: Expected a value at byte 0: x"), "");
  EXPECT_EQ(MemberIn("The model returned the following errors: messages[0].role: expected"),
            "messages[0].role");
  EXPECT_EQ(MemberIn("The model returned the following errors: it failed: badly"), "");
  EXPECT_EQ(MemberIn("Something else: x"), "");
}

TEST(KeptRequest, GoesOnWithAnEarlierConversation) {
  auto request = KeptRequest::Read(R"({"input":"b","previous_response_id":"r"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->previous_id(), "r");
  EXPECT_TRUE(request->store());
  ASSERT_TRUE(request->GoOn(R"([{"role":"user","content":"a"}])"));
  const std::string input = R"([{"role":"user","content":"a"},{"role":"user","content":"b"}])";
  EXPECT_EQ(request->Body(), R"({"input":)" + input + R"(,"previous_response_id":"r"})");
  const auto kept = request->Keep(R"({"id":"s","output":[{"type":"message"}]})");
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->id, "s");
  EXPECT_EQ(kept->items, input.substr(0, input.size() - 1) + R"(,{"type":"message"}])");
}

TEST(KeptRequest, IsKeptUnlessItSaysNo) {
  EXPECT_TRUE(KeptRequest::Read(R"({"store":null})")->store());
  EXPECT_TRUE(KeptRequest::Read(R"({"store":true})")->store());
  EXPECT_FALSE(KeptRequest::Read(R"({"store":false})")->store());
  EXPECT_EQ(KeptRequest::Read("{}")->previous_id(), std::nullopt);
  // What is no input stays, for the format to refuse.
  auto request = KeptRequest::Read(R"({"input":5})");
  ASSERT_TRUE(request->GoOn("[]"));
  EXPECT_EQ(request->Body(), R"({"input":5})");
}

}  // namespace
}  // namespace bedplate::services::openai_api
