#include "gateway/version2_signature.h"

#include <gtest/gtest.h>

#include <string>

namespace bedplate::gateway {
namespace {

using wire::sigv4::AuthFault;
using wire::sigv4::Seconds;

// The key and request of the example of the specification; signed with Python.
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kQuery =
    "?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=1No4mq5ETf02z8aet9voy6gui6E%3D"
    "&Expires=1175139620";
const Seconds kBefore{std::chrono::seconds(1'175'139'619)};
constexpr std::string_view kBucket = "awsexamplebucket1";

class Version2SignatureTest : public testing::Test {
 protected:
  // "valid", or why not.
  std::string Check(std::string target, Seconds now = kBefore, std::string_view secret = kSecret,
                    std::string_view bucket = kBucket) {
    request_.method = method_;
    request_.target = std::move(target);
    const Passage passage(request_);
    const auto claim = ReadVersion2Claim(passage);
    if (!claim) return claim.error().message;
    if (!*claim) return "no claim";
    const auto checked = CheckVersion2(**claim, passage, bucket, secret, now);
    return checked ? "valid" : checked.error().message;
  }
  bool Holds(const std::string& words, const std::string& text) {
    return text.find(words) != std::string::npos;
  }

  std::string method_ = "GET";
  net::Request request_;
};

TEST_F(Version2SignatureTest, TakesTheExampleOfTheSpecification) {
  EXPECT_EQ(Check("/photos/puppy.jpg" + std::string(kQuery)), "valid");
  // The same bucket by its path.
  EXPECT_EQ(
      Check("/awsexamplebucket1/photos/puppy.jpg" + std::string(kQuery), kBefore, kSecret, {}),
      "valid");
}

TEST_F(Version2SignatureTest, RefusesEverythingElse) {
  const std::string query(kQuery);
  const auto differs = [&](const std::string& said) { return Holds("does not match", said); };
  EXPECT_TRUE(differs(Check("/photos/other.jpg" + query)));
  EXPECT_TRUE(differs(Check("/photos/puppy.jpg" + query + "&versionId=1")));
  EXPECT_TRUE(differs(Check("/photos/puppy.jpg" + query + "&x-amz-acl=private")));
  EXPECT_TRUE(differs(Check("/photos/puppy.jpg" + query, kBefore, "another")));
  EXPECT_TRUE(differs(Check("/photos/puppy.jpg" + query, kBefore, kSecret, "other")));
  EXPECT_EQ(Check("/photos/puppy.jpg" + query, kBefore + std::chrono::seconds(2)),
            "Request has expired");
  method_ = "PUT";
  EXPECT_TRUE(differs(Check("/photos/puppy.jpg" + query)));
  method_ = "GET";
  request_.headers.Set("x-amz-meta-a", "1");
  EXPECT_TRUE(differs(Check("/photos/puppy.jpg" + query)));
}

TEST_F(Version2SignatureTest, ReadsOnlyWhatIsWhole) {
  EXPECT_EQ(Check("/k"), "no claim");
  EXPECT_TRUE(Holds("requires the Signature", Check("/k?AWSAccessKeyId=A&Expires=1")));
  EXPECT_TRUE(Holds("requires the Signature", Check("/k?AWSAccessKeyId=A&Signature=a")));
  for (const char* wrong : {"", "x", "1x", "99999999999999999999"}) {
    EXPECT_TRUE(Holds("Invalid date",
                      Check(std::string("/k?AWSAccessKeyId=A&Signature=a&Expires=") + wrong)));
  }
}

}  // namespace
}  // namespace bedplate::gateway
