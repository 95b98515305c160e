#include "wire/sigv4/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/sigv4/sign.h"
#include "wire/sigv4/signing_key.h"

namespace bedplate::wire::sigv4 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Seconds kNow = ReadBasicTime("20150830T123600Z").value();
const std::string kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

std::string MessageOf(const AuthResult<>& result, AuthFault fault = AuthFault::kInvalidSignature) {
  if (result) return "passed";
  EXPECT_EQ(result.error().fault, fault);
  return result.error().message;
}

Claim ClaimOf(std::string_view scope, std::string timestamp = "20150830T123600Z") {
  Claim claim;
  claim.scope = scope;
  claim.date = scope.substr(0, 8);
  const size_t region_end = scope.find('/', 9);
  const size_t service_end = scope.find('/', region_end + 1);
  claim.region = scope.substr(9, region_end - 9);
  claim.service = scope.substr(region_end + 1, service_end - region_end - 1);
  claim.terminator = scope.substr(service_end + 1);
  claim.time = ReadBasicTime(timestamp).value();
  claim.timestamp = std::move(timestamp);
  return claim;
}

TEST(CheckScope, NamesWhatIsWrong) {
  const auto check = [](std::string_view scope, std::string timestamp = "20150830T123600Z") {
    return MessageOf(CheckScope(ClaimOf(scope, std::move(timestamp)), "us-east-1", "bedrock"));
  };
  EXPECT_EQ(check("20150830/us-east-1/bedrock/aws4_request"), "passed");
  EXPECT_EQ(check("20150830/eu-west-1/bedrock/aws4_request"),
            "Credential should be scoped to a valid region: 'us-east-1', not 'eu-west-1'.");
  EXPECT_EQ(check("20150830/us-east-1/s3/aws4_request"),
            "Credential should be scoped to correct service: 'bedrock', not 's3'.");
  EXPECT_EQ(check("20150830/us-east-1/bedrock/aws5_request"),
            "Credential should be scoped with a valid terminator: 'aws4_request', not "
            "'aws5_request'.");
  EXPECT_EQ(check("20150829/us-east-1/bedrock/aws4_request"),
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '20150829' != '20150830', from '20150830T123600Z'.");
  EXPECT_THAT(check("20150830/eu-west-1/s3/aws4_request"),
              testing::AllOf(HasSubstr("valid region"), HasSubstr("correct service")));
}

TEST(CheckTime, AllowsFiveMinutesEitherWay) {
  const Claim claim = ClaimOf("20150830/us-east-1/bedrock/aws4_request");
  using std::chrono::seconds;
  EXPECT_TRUE(CheckTime(claim, kNow + seconds(300)));
  EXPECT_TRUE(CheckTime(claim, kNow - seconds(300)));
  EXPECT_EQ(MessageOf(CheckTime(claim, kNow + seconds(301))),
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
            "(20150830T124101Z - 5 min.)");
  EXPECT_EQ(MessageOf(CheckTime(claim, kNow - seconds(301))),
            "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
            "(20150830T123059Z + 5 min.)");
}

TEST(CheckTime, LetsAPresignedUrlLiveAsLongAsItSays) {
  Claim claim = ClaimOf("20150830/us-east-1/bedrock/aws4_request");
  claim.presigned = true;
  claim.expires_s = 600;
  using std::chrono::seconds;
  EXPECT_TRUE(CheckTime(claim, kNow + seconds(600)));
  EXPECT_TRUE(CheckTime(claim, kNow - seconds(300)));
  EXPECT_EQ(MessageOf(CheckTime(claim, kNow + seconds(601))),
            "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
            "(20150830T124601Z - 10 min.)");
  EXPECT_THAT(MessageOf(CheckTime(claim, kNow - seconds(301))), HasSubstr("not yet current"));
}

TEST(CheckTimeOfS3, AllowsFifteenMinutesEitherWay) {
  const Claim claim = ClaimOf("20150830/us-east-1/s3/aws4_request");
  using std::chrono::seconds;
  EXPECT_TRUE(CheckTimeOfS3(claim, kNow + seconds(900)));
  EXPECT_TRUE(CheckTimeOfS3(claim, kNow - seconds(900)));
  EXPECT_THAT(MessageOf(CheckTimeOfS3(claim, kNow + seconds(901)), AuthFault::kTimeTooSkewed),
              HasSubstr("20150830T123600Z, it is 20150830T125101Z"));
  EXPECT_THAT(MessageOf(CheckTimeOfS3(claim, kNow - seconds(901)), AuthFault::kTimeTooSkewed),
              StartsWith("The difference between"));
}

TEST(CheckTimeOfS3, LetsAPresignedUrlLiveAsLongAsItSays) {
  Claim claim = ClaimOf("20150830/us-east-1/s3/aws4_request");
  claim.presigned = true;
  claim.expires_s = 60;
  using std::chrono::seconds;
  EXPECT_TRUE(CheckTimeOfS3(claim, kNow + seconds(60)));
  EXPECT_TRUE(CheckTimeOfS3(claim, kNow - seconds(900)));
  EXPECT_THAT(MessageOf(CheckTimeOfS3(claim, kNow + seconds(61)), AuthFault::kAccessDenied),
              StartsWith("Request has expired"));
  EXPECT_THAT(MessageOf(CheckTimeOfS3(claim, kNow - seconds(901)), AuthFault::kAccessDenied),
              StartsWith("Request is not valid yet"));
}

TEST(CheckSignedHeaders, WantsHostAndEveryAmzHeader) {
  const std::vector<HeaderView> headers = {
      {"x-amz-date", "d"}, {"x-amz-meta-a", "1"}, {"x-amzn-trace-id", "1"}, {"accept", "*"}};
  const RequestView request{"GET", "/", "", "example", headers};
  Claim claim;
  claim.signed_headers = {"host", "x-amz-date", "x-amz-meta-a"};
  EXPECT_TRUE(CheckSignedHeaders(claim, request));
  claim.signed_headers = {":authority", "x-amz-date", "x-amz-meta-a"};
  EXPECT_TRUE(CheckSignedHeaders(claim, request));
  claim.signed_headers = {"x-amz-date", "x-amz-meta-a"};
  EXPECT_EQ(MessageOf(CheckSignedHeaders(claim, request)),
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  claim.signed_headers = {"host"};
  EXPECT_EQ(MessageOf(CheckSignedHeaders(claim, request), AuthFault::kAccessDenied),
            "There were headers present in the request which were not signed: x-amz-date, "
            "x-amz-meta-a");
}

// A signed request that a test then tampers with.
class CheckSignatureTest : public testing::Test {
 protected:
  CheckSignatureTest() {
    headers_ = {{"content-type", "application/json"}, {"x-amz-meta-a", "1"}};
    for (auto& added : SignRequest({"AKIDEXAMPLE", kSecret, "", "us-east-1", "service"}, View(),
                                   HexOf(HashOf(body_)), kNow)) {
      headers_.push_back(std::move(added));
    }
  }

  RequestView View() {
    views_ = ViewsOf(headers_);
    return {method_, path_, query_, host_, views_};
  }

  AuthResult<> Check() {
    const auto view = View();
    const auto claim = ReadClaim(view);
    return CheckSignature(**claim, view, HexOf(HashOf(body_)), PathRule::kEncodeAgain, key_);
  }
  // Replaces a part of the Authorization header.
  void Edit(std::string_view from, std::string_view to) {
    std::string& text = headers_.back().second;
    text.replace(text.find(from), from.size(), to);
  }

  std::string method_ = "POST";
  std::string path_ = "/model/a%3A0/converse";
  std::string query_ = "b=2&a=1";
  std::string host_ = "127.0.0.1:4600";
  std::string body_ = "{}";
  std::vector<HeaderField> headers_;
  std::vector<HeaderView> views_;
  Digest key_ = MakeSigningKey(kSecret, "20150830", "us-east-1", "service");
};

TEST_F(CheckSignatureTest, PassesWhatWasSigned) {
  EXPECT_EQ(MessageOf(Check()), "passed");
  query_ = "a=1&b=2";  // another order is the same request
  headers_[0].second = "  application/json ";
  headers_.insert(headers_.begin(), {"user-agent", "added on the way"});
  EXPECT_EQ(MessageOf(Check()), "passed");
}

TEST_F(CheckSignatureTest, RefusesAnotherMethod) {
  method_ = "PUT";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherPath) {
  path_ = "/model/a%3A1/converse";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAPathWithASlashAtTheEnd) {
  path_ += "/";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherQuery) {
  query_ = "b=2&a=1&c=3";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherHost) {
  host_ = "127.0.0.1:4601";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherBody) {
  body_ = "{ }";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherHeaderValue) {
  headers_[1].second = "2";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesASecondValueOfASignedHeader) {
  headers_.insert(headers_.begin(), {"x-amz-meta-a", "0"});
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesWhenASignedHeaderIsMissing) {
  headers_.erase(headers_.begin());
  EXPECT_THAT(MessageOf(Check()), HasSubstr("\ncontent-type:\n"));
}

TEST_F(CheckSignatureTest, RefusesAShorterListOfSignedHeaders) {
  Edit("content-type;", "");
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherTime) {
  headers_[2].second = "20150830T123601Z";
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesEveryChangedDigitOfTheSignature) {
  std::string& text = headers_.back().second;
  for (size_t i = text.size() - 64; i < text.size(); ++i) {
    const char kept = text[i];
    text[i] = kept == '0' ? '1' : '0';
    EXPECT_FALSE(Check());
    text[i] = kept;
  }
  text.pop_back();
  EXPECT_FALSE(Check());
}

TEST_F(CheckSignatureTest, RefusesAnotherKeyAndShowsWhatItExpected) {
  key_ = MakeSigningKey("another secret", "20150830", "us-east-1", "service");
  const std::string message = MessageOf(Check());
  EXPECT_THAT(message, StartsWith("The request signature we calculated does not match the "
                                  "signature you provided. Check your AWS Secret Access Key and "
                                  "signing method."));
  EXPECT_THAT(message, HasSubstr("The Canonical String for this request should have been\n'POST\n"
                                 "/model/a%253A0/converse\na=1&b=2\n"));
  EXPECT_THAT(message, HasSubstr("The String-to-Sign should have been\n'AWS4-HMAC-SHA256\n"
                                 "20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"));
}

}  // namespace
}  // namespace bedplate::wire::sigv4
