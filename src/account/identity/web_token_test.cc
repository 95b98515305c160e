#include "account/identity/web_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "account/identity/testing/web_tokens.h"

namespace bedplate::account {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Hs256;
using testing::KeySetOf;
using testing::TestKey;
using testing::TokenOf;
using testing::Unsigned;
using testing::UrlBase64;

constexpr const char* kRs256 = R"({"alg":"RS256","kid":"a"})";
constexpr const char* kEs256 = R"({"alg":"ES256","kid":"a"})";
constexpr const char* kClaims =
    R"({"iss":"https://issuer.example","sub":"anna","aud":["app","other"],"exp":2000})";

const TestKey& RsaOne() {
  static const TestKey kKey = TestKey::Rsa();
  return kKey;
}
const TestKey& EcOne() {
  static const TestKey kKey = TestKey::P256();
  return kKey;
}

// "" where a key of the set signed the token; else why not.
std::string Fault(const std::string& text, const json::Value& keys) {
  const auto token = ReadWebToken(text);
  if (!token) return token.error().type + ": " + token.error().message;
  const auto signed_well = CheckSignature(*token, keys);
  return signed_well ? "" : signed_well.error().type + ": " + signed_well.error().message;
}

json::Value Keys(std::string_view id = "a") {
  return KeySetOf({RsaOne().Public(id), EcOne().Public(id)});
}

TEST(WebTokenTest, IsReadAndProved) {
  for (const auto& [key, header] : {std::pair(&RsaOne(), kRs256), std::pair(&EcOne(), kEs256)}) {
    const std::string text = TokenOf(*key, header, kClaims);
    EXPECT_EQ(Fault(text, Keys()), "");
    const auto token = ReadWebToken(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(ClaimOf(*token, "sub"), "anna");
    EXPECT_EQ(ClaimOf(*token, "aud"), "");
    EXPECT_THAT(AudiencesOf(*token), ElementsAre("app", "other"));
    EXPECT_TRUE(HasKeyOf(*token, Keys()));
    EXPECT_FALSE(HasKeyOf(*token, Keys("b")));
  }
  // Without a key's name each of the set may have signed it.
  EXPECT_EQ(Fault(TokenOf(RsaOne(), R"({"alg":"RS256"})", kClaims), Keys("b")), "");
}

TEST(WebTokenTest, NothingUnsignedIsTaken) {
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"None","kid":"a"})", R"({"kid":"a"})",
                             R"({"alg":"HS256","kid":"a"})", R"({"alg":"RS384","kid":"a"})",
                             R"({"alg":["RS256"]})", R"({"alg":"RS256 "})"}) {
    const std::string text = Unsigned(header, kClaims);
    EXPECT_THAT(Fault(text + ".", Keys()), HasSubstr("InvalidIdentityToken")) << header;
    EXPECT_THAT(Fault(text + "." + UrlBase64(RsaOne().Sign(text)), Keys()),
                HasSubstr("InvalidIdentityToken"))
        << header;
  }
  EXPECT_THAT(Fault(Unsigned(kRs256, kClaims) + ".", Keys()), HasSubstr("verify the signature"));
  EXPECT_THAT(Fault(Unsigned(kEs256, kClaims) + ".", Keys()), HasSubstr("verify the signature"));
}

TEST(WebTokenTest, ThePublicKeyIsNoSecret) {
  const std::string text = Unsigned(R"({"alg":"HS256","kid":"a"})", kClaims);
  for (const std::string& secret : {RsaOne().Pem(), *RsaOne().Public("a").Find("n")->AsString()}) {
    EXPECT_THAT(Fault(text + "." + UrlBase64(Hs256(secret, text)), Keys()), HasSubstr("'HS256'"));
  }
  // Nor is its header another's.
  const std::string other = Unsigned(kRs256, kClaims);
  EXPECT_NE(Fault(other + "." + UrlBase64(Hs256(RsaOne().Pem(), other)), Keys()), "");
}

TEST(WebTokenTest, KeysAreNotMistakenForOthers) {
  const std::string text = TokenOf(RsaOne(), kRs256, kClaims);
  const TestKey other = TestKey::Rsa();
  EXPECT_NE(Fault(text, KeySetOf({other.Public("a")})), "");
  EXPECT_NE(Fault(text, KeySetOf({RsaOne().Public("b")})), "");
  EXPECT_NE(Fault(text, KeySetOf({RsaOne().Public("")})), "");
  // Two of one name: the right one counts.
  EXPECT_EQ(Fault(text, KeySetOf({other.Public("a"), RsaOne().Public("a")})), "");
  // A key that says what it is for is for nothing else.
  for (const auto& [member, value] :
       {std::pair("use", "enc"), std::pair("alg", "RS512"), std::pair("kty", "EC")}) {
    json::Value key = RsaOne().Public("a");
    key.Set(member, value);
    EXPECT_NE(Fault(text, KeySetOf({key})), "") << member;
  }
  // A key of one kind under the algorithm of the other.
  EXPECT_NE(Fault(TokenOf(EcOne(), kRs256, kClaims), Keys()), "");
  EXPECT_NE(Fault(TokenOf(RsaOne(), kEs256, kClaims), Keys()), "");
  // Keys that the token brings itself are nobody's.
  json::Value header;
  header.Set("alg", "RS256");
  header.Set("jwk", other.Public("a"));
  EXPECT_NE(Fault(TokenOf(other, header.ToJson(), kClaims), Keys()), "");
  EXPECT_THAT(
      Fault(TokenOf(RsaOne(), R"({"alg":"RS256","kid":"a","crit":["b64"]})", kClaims), Keys()),
      HasSubstr("critical"));
}

