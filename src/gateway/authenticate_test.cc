#include "gateway/authenticate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "gateway/testing/test_support.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using sigv4::AuthFault;
using testing::HasSubstr;

const wire::Operation kConverse{
    .name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse"};
const wire::Service kRuntime{.name = "bedrock-runtime", .signing_name = "bedrock", .bearer = true};
const wire::Service kAgents{.name = "bedrock-agent", .signing_name = "bedrock"};

class AuthenticateTest : public testing::Test {
 protected:
  // Authenticates with the body as it is; "root" when it passes.
  std::string Verdict(const TestRequest& test, AuthFault fault = AuthFault::kInvalidSignature) {
    net::Request request = test.ToRequest();
    Passage passage(request);
    passage.match.service = service_;
    passage.match.operation = &kConverse;
    auto known = Authenticate(passage, {kTestRegion, identities_}, now_);
    if (known) known = CheckProofWithBody(passage, sigv4::HashOf(test.body));
    if (!known) {
      EXPECT_EQ(known.error().fault, fault) << known.error().message;
      return known.error().message;
    }
    if (passage.principal == nullptr) return "nobody";
    return passage.principal->arn.substr(passage.principal->arn.rfind(':') + 1);
  }

  account::Identities identities_{kTestRoot};
  const wire::Service* service_ = &kRuntime;
  sigv4::Seconds now_ = TestRequest().now;
};

TEST_F(AuthenticateTest, KnowsRootByItsSignature) {
  EXPECT_EQ(Verdict(TestRequest().Sign()), "root");
  EXPECT_EQ(Verdict(TestRequest().Presign(600)), "root");
}

TEST_F(AuthenticateTest, TakesTheBodysHashFromTheHeader) {
  TestRequest test;
  const auto hash = sigv4::HexOf(sigv4::HashOf(test.body));
  test.headers.emplace_back("x-amz-content-sha256", hash);
  test.Sign();
  EXPECT_EQ(Verdict(test), "root");
  test.body = "other";
  EXPECT_EQ(Verdict(test),
            "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

TEST_F(AuthenticateTest, TakesAnUnsignedPayload) {
  TestRequest test;
  test.headers.emplace_back("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  test.payload_hash = "UNSIGNED-PAYLOAD";
  test.Sign();
  test.body = "whatever came";
  EXPECT_EQ(Verdict(test), "root");
}

TEST_F(AuthenticateTest, RefusesABodyThatWasNotSigned) {
  TestRequest test;
  test.Sign();
  test.body = "{\"other\":1}";
  EXPECT_THAT(Verdict(test), HasSubstr("does not match the signature you provided"));
}

TEST_F(AuthenticateTest, RefusesAWrongSecret) {
  TestRequest test;
  test.secret = "wrong";
  EXPECT_THAT(Verdict(test.Sign()), HasSubstr("does not match the signature you provided"));
}

TEST_F(AuthenticateTest, RefusesAnUnknownKey) {
  TestRequest test;
  test.access_key_id = "AKIAUNKNOWN";
  EXPECT_EQ(Verdict(test.Sign(), AuthFault::kUnrecognizedClient),
            "The security token included in the request is invalid.");
}

TEST_F(AuthenticateTest, RefusesASessionTokenThatIsNotTheKeys) {
  TestRequest test;
  test.session_token = "from somewhere else";
  EXPECT_EQ(Verdict(test.Sign(), AuthFault::kUnrecognizedClient),
            "The security token included in the request is invalid.");
}

TEST_F(AuthenticateTest, RefusesAnotherRegionOrService) {
  TestRequest test;
  test.region = "eu-west-1";
  EXPECT_THAT(Verdict(test.Sign()), HasSubstr("valid region: 'us-east-1', not 'eu-west-1'"));
  TestRequest other;
  other.service = "s3";
  EXPECT_THAT(Verdict(other.Sign()), HasSubstr("correct service: 'bedrock', not 's3'"));
}

TEST_F(AuthenticateTest, RefusesAnExpiredOrEarlySignature) {
  TestRequest test;
  test.now = now_ - std::chrono::seconds(301);
  EXPECT_THAT(Verdict(test.Sign()), HasSubstr("Signature expired: 20231114T220819Z is now earlier "
                                              "than 20231114T220820Z (20231114T221320Z - 5 min.)"));
  TestRequest early;
  early.now = now_ + std::chrono::seconds(301);
  EXPECT_THAT(Verdict(early.Sign()), HasSubstr("Signature not yet current"));
}

TEST_F(AuthenticateTest, RefusesAHeaderThatIsNotSigned) {
  TestRequest test;
  test.Sign().headers.emplace_back("x-amz-added", "on the way");
  EXPECT_THAT(Verdict(test, AuthFault::kAccessDenied), HasSubstr("not signed: x-amz-added"));
}

TEST_F(AuthenticateTest, RefusesAnotherHostThanTheSignedOne) {
  TestRequest test;
  test.headers.emplace_back("host", "127.0.0.1:4600");
  EXPECT_EQ(Verdict(test.Sign()), "root");
  TestRequest other;
  other.headers.emplace_back("host", "theirs.s3.localhost");
  EXPECT_THAT(Verdict(other.Sign()), HasSubstr("'theirs.s3.localhost'"));
}

TEST_F(AuthenticateTest, RefusesARequestWithoutProof) {
  EXPECT_EQ(Verdict(TestRequest(), AuthFault::kMissingToken), "Missing Authentication Token");
}

TEST_F(AuthenticateTest, RefusesAnIncompleteProof) {
  TestRequest test;
  test.headers.emplace_back("authorization", "AWS4-HMAC-SHA256 Credential=AKIA/a/b/c/d");
  EXPECT_THAT(Verdict(test, AuthFault::kIncomplete), HasSubstr("requires 'Signature' parameter"));
}

TEST_F(AuthenticateTest, KnowsRootByItsBearerKey) {
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    TestRequest test;
    test.headers.emplace_back("authorization", scheme + kTestRoot.bearer_key);
    EXPECT_EQ(Verdict(test), "root");
  }
}

TEST_F(AuthenticateTest, KnowsRootByAKeyItMadeForAWhile) {
  const auto query = sigv4::PresignQuery(
      {kTestRoot.access_key_id, kTestRoot.secret_access_key, "", kTestRegion, "bedrock"},
      {"POST", "/", "Action=CallWithBearerToken", "bedrock.amazonaws.com", {}},
      sigv4::kHashOfNothing, now_, 60);
  std::string key = "Bearer bedrock-api-key-";
  AppendBase64(key, "bedrock.amazonaws.com/?" + query + "&Version=1");
  TestRequest test;
  test.headers.emplace_back("authorization", key);
  EXPECT_EQ(Verdict(test), "root");
  now_ += std::chrono::seconds(61);
  EXPECT_EQ(Verdict(test, AuthFault::kAccessDenied), "Bearer Token has expired");
}

TEST_F(AuthenticateTest, RefusesAWrongBearerKey) {
  TestRequest test;
  test.headers.emplace_back("authorization", "Bearer ABSKother");
  EXPECT_EQ(Verdict(test, AuthFault::kAccessDenied),
            "Authentication failed: Please make sure your API Key is valid.");
}

TEST_F(AuthenticateTest, RefusesABearerKeyWhereTheServiceTakesNone) {
  service_ = &kAgents;
  TestRequest test;
  test.headers.emplace_back("authorization", "Bearer " + kTestRoot.bearer_key);
  EXPECT_THAT(Verdict(test, AuthFault::kAccessDenied), HasSubstr("not by bedrock-agent"));
}

TEST(ToWireError, NamesTheErrorAsTheServicesDo) {
  const auto type = [](AuthFault fault) {
    const auto error = ToWireError(sigv4::AuthError{fault, "m"});
    EXPECT_EQ(error.message, "m");
    return std::to_string(error.status) + " " + error.type;
  };
  EXPECT_EQ(type(AuthFault::kMissingToken), "403 MissingAuthenticationTokenException");
  EXPECT_EQ(type(AuthFault::kIncomplete), "403 IncompleteSignatureException");
  EXPECT_EQ(type(AuthFault::kUnrecognizedClient), "403 UnrecognizedClientException");
  EXPECT_EQ(type(AuthFault::kExpiredToken), "403 ExpiredTokenException");
  EXPECT_EQ(type(AuthFault::kInvalidSignature), "403 InvalidSignatureException");
  EXPECT_EQ(type(AuthFault::kAccessDenied), "403 AccessDeniedException");
  EXPECT_EQ(type(AuthFault::kMalformedBody), "400 ValidationException");
}

}  // namespace
}  // namespace bedplate::gateway
