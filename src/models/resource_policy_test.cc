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
                                R"({"AWS":"arn:aws:iam::111122223333:user/eve"})"}) {
    EXPECT_TRUE(Denies(Statement(principal, R"("bedrock:InvokeModel")"))) << principal;
  }
  for (const char* principal :
       {R"({"AWS":"999988887777"})", R"({"AWS":"arn:aws:iam::111122223333:user/ann"})"}) {
    EXPECT_FALSE(Denies(Statement(principal, R"("bedrock:InvokeModel")"))) << principal;
  }
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
