#include "wire/sigv4/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::wire::sigv4 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGood =
    "AWS4-HMAC-SHA256 Credential=AKIA/20150830/us-east-1/bedrock/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0123";

struct Case {
  std::vector<HeaderField> headers;
  std::string query;
};

AuthResult<std::optional<Claim>> Read(const Case& of) {
  const auto headers = ViewsOf(of.headers);
  return ReadClaim({"GET", "/", of.query, "example", headers});
}

std::string WhyRefused(const Case& of) {
  const auto claim = Read(of);
  if (claim) return claim->has_value() ? "taken" : "not signed";
  EXPECT_EQ(claim.error().fault, AuthFault::kIncomplete);
  return claim.error().message;
}

std::string WhyRefused(std::string authorization) {
  return WhyRefused(
      {{{"authorization", std::move(authorization)}, {"x-amz-date", "20150830T123600Z"}}, ""});
}

std::string Presigned(std::string_view leave_out = "", std::string_view replace = "") {
  std::string query;
  for (const std::string_view parameter :
       {"X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=AKIA%2F20150830%2Fus-east-1%2Fs3%2Faws4_request",
        "X-Amz-Date=20150830T123600Z", "X-Amz-Expires=600", "X-Amz-SignedHeaders=x-b%3Bhost",
        "X-Amz-Signature=0123"}) {
    const bool left_out = !leave_out.empty() && parameter.starts_with(leave_out);
    query.append(query.empty() ? "" : "&").append(left_out ? replace : parameter);
  }
  return query;
}

TEST(ReadClaim, ReadsTheAuthorizationHeader) {
  const std::vector<HeaderView> headers = {{"authorization", kGood},
                                           {"x-amz-date", " 20150830T123600Z "},
                                           {"x-amz-security-token", "token"}};
  auto read = ReadClaim({"GET", "/", "", "example", headers});
  ASSERT_TRUE(read && *read);
  const Claim claim = std::move(**read);
  EXPECT_FALSE(claim.presigned);
  EXPECT_EQ(claim.access_key_id, "AKIA");
  EXPECT_EQ(claim.scope, "20150830/us-east-1/bedrock/aws4_request");
  EXPECT_EQ(claim.date, "20150830");
  EXPECT_EQ(claim.region, "us-east-1");
  EXPECT_EQ(claim.service, "bedrock");
  EXPECT_EQ(claim.terminator, "aws4_request");
  EXPECT_THAT(claim.signed_headers, ElementsAre("host", "x-amz-date"));
  EXPECT_EQ(claim.signature, "0123");
  EXPECT_EQ(claim.timestamp, "20150830T123600Z");
  EXPECT_EQ(claim.security_token, "token");
}

TEST(ReadClaim, TakesParametersInAnyOrderWithoutBlanks) {
  EXPECT_EQ(WhyRefused("AWS4-HMAC-SHA256 "
                       "Signature=0,SignedHeaders=host,Credential=a/b/c/d/e,Unknown=1,"),
            "taken");
}

TEST(ReadClaim, ReadsAPresignedQuery) {
  const std::string query = "a=1&" + Presigned() + "&X-Amz-Security-Token=t%2Bk";
  auto read = ReadClaim({"GET", "/", query, "example", {}});
  ASSERT_TRUE(read && *read);
  const Claim claim = std::move(**read);
  EXPECT_TRUE(claim.presigned);
  EXPECT_EQ(claim.access_key_id, "AKIA");
  EXPECT_EQ(claim.service, "s3");
  EXPECT_THAT(claim.signed_headers, ElementsAre("host", "x-b"));
  EXPECT_EQ(claim.expires_s, 600);
  EXPECT_EQ(claim.security_token, "t+k");
}

TEST(ReadClaim, FallsBackToTheDateHeader) {
  const std::vector<HeaderView> headers = {{"authorization", kGood},
                                           {"date", "Sun, 30 Aug 2015 12:36:00 GMT"}};
  auto read = ReadClaim({"GET", "/", "", "example", headers});
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->timestamp, "20150830T123600Z");
}

TEST(ReadClaim, TellsUnsignedRequests) {
  EXPECT_EQ(WhyRefused(Case{{{"x-amz-date", "20150830T123600Z"}}, "a=b"}), "not signed");
}

