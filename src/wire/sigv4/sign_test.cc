#include "wire/sigv4/sign.h"

#include <gtest/gtest.h>

#include "wire/sigv4/digest.h"
#include "wire/sigv4/signing_key.h"
#include "wire/sigv4/verify.h"

// Signatures from AWS's published test suite for Signature Version 4.
namespace bedplate::wire::sigv4 {
namespace {

const Seconds kNow = ReadBasicTime("20150830T123600Z").value();
const SigningIdentity kIdentity{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "",
                                "us-east-1", "service"};

std::string SignatureOf(std::string_view path, std::string_view query = "",
                        std::vector<HeaderView> headers = {}) {
  const RequestView request{"GET", path, query, "example.amazonaws.com", headers};
  const auto added = SignRequest(kIdentity, request, kHashOfNothing, kNow);
  EXPECT_EQ(added.back().first, "authorization");
  return added.back().second.substr(added.back().second.size() - 64);
}

TEST(SignRequest, GivesTheSignaturesOfTheTestSuite) {
  EXPECT_EQ(SignatureOf("/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(SignatureOf("/example1/example2/../.."),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(SignatureOf("//example//"),
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84");
  EXPECT_EQ(SignatureOf("/\xe1\x88\xb4"),
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  EXPECT_EQ(SignatureOf("/", "Param1=value2&Param1=value1"),
            "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694");
  EXPECT_EQ(SignatureOf("/", "Param-3=Value3&Param=Value2&%E1%88%B4=Value1"),
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
  EXPECT_EQ(SignatureOf("/", "", {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}}),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  EXPECT_EQ(
      SignatureOf("/", "",
                  {{"my-header1", "value2"}, {"my-header1", "value2"}, {"my-header1", "value1"}}),
      "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST(SignRequest, WritesTheWholeHeader) {
  const RequestView request{"GET", "/", "", "example.amazonaws.com", {}};
  const auto added = SignRequest(kIdentity, request, kHashOfNothing, kNow);
  const std::vector<HeaderField> expected = {
      {"x-amz-date", "20150830T123600Z"},
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
       "SignedHeaders=host;x-amz-date, "
       "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}};
  EXPECT_EQ(added, expected);
}

TEST(SignRequest, SignsTheSessionTokenAndLeavesOutWhatHopsChange) {
  SigningIdentity identity = kIdentity;
  identity.session_token = "token";
  const std::vector<HeaderView> headers = {{"user-agent", "a"}, {"connection", "close"}};
  const RequestView request{"GET", "/", "", "example.amazonaws.com", headers};
  const auto added = SignRequest(identity, request, kHashOfNothing, kNow);
  ASSERT_EQ(added.size(), 3u);
  EXPECT_EQ(added[1], HeaderField("x-amz-security-token", "token"));
  EXPECT_NE(added[2].second.find("SignedHeaders=host;x-amz-date;x-amz-security-token,"),
            std::string::npos);
}

TEST(PresignQuery, IsReadAndVerified) {
  SigningIdentity identity = kIdentity;
  identity.session_token = "to/ken+";
  RequestView request{"GET", "/a%20b", "x=1", "example:4600", {}};
  const auto query = PresignQuery(identity, request, kHashOfNothing, kNow, 600);
  request.query = query;
  const auto read = ReadClaim(request);
  ASSERT_TRUE(read && *read);
  const Claim& claim = **read;
  EXPECT_EQ(claim.expires_s, 600);
  EXPECT_EQ(claim.security_token, "to/ken+");
  const Digest key = MakeSigningKey(kIdentity.secret, "20150830", "us-east-1", "service");
  EXPECT_TRUE(CheckSignature(claim, request, kHashOfNothing, PathRule::kEncodeAgain, key));
  const std::string longer = query + "&y=2";
  request.query = longer;
  EXPECT_FALSE(
      CheckSignature(**ReadClaim(request), request, kHashOfNothing, PathRule::kEncodeAgain, key));
}

}  // namespace
}  // namespace bedplate::wire::sigv4
