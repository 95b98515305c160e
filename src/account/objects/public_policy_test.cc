// Which policies of buckets let everybody in.
#include "account/objects/public_policy.h"

#include <gtest/gtest.h>

#include <string>

#include "account/policy/document.h"

namespace bedplate::account::objects {
namespace {

bool IsPublicWith(const std::string& condition,
                  const std::string& principal = R"("Principal":"*")") {
  auto read = policy::ReadDocument(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",)" +
          principal + R"(,"Resource":"arn:aws:s3:::b/*")" +
          (condition.empty() ? "" : R"(,"Condition":{)" + condition + "}") + "}}",
      policy::Kind::kResource);
  EXPECT_TRUE(read) << read.error().message;
  return read && IsPublic(*read);
}

TEST(IsPublic, ForWhoeverIsNotNamed) {
  EXPECT_TRUE(IsPublicWith(""));
  EXPECT_TRUE(IsPublicWith("", R"("Principal":{"AWS":"*"})"));
  EXPECT_FALSE(IsPublicWith("", R"("Principal":{"AWS":"111122223333"})"));
}

TEST(IsPublic, NotWhereAConditionSaysWhoOrFromWhere) {
  EXPECT_FALSE(IsPublicWith(R"("StringEquals":{"aws:PrincipalAccount":"111122223333"})"));
  EXPECT_FALSE(IsPublicWith(R"("IpAddress":{"aws:SourceIp":"192.0.2.0/24"})"));
  EXPECT_TRUE(IsPublicWith(R"("IpAddress":{"aws:SourceIp":"0.0.0.0/1"})"));
  EXPECT_TRUE(IsPublicWith(R"("StringLike":{"aws:PrincipalArn":"*"})"));
  EXPECT_TRUE(IsPublicWith(R"("StringEquals":{"aws:UserAgent":"mine"})"));
}

TEST(IsPublic, WhereARequestWithoutTheKeyMeetsTheConditionToo) {
  for (const char* const name :
       {"ForAllValues:StringEquals", "StringEqualsIfExists", "StringNotEquals"}) {
    EXPECT_TRUE(
        IsPublicWith("\"" + std::string(name) + R"(":{"aws:PrincipalAccount":"111122223333"})"))
        << name;
  }
}

}  // namespace
}  // namespace bedplate::account::objects
