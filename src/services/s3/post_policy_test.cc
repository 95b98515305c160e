#include "services/s3/post_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"

namespace bedplate::services::s3 {
namespace {

Result<PostPolicy> Read(std::string_view json) {
  std::string base64;
  AppendBase64(base64, json);
  return ReadPostPolicy(base64);
}

Result<PostPolicy> ReadConditions(std::string_view conditions) {
  return Read(std::string(R"({"expiration": "2030-01-01T00:00:00.000Z", "conditions": )")
                  .append(conditions)
                  .append("}"));
}

PostForm FormOf(const std::vector<std::pair<std::string, std::string>>& fields) {
  PostForm form("B");
  std::string body;
  for (const auto& [name, value] : fields) {
    body += "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  }
  body += "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
  std::string file;
  EXPECT_TRUE(form.Push(body, file));
  return form;
}

// What the check says, or "allowed".
std::string Check(std::string_view conditions,
                  const std::vector<std::pair<std::string, std::string>>& fields,
                  int64_t now_s = 0) {
  const auto policy = ReadConditions(conditions);
  if (!policy) return policy.error().message;
  const auto checked = CheckPostPolicy(*policy, FormOf(fields), "bucket", now_s);
  return checked ? "allowed" : checked.error().message;
}

TEST(PostPolicyTest, ReadsTimesAndLengths) {
  const auto policy = ReadConditions(
      R"([["content-length-range", 1, 100], ["Content-Length-Range", "5", "2000"]])");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->expires_at_s, 1'893'456'000);
  // The narrower of two.
  EXPECT_EQ(policy->bytes_min, 5u);
  EXPECT_EQ(policy->bytes_max, 100u);
  EXPECT_TRUE(CheckNotTooSmall(*policy, 5));
  EXPECT_EQ(CheckNotTooSmall(*policy, 4).error().type, "EntityTooSmall");
  EXPECT_TRUE(CheckNotTooLarge(*policy, 100));
  EXPECT_EQ(CheckNotTooLarge(*policy, 101).error().type, "EntityTooLarge");
}

TEST(PostPolicyTest, RefusesWhatIsNone) {
  EXPECT_EQ(ReadPostPolicy("no base64!").error().message,
            "Invalid Policy: Invalid Base64 Encoding.");
  for (const char* json :
       {"", "x", "[]", "{}", R"({"expiration": "2030-01-01T00:00:00Z"})", R"({"conditions": []})",
        R"({"expiration": 1, "conditions": []})", R"({"expiration": "then", "conditions": []})"}) {
    const auto policy = Read(json);
    ASSERT_FALSE(policy) << json;
    EXPECT_EQ(policy.error().type, "InvalidPolicyDocument");
  }
  for (const char* conditions :
       {"{}", "[1]", "[[]]", R"([["eq"]])", R"([["eq", "key", "k"]])", R"([["eq", "$", "k"]])",
        R"([["eq", "$key", 1]])", R"([["eq", "$key", "k", "l"]])", R"([{}])", R"([{"a": 1}])",
        R"([["content-length-range", 1]])", R"([["content-length-range", 2, 1]])",
        R"([["content-length-range", 0, 1e30]])", R"([["content-length-range", 0.5, 1]])"}) {
    EXPECT_FALSE(ReadConditions(conditions)) << conditions;
  }
}

TEST(PostPolicyTest, ItsConditionsMustBeMet) {
  EXPECT_EQ(Check(R"([{"key": "k"}])", {{"key", "k"}}), "allowed");
  EXPECT_EQ(Check(R"([{"KEY": "k"}, {"bucket": "bucket"}])", {{"Key", "k"}}), "allowed");
  EXPECT_EQ(Check(R"([{"key": "k"}])", {{"key", "K"}}),
            R"(Invalid according to Policy: Policy Condition failed: ["eq","$key","k"])");
  EXPECT_EQ(Check(R"([{"bucket": "other"}])", {{"bucket", "other"}}),
            R"(Invalid according to Policy: Policy Condition failed: ["eq","$bucket","other"])");
  EXPECT_EQ(Check(R"([["starts-with", "$key", "a/"]])", {{"key", "a/b"}}), "allowed");
  EXPECT_NE(Check(R"([["starts-with", "$key", "a/"]])", {{"key", "b/a/"}}), "allowed");
  EXPECT_NE(Check(R"([["starts-with", "$key", "a/"]])", {}), "allowed");
  EXPECT_EQ(Check(R"([["starts-with", "$acl", ""]])", {}), "allowed");
  EXPECT_NE(Check(R"([{"acl": "private"}])", {}), "allowed");
}

TEST(PostPolicyTest, OfContentTypesEachMustBegin) {
  constexpr std::string_view kConditions = R"([["starts-with", "$Content-Type", "image/"]])";
  EXPECT_EQ(Check(kConditions, {{"content-type", "image/png, image/gif"}}), "allowed");
  EXPECT_NE(Check(kConditions, {{"content-type", "image/png, text/html"}}), "allowed");
}

TEST(PostPolicyTest, EveryFieldNeedsACondition) {
  EXPECT_EQ(Check(R"([["starts-with", "$key", ""]])", {{"key", "k"},
                                                       {"x-amz-meta-a", "1"},
                                                       {"x-ignore-b", "2"},
                                                       {"policy", "p"},
                                                       {"signature", "s"},
                                                       {"AWSAccessKeyId", "i"},
                                                       {"submit", "Send"}}),
            "Invalid according to Policy: Extra input fields: x-amz-meta-a, submit");
}

TEST(PostPolicyTest, ItIsOverWhenItSays) {
  EXPECT_EQ(Check("[]", {}, 1'893'455'999), "allowed");
  EXPECT_EQ(Check("[]", {}, 1'893'456'000), "Invalid according to Policy: Policy expired.");
}

TEST(PostPolicyTest, DollarSignsMayBeEscaped) {
  EXPECT_EQ(Check(R"([{"key": "\$1\\\n\u0041"}])", {{"key", "$1\\\nA"}}), "allowed");
}

}  // namespace
}  // namespace bedplate::services::s3
