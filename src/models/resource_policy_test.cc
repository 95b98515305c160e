#include "models/resource_policy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

using testing::HasSubstr;

constexpr const char* kArn = "arn:aws:bedrock:us-east-1::foundation-model/a.b";

std::string Statement(std::string_view principal, std::string_view action,
                      std::string_view effect = "Deny") {
  return fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Sid":"s","Effect":"{}","Principal":{},"Action":{},)"
      R"("Resource":"{}"}}]}})",
      effect, principal, action, kArn);
}

bool Denies(std::string_view document, const std::string& action = "bedrock:InvokeModel",
            const std::string& principal = "arn:aws:iam::111122223333:user/eve") {
  const auto statements = ReadPolicy(document, kArn);
  EXPECT_TRUE(statements) << statements.error().message;
  return statements &&
         IsDeniedBy(*statements,
                    {.principal_arn = principal, .account = "111122223333", .action = action},
                    kArn);
}

TEST(ResourcePolicyTest, ADenyIsOfPrincipalsAndActions) {
  EXPECT_TRUE(Denies(Statement(R"("*")", R"("bedrock:*")")));
  EXPECT_TRUE(Denies(Statement(R"("*")", R"("*")")));
  EXPECT_TRUE(Denies(Statement(R"("*")", R"(["bedrock:GetModel","BEDROCK:invoke*"])")));
  EXPECT_FALSE(Denies(Statement(R"("*")", R"("bedrock:InvokeModelWith*")")));
  EXPECT_FALSE(Denies(Statement(R"("*")", R"("bedrock:*")", "Allow")));
  for (const char* principal : {R"({"AWS":"*"})", R"({"AWS":["999988887777","111122223333"]})",
                                R"({"AWS":"arn:aws:iam::111122223333:root"})",
                                R"({"AWS":"arn:aws-cn:iam::111122223333:root"})",
                                R"({"AWS":"arn:aws-cn:iam::111122223333:user/eve"})",
                                R"({"AWS":"arn:aws:iam::111122223333:user/eve"})"}) {
    EXPECT_TRUE(Denies(Statement(principal, R"("bedrock:InvokeModel")"))) << principal;
  }
  for (const char* principal :
       {R"({"AWS":"999988887777"})", R"({"AWS":"arn:aws:iam::111122223333:user/ann"})"}) {
    EXPECT_FALSE(Denies(Statement(principal, R"("bedrock:InvokeModel")"))) << principal;
  }
}

TEST(ResourcePolicyTest, APrincipalMustBeOneThatCanBe) {
  const auto check = [](std::string_view principal) {
    const auto statements =
        ReadPolicy(Statement(fmt::format(R"({{"AWS":"{}"}})", principal), R"("*")"), kArn);
    if (!statements) return std::string(statements.error().message);
    const auto ok = CheckPrincipals(*statements);
    return ok ? std::string() : ok.error().message;
  };
  for (const char* principal :
       {"*", "111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/eve",
        "arn:aws:iam::111122223333:user/path/e+v=e,.@-_", "arn:aws:iam::111122223333:role/r",
        "arn:aws-cn:iam::111122223333:role/service-role/r",
        "arn:aws-us-gov:sts::111122223333:assumed-role/r/session",
        "arn:aws:sts::111122223333:federated-user/eve"}) {
    EXPECT_EQ(check(principal), "") << principal;
  }
  for (const char* principal : {"arn:aws",
                                "arn:aws:",
                                "arn:awsgarbage",
                                "arn:awsgarbage:iam::111122223333:root",
                                "arn:aws:iam::111122223333:user/*",
                                "arn:aws:iam::111122223333:*",
                                "arn:aws:iam::*:root",
                                "arn:aws:iam::111122223333:user/",
                                "arn:aws:iam::111122223333:user/path/",
                                "arn:aws:iam::111122223333:user",
                                "arn:aws:iam::111122223333:group/g",
                                "arn:aws:iam::111122223333:root/x",
                                "arn:aws:iam::11112222333:root",
                                "arn:aws:iam::1111222233334:root",
                                "arn:aws:iam:us-east-1:111122223333:root",
                                "arn:aws:iam::111122223333:assumed-role/r/s",
                                "arn:aws:sts::111122223333:root",
                                "arn:aws:sts::111122223333:assumed-role/r",
                                "arn:aws:sts::111122223333:assumed-role/r/",
                                "arn:aws:sts::111122223333:assumed-role//s",
                                "arn:aws:sts::111122223333:assumed-role/r/s/t",
                                "arn:aws:s3:::bucket",
                                "arn:aws:iam::111122223333:user/e ve"}) {
    const std::string message = check(principal);
    EXPECT_THAT(message, HasSubstr("resourcePolicy")) << principal;
    EXPECT_THAT(message, HasSubstr("the principal '" + std::string(principal) + "'"));
  }
}

// The server that read it must start with it.
TEST(ResourcePolicyTest, APolicyOfAnEarlierVersionIsStillRead) {
  EXPECT_FALSE(Denies(Statement(R"({"AWS":"arn:aws"})", R"("*")")));
  EXPECT_FALSE(Denies(Statement(R"({"AWS":"arn:aws:iam::111122223333:user/*"})", R"("*")")));
  EXPECT_TRUE(
      Denies(Statement(R"({"AWS":["arn:aws","arn:aws:iam::111122223333:root"]})", R"("*")")));
}

TEST(ResourcePolicyTest, WhatIsNotEvaluatedIsRefused) {
  const std::string good = Statement(R"("*")", R"("bedrock:*")");
  ASSERT_TRUE(ReadPolicy(good, kArn));
  const auto refused = [&](std::string_view document, std::string_view part) {
    auto read = ReadPolicy(document, kArn);
    ASSERT_FALSE(read) << document;
    EXPECT_EQ(read.error().fault, Fault::kValidation);
    EXPECT_THAT(read.error().message, HasSubstr("resourcePolicy"));
    EXPECT_THAT(read.error().message, HasSubstr(std::string(part)));
  };
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = good;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  refused("{", "");
  refused("[]", "no JSON object");
  refused("{}", "Statement");
  refused(R"({"Statement":[]})", "empty");
  refused(R"({"Statement":[7]})", "no object");
  refused(with("2012-10-17", "2020-01-01"), "2020-01-01");
  refused(with("\"Sid\":\"s\"", "\"Condition\":{}"), "Condition");
  refused(with("\"Version\"", "\"Versoin\""), "Versoin");
  refused(with("\"Deny\"", "\"deny\""), "\"deny\"");
  refused(with("\"Principal\":\"*\"", "\"NotPrincipal\":\"*\""), "NotPrincipal");
  refused(with("\"Principal\":\"*\"", "\"Principal\":\"eve\""), "Principal");
  refused(with("\"Principal\":\"*\"", "\"Principal\":{\"AWS\":\"eve\"}"), "'eve'");
  refused(with("\"Principal\":\"*\"", "\"Principal\":{\"Service\":\"x\"}"), "Principal");
  refused(with("\"bedrock:*\"", "\"s3:*\""), "'s3:*'");
  refused(with("\"bedrock:*\"", "\"bedrock:Invoke?odel\""), "'?'");
  refused(with("\"bedrock:*\"", "[]"), "Action");
  refused(with("\"bedrock:*\"", "[5]"), "5");
  refused(with("foundation-model/a.b", "foundation-model/c.d"), "c.d");
}

}  // namespace
}  // namespace bedplate::models
