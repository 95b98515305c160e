// Policies of Bedrock's resources: what may be put.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bedrock/ops/PutResourcePolicy.h"
#include "services/bedrock/testing/service_stand.h"

namespace bedplate::services::bedrock {
namespace {

class ResourcePolicyTest : public BedrockTest {
 protected:
  std::string Put(const std::string& statement) {
    gen::PutResourcePolicyRequest request;
    request.resourceArn = arn_;
    request.resourcePolicy = R"({"Version":"2012-10-17","Statement":)" + statement + "}";
    const auto put = reactors_.Run(0, service_.PutResourcePolicy(call_, std::move(request)));
    return put ? "" : put.error().message;
  }
  const std::string arn_ = models::FoundationModelArn("eu-west-1", kChat);
};

TEST_F(ResourcePolicyTest, WhatCouldNeverApplyIsRefused) {
  const auto statement = [&](const std::string& action, const std::string& resource) {
    return R"({"Effect":"Deny","Principal":"*","Action":")" + action + R"(","Resource":")" +
           resource + "\"}";
  };
  EXPECT_EQ(Put(statement("BEDROCK:invoke*", arn_)), "");
  EXPECT_EQ(Put(statement("*", "*")), "");
  EXPECT_THAT(Put(statement("s3:GetObject", arn_)), testing::HasSubstr("s3:GetObject"));
  EXPECT_THAT(Put(statement("bedrock:*", "arn:aws:bedrock:eu-west-1::foundation-model/other")),
              testing::HasSubstr("foundation-model/other"));
  EXPECT_THAT(Put("[]"), testing::HasSubstr("resourcePolicy"));
}

}  // namespace
}  // namespace bedplate::services::bedrock
