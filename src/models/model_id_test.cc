#include "models/model_id.h"

#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

TEST(ParseModelIdentifier, TakesPlainIdsAsTheyAre) {
  auto id = ParseModelIdentifier("us.meta.llama3-8b-v1:0");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->form, ModelIdentifier::Form::kId);
  EXPECT_EQ(id->id, "us.meta.llama3-8b-v1:0");
}

TEST(ParseModelIdentifier, TakesFoundationModelArns) {
  auto id = ParseModelIdentifier("arn:aws:bedrock:eu-west-1::foundation-model/meta.llama3-8b-v1:0");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->form, ModelIdentifier::Form::kFoundationModelArn);
  EXPECT_EQ(id->id, "meta.llama3-8b-v1:0");
  EXPECT_EQ(id->region, "eu-west-1");
}

TEST(ParseModelIdentifier, TakesInferenceProfileArns) {
  auto id = ParseModelIdentifier(
      "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-8b-v1:0");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->form, ModelIdentifier::Form::kInferenceProfileArn);
  EXPECT_EQ(id->id, "us.meta.llama3-8b-v1:0");
}

TEST(ParseModelIdentifier, TakesApplicationProfileArnsWithTheirAccount) {
  auto id = ParseModelIdentifier(
      "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghij12");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->form, ModelIdentifier::Form::kApplicationProfileArn);
  EXPECT_EQ(id->id, "abcdefghij12");
  EXPECT_EQ(id->account, "123456789012");
}

TEST(ParseModelIdentifier, TakesArnsOfEndpointsAndPromptRouters) {
  auto id = ParseModelIdentifier("arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-own");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->form, ModelIdentifier::Form::kEndpointArn);
  EXPECT_EQ(id->id, "my-own");
  EXPECT_EQ(id->account, "123456789012");
  id = ParseModelIdentifier("arn:aws:bedrock:us-east-1:123456789012:prompt-router/abcdefghij12");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->form, ModelIdentifier::Form::kPromptRouterArn);
  EXPECT_EQ(id->id, "abcdefghij12");
  EXPECT_EQ(id->region, "us-east-1");
}

TEST(ParseModelIdentifier, RefusesWhatNamesNoModel) {
  for (const char* text :
       {"", "arn:", "arn:aws:bedrock", "arn:aws:s3:::bucket",
        "arn:aws:bedrock:us-east-1::", "arn:aws:bedrock:us-east-1::foundation-model/",
        "arn:aws:bedrock:us-east-1:123456789012:foundation-model/meta.llama",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/",
        "arn:aws:sagemaker:us-east-1:123456789012:model/x",
        "arn:aws:bedrock:us-east-1:123456789012:endpoint/x",
        "arn:aws:sagemaker:us-east-1:123456789012:prompt-router/x"}) {
    auto id = ParseModelIdentifier(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().fault, Fault::kValidation);
    EXPECT_EQ(id.error().message, "The provided model identifier is invalid. There is no model '" +
                                      std::string(text) + "' in this account and region.");
  }
}

TEST(WithoutGeography, DropsOnlyAGeographyBeforeAProvider) {
  EXPECT_EQ(WithoutGeography("us.meta.llama3"), "meta.llama3");
  EXPECT_EQ(WithoutGeography("us-gov.meta.llama3"), "meta.llama3");
  EXPECT_EQ(WithoutGeography("global.meta.llama3.1"), "meta.llama3.1");
  EXPECT_EQ(WithoutGeography("meta.llama3"), "meta.llama3");
  EXPECT_EQ(WithoutGeography("us.llama3"), "us.llama3");
  EXPECT_EQ(WithoutGeography("usa.meta.llama3"), "usa.meta.llama3");
  EXPECT_EQ(WithoutGeography("us"), "us");
}

TEST(CheckNewModelId, AllowsIdsEveryOperationCanName) {
  for (const char* id :
       {"a.bc", "mycompany.tiny-chat-v1:0", "meta.llama3.1-8b", "x.yz:0:24k", "a.b.c"}) {
    EXPECT_TRUE(CheckNewModelId(id)) << id;
  }
}

TEST(CheckNewModelId, SaysWhatIsWrong) {
  for (const char* id : {"", "tiny", "A.b", "a.", ".b", "a.b", "a.bc:", "a.bc:0:1:2", "a.b.c.d",
                         "a b.c", "us.meta.llama", "a.b/c"}) {
    auto ok = CheckNewModelId(id);
    ASSERT_FALSE(ok) << id;
    EXPECT_EQ(ok.error().fault, Fault::kValidation);
    EXPECT_NE(ok.error().message.find(std::string("'") + id + "'"), std::string::npos);
  }
  EXPECT_FALSE(CheckNewModelId("a." + std::string(64, 'x')));
  EXPECT_FALSE(CheckNewModelId(std::string(141, 'x')));
}

TEST(FoundationModelArn, HasNoAccount) {
  EXPECT_EQ(FoundationModelArn("us-east-1", "a.b"),
            "arn:aws:bedrock:us-east-1::foundation-model/a.b");
}

}  // namespace
}  // namespace bedplate::models
