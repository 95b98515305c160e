#include "gateway/short_term_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "gateway/authenticate.h"
#include "gateway/testing/test_support.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
// Made with botocore as AWS's token generator for Python does: SigV4QueryAuth over a POST of
// https://bedrock.amazonaws.com/?Action=CallWithBearerToken with the credentials of kTestRoot, at
// 2023-11-14T22:13:20Z, for twelve hours.
const std::string kUrl =
    "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
    "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20231114%2Fus-east-1%2Fbedrock%2Faws4_request&"
    "X-Amz-Date=20231114T221320Z&X-Amz-Expires=43200&X-Amz-SignedHeaders=host&X-Amz-Signature="
    "014f5b638aba691bfda1bd85273962148945f50f82d72e2520531b856562cd03&Version=1";

class ShortTermKeyTest : public testing::Test {
 protected:
  std::string Verdict(const std::string& url) {
    std::string key = "bedrock-api-key-";
    AppendBase64(key, url);
    return VerdictOfKey(key);
  }
  std::string VerdictOfKey(const std::string& key) {
    EXPECT_TRUE(IsShortTermKey(key));
    const auto owner = MakerOfShortTermKey(key, {region_, identities_}, now_);
    if (owner) return (*owner)->owner->arn;
    EXPECT_EQ(owner.error().fault, sigv4::AuthFault::kAccessDenied);
    return owner.error().message;
  }
  // The URL of kTestRoot with one thing replaced, signed as it is then.
  std::string Signed(std::string path_and_query, int expires_s = 900,
                     std::string service = "bedrock") {
    const auto [path, query] = sigv4::SplitTarget(path_and_query);
    return "bedrock.amazonaws.com/?" +
           sigv4::PresignQuery(
               {kTestRoot.access_key_id, kTestRoot.secret_access_key, "", "us-east-1", service},
               {"POST", path, query, "bedrock.amazonaws.com", {}}, sigv4::kHashOfNothing, now_,
               expires_s) +
           "&Version=1";
  }

  const std::string invalid_ = "Authentication failed: Please make sure your API Key is valid.";
  account::Identities identities_{kTestRoot};
  std::string region_ = "us-east-1";
  sigv4::Seconds now_ = TestRequest().now;
};

TEST_F(ShortTermKeyTest, IsOfTheOwnerOfItsAccessKey) {
  EXPECT_EQ(Verdict(kUrl), "arn:aws:iam::123456789012:root");
  now_ += std::chrono::hours(12);
  EXPECT_EQ(Verdict(kUrl), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(Verdict(Signed("/?Action=CallWithBearerToken")), "arn:aws:iam::123456789012:root");
}

TEST_F(ShortTermKeyTest, Expires) {
  now_ += std::chrono::hours(12) + std::chrono::seconds(1);
  EXPECT_EQ(Verdict(kUrl), "Bearer Token has expired");
}

TEST_F(ShortTermKeyTest, IsInvalidWhenAnythingOfItIsChanged) {
  for (size_t i = 0; i < kUrl.size() - std::string("&Version=1").size(); ++i) {
    std::string changed = kUrl;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(Verdict(changed), invalid_) << changed;
  }
}

TEST_F(ShortTermKeyTest, IsInvalidForAnotherRegionServiceActionOrLength) {
  EXPECT_EQ(Verdict(Signed("/?Action=CallWithBearerToken", 900, "s3")), invalid_);
  EXPECT_EQ(Verdict(Signed("/?Action=Other")), invalid_);
  EXPECT_EQ(Verdict(Signed("/?Action=CallWithBearerToken", 43'201)), invalid_);
  region_ = "eu-west-1";
  EXPECT_EQ(Verdict(kUrl), invalid_);
}

TEST_F(ShortTermKeyTest, IsInvalidWhenItIsNoUrl) {
  EXPECT_EQ(VerdictOfKey("bedrock-api-key-"), invalid_);
  EXPECT_EQ(VerdictOfKey("bedrock-api-key-not base64!"), invalid_);
  EXPECT_EQ(Verdict("hello"), invalid_);
  EXPECT_EQ(Verdict("bedrock.amazonaws.com/?Action=CallWithBearerToken"), invalid_);
  EXPECT_FALSE(IsShortTermKey("ABSKsomething"));
}

}  // namespace
}  // namespace bedplate::gateway