TEST(WebTokenTest, WhatWasSignedIsNotChanged) {
  const std::string text = TokenOf(RsaOne(), kRs256, kClaims);
  const size_t second = text.rfind('.');
  const std::string signature = text.substr(second);
  EXPECT_NE(Fault(Unsigned(kRs256, R"({"sub":"root","exp":2000})") + signature, Keys()), "");
  std::string cut = text;
  cut.resize(text.size() - 8);
  EXPECT_NE(Fault(cut, Keys()), "");
  const std::string raw = TokenOf(EcOne(), kEs256, kClaims);
  // Zeroes for r and s were taken by some.
  EXPECT_NE(Fault(raw.substr(0, raw.rfind('.') + 1) + UrlBase64(std::string(64, '\0')), Keys()),
            "");
}

TEST(WebTokenTest, WeakAndOddKeysProveNothing) {
  const TestKey weak = TestKey::Rsa(1024);
  EXPECT_NE(Fault(TokenOf(weak, kRs256, kClaims), KeySetOf({weak.Public("a")})), "");
  const std::string text = TokenOf(RsaOne(), kRs256, kClaims);
  for (const auto& [member, value] :
       {std::pair("n", ""), std::pair("n", "!"), std::pair("e", "AQ"), std::pair("e", "")}) {
    json::Value key = RsaOne().Public("a");
    key.Set(member, value);
    EXPECT_NE(Fault(text, KeySetOf({key})), "") << member << value;
  }
  json::Value off_curve = EcOne().Public("a");
  off_curve.Set("y", UrlBase64(std::string(32, '\1')));
  EXPECT_NE(Fault(TokenOf(EcOne(), kEs256, kClaims), KeySetOf({off_curve})), "");
}

TEST(WebTokenTest, KeySetsHaveABound) {
  const std::string text = TokenOf(RsaOne(), kRs256, kClaims);
  json::Value::Array keys(99, RsaOne().Public("b"));
  keys.push_back(RsaOne().Public("a"));
  EXPECT_EQ(Fault(text, KeySetOf(keys)), "");
  keys.push_back(RsaOne().Public("a"));
  EXPECT_NE(Fault(text, KeySetOf(keys)), "");
  EXPECT_NE(Fault(text, json::Value()), "");
}

TEST(WebTokenTest, WhatIsNoTokenIsNone) {
  const std::string good = TokenOf(RsaOne(), kRs256, kClaims);
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), good + ".x",
        good + "=", "+" + good, Unsigned("[]", kClaims) + ".x", Unsigned(kRs256, "1") + ".x",
        Unsigned(kRs256, "{") + ".x", Unsigned(kRs256, std::string(5000, '[')) + ".x",
        Unsigned(kRs256, "{\"a\":\"\xff\"}") + ".x", std::string(20'001, 'a'),
        good.substr(0, good.rfind('.') + 1) + std::string(20'000, 'A')}) {
    EXPECT_THAT(Fault(text, Keys()), HasSubstr("InvalidIdentityToken")) << text.substr(0, 60);
  }
}

TEST(WebTokenTest, HasItsTime) {
  const auto fault = [](const std::string& claims, int64_t now_s) -> std::string {
    const auto token = ReadWebToken(TokenOf(RsaOne(), kRs256, claims));
    const auto in_time = CheckTimes(*token, now_s);
    return in_time ? "" : in_time.error().type;
  };
  EXPECT_EQ(fault(kClaims, 1999), "");
  EXPECT_EQ(fault(kClaims, 2000), "ExpiredTokenException");
  for (const char* never : {R"({})", R"({"exp":"2000"})", R"({"exp":null})"}) {
    EXPECT_EQ(fault(never, 1), "InvalidIdentityTokenException") << never;
  }
  // Clocks may differ by five minutes.
  for (const char* name : {"nbf", "iat"}) {
    const std::string claims = std::string(R"({"exp":2000,")") + name + "\":1000}";
    EXPECT_EQ(fault(claims, 700), "") << name;
    EXPECT_EQ(fault(claims, 699), "InvalidIdentityTokenException") << name;
    EXPECT_EQ(fault(std::string(R"({"exp":2000,")") + name + "\":\"soon\"}", 1500),
              "InvalidIdentityTokenException");
  }
}

}  // namespace
}  // namespace bedplate::account