TEST(ReadClaim, RefusesHeadersItCannotRead) {
  EXPECT_THAT(WhyRefused("Basic dXNlcjpwYXNz"), HasSubstr("got 'Basic'"));
  EXPECT_THAT(WhyRefused("AWS AKIA:sig"), HasSubstr("got 'AWS'"));
  EXPECT_EQ(WhyRefused("AWS4-HMAC-SHA256 Credential=a/b/c/d/e"),
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter.");
  EXPECT_THAT(WhyRefused("AWS4-HMAC-SHA256"), HasSubstr("requires 'Credential' parameter"));
  EXPECT_THAT(WhyRefused("AWS4-HMAC-SHA256 Credential=, SignedHeaders=host, Signature=0"),
              HasSubstr("requires 'Credential' parameter"));
  EXPECT_THAT(WhyRefused("AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0"),
              HasSubstr("exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
                        "got 'a/b/c/d'"));
  EXPECT_THAT(
      WhyRefused("AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, SignedHeaders=host, Signature=0"),
      HasSubstr("got 'a/b/c/d/e/f'"));
  EXPECT_THAT(WhyRefused("AWS4-HMAC-SHA256 Credential=a//c/d/e, SignedHeaders=host, Signature=0"),
              HasSubstr("got 'a//c/d/e'"));
  EXPECT_THAT(WhyRefused("AWS4-HMAC-SHA256 Credential= a/b/c/d/e x, junk, Signature=0"),
              HasSubstr("'junk' not a valid key=value pair (missing equal-sign)"));
  EXPECT_THAT(WhyRefused(kGood + ", Signature=4567"), HasSubstr("more than one 'Signature'"));
}

TEST(ReadClaim, RefusesTimesItCannotRead) {
  EXPECT_THAT(WhyRefused(Case{{{"authorization", kGood}}, ""}),
              HasSubstr("requires existence of either a 'X-Amz-Date' or a 'Date' header"));
  EXPECT_THAT(WhyRefused(Case{{{"authorization", kGood}, {"x-amz-date", "yesterday"}}, ""}),
              HasSubstr("got 'yesterday'"));
  EXPECT_THAT(WhyRefused(Case{{{"authorization", kGood}, {"date", "30.8.2015"}}, ""}),
              HasSubstr("got '30.8.2015'"));
}

TEST(ReadClaim, RefusesHeadersThatComeTwice) {
  for (const std::string name :
       {"authorization", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"}) {
    Case of{{{"authorization", kGood}, {"x-amz-date", "20150830T123600Z"}}, ""};
    of.headers.emplace_back(name, "1");
    of.headers.emplace_back(name, "1");
    EXPECT_EQ(WhyRefused(of), "Header '" + name + "' must not come more than once.");
  }
}

TEST(ReadClaim, RefusesTwoSignatures) {
  EXPECT_THAT(
      WhyRefused(Case{{{"authorization", kGood}, {"x-amz-date", "20150830T123600Z"}}, Presigned()}),
      HasSubstr("not by both"));
}

TEST(ReadClaim, RefusesQueriesItCannotRead) {
  const auto why = [](std::string query) { return WhyRefused(Case{{}, std::move(query)}); };
  EXPECT_EQ(why(Presigned()), "taken");
  for (const std::string name : {"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                                 "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Algorithm"}) {
    EXPECT_EQ(why(Presigned(name)), "AWS query-string parameters must include '" + name + "'.");
  }
  EXPECT_THAT(why(Presigned() + "&X-Amz-Date=20150830T123600Z"),
              HasSubstr("'X-Amz-Date' must not come more than once"));
  EXPECT_THAT(why(Presigned("X-Amz-Algorithm", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256")),
              HasSubstr("got 'AWS4-ECDSA-P256-SHA256'"));
  for (const std::string expires : {"0", "-1", "604801", "1h", "99999999999999999999"}) {
    EXPECT_THAT(why(Presigned("X-Amz-Expires", "X-Amz-Expires=" + expires)),
                HasSubstr("from 1 to 604800, got '" + expires + "'"));
  }
  EXPECT_EQ(why(Presigned("X-Amz-Expires", "X-Amz-Expires=604800")), "taken");
  EXPECT_THAT(why(Presigned("X-Amz-Date", "X-Amz-Date=now")), HasSubstr("got 'now'"));
  EXPECT_THAT(why(Presigned("X-Amz-Credential", "X-Amz-Credential=AKIA")), HasSubstr("got 'AKIA'"));
}

}  // namespace
}  // namespace bedplate::wire::sigv4
